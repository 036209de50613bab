"""Customers are found by what staff have at hand, with the reason; bounded, and by the index."""

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from campaigns import coupons
from customers.identity import merging
from customers.models import Identity, IdentityClaim
from customers.privacy.sealing import digest
from customers.profile import search
from customers.profile.finders import ByName
from tests.factories import NOW, a_batch, a_customer, a_member, a_source, an_order

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with override("en"):
        yield


@pytest.fixture
def boss():
    return User.objects.create_superuser("boss")


def with_phone(name, phone, model=Identity, **more):
    customer = a_customer(name=name)
    more = {"is_strong": True} if model is Identity else {}
    value = {
        "kind": "phone",
        "value": digest("phone", phone),
        "sealed": phone,
        "tail": digest("tail", phone[-4:]),
    }
    model.objects.create(
        customer=customer, origin_customer=customer, first_seen_at=NOW, **value, **more
    )
    return customer


def found(term, user):
    return {str(one.customer): one.reasons for one in search.find(term, user)}


@pytest.mark.parametrize(
    ("term", "names"),
    [
        ("小明", {"王小明", "爱吃的小明同学"}),
        ("的小明", {"爱吃的小明同学"}),
        ("王小", {"王小明"}),
        ("王", {"王小明"}),
        ("明", {"王小明", "爱吃的小明同学"}),
        ("ANN", {"Anna"}),
        ("%", set()),
        ("\0", set()),
    ],
)
def test_a_name_is_found_by_any_part_of_it(boss, term, names):
    for name in ("王小明", "爱吃的小明同学", "Anna", ""):
        a_customer(name=name)

    assert set(found(term, boss)) == names


def test_a_name_is_looked_for_in_the_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    plan = ByName().fitting("小明").explain()

    assert "customer_name_grams" in plan


def test_the_whole_phone_finds_and_its_end_only_for_those_who_may(boss):
    with_phone("Anna", "+8613812345678")
    clerk = User.objects.create_user("clerk", is_staff=True)

    assert found("138 1234 5678", clerk) == {"Anna": ["phone 138****5678"]}
    assert found("5678", clerk) == {}
    assert found("5678", boss) == {"Anna": ["phone 138****5678"]}

    clerk.user_permissions.add(Permission.objects.get(codename="find_by_last_digits"))
    assert found("5678", User.objects.get(pk=clerk.pk)) == {"Anna": ["phone 138****5678"]}
    assert found("1234", boss) == {}


def test_what_only_a_client_said_is_found_and_called_unproven(boss):
    with_phone("Guest", "+8613812345678", model=IdentityClaim)

    assert found("13812345678", boss) == {"Guest": ["phone 138****5678 (unproven)"]}


def test_an_order_number_and_a_coupons_code_find_their_customer(boss):
    shopper = a_member("7", name="Anna")
    an_order(shopper, source=a_source(), number="A-100")
    coupon = coupons.issue(
        a_batch(name="Tenner"), [coupons.Wanted(shopper.pk, shopper.pk, "k")], by="test", now=NOW
    )["k"]

    assert found("A-100", boss) == {"Anna": ["order A-100"]}
    assert found(f" {coupon.code.lower()} ", boss) == {"Anna": ["coupon of “Tenner”"]}
    assert found("A-100", User.objects.create_user("guest")) == {}


def test_whoever_was_merged_away_is_found_as_the_one_they_are_now(boss):
    first, second = a_customer(name="Anna Lee"), a_customer(name="小安娜")
    merging.merge(first.pk, second.pk, by="test", identity="phone", now=NOW)

    assert found("安娜", boss) == {"Anna Lee": ["name"]}


def test_a_search_asks_a_fixed_number_of_questions(boss):
    a_member("7", name="Anna")
    boss.has_perm("x")

    with CaptureQueriesContext(connection) as queries:
        assert found("Anna", boss)

    assert len(queries) == 8
