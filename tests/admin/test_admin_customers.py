"""Customers in the admin: found, shown without what staff may not see, and quickly."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from customers.identity import merging
from customers.models import Customer, Identity, IdentityConflict, Merge
from customers.privacy.sealing import digest
from customers.profile import search
from tests.admin.rows import ROWS, a_known_customer
from tests.factories import NOW, a_customer, a_source

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = "en"
    return client


def page(customer):
    return customer.get_absolute_url()


def found(term):
    return set(search.search(Customer.objects.all(), term).values_list("name", flat=True))


def holding(name, **identity):
    customer = a_customer(name=name)
    values = {
        "scope": "",
        "is_strong": True,
        "source": a_source(app_id="wx1"),
        "first_seen_at": NOW,
        **identity,
    }
    Identity.objects.create(customer=customer, origin_customer=customer, **values)
    return customer


@pytest.fixture
def people():
    holding("王小明", kind="member_id", scope="shop", value="10086")
    holding("Anna", kind="phone", value=digest("phone", "+8613812345678"), sealed="+8613812345678")
    holding("李雷", kind="email", value=digest("email", "li@example.com"), sealed="li@example.com")
    holding("韩梅梅", kind="wx_openid", scope="wx1", value="o-abc")


@pytest.mark.parametrize(
    ("term", "names"),
    [
        ("小明", {"王小明"}),
        ("梅", {"韩梅梅"}),
        ("anna", {"Anna"}),
        ("10086", {"王小明"}),
        ("138 1234 5678", {"Anna"}),
        ("+8613812345678", {"Anna"}),
        ("LI@example.com", {"李雷"}),
        ("o-abc", {"韩梅梅"}),
        ("1381234", set()),
        ("(", set()),
        ("", {"王小明", "Anna", "李雷", "韩梅梅"}),
    ],
)
def test_a_customer_is_found_by_part_of_the_name_or_exactly_by_an_identity(people, term, names):
    assert found(term) == names


def test_the_search_box_of_the_sidebar_finds_customers(boss, people):
    text = boss.get(reverse("admin:search"), {"s": "10086", "extended": "1"}).content.decode()

    assert "王小明" in text
    assert "Anna" not in text


def test_the_search_box_finds_customers_only_for_those_who_may_see_them(client, people):
    client.force_login(User.objects.create_user("guest", is_staff=True))

    assert (
        "王小明"
        not in client.get(reverse("admin:search"), {"s": "10086", "extended": "1"}).content.decode()
    )


def test_a_list_masks_what_is_personal(boss, people):
    text = boss.get(reverse("admin:customers_customer_changelist")).content.decode()

    assert "138****5678" in text
    assert "13812345678" not in text
    assert "li@example.com" not in text


def test_a_merged_customer_is_not_in_the_list_but_its_page_opens(boss):
    first, second = a_known_customer(), a_known_customer()
    merging.merge(first.pk, second.pk, by="test", identity="phone", now=NOW)

    text = boss.get(reverse("admin:customers_customer_changelist")).content.decode()

    assert first.name in text
    assert second.name not in text
    assert boss.get(page(second)).status_code == 200


def act(client, row, name):
    return client.post(
        reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_act", args=[row.pk, name]),
        follow=True,
    )


def test_a_conflict_is_settled_by_joining_and_the_merge_undone_by_a_button(boss):
    conflict = ROWS[IdentityConflict]()

    act(boss, conflict, "join")
    merge = Merge.objects.get()
    assert Customer.objects.get(pk=conflict.second_id).merged_into_id == conflict.first_id

    act(boss, merge, "undo")
    assert Customer.objects.get(pk=conflict.second_id).merged_into_id is None
    conflict.refresh_from_db()
    assert conflict.settled_at is not None


def test_a_conflict_may_be_left(boss):
    conflict = ROWS[IdentityConflict]()

    act(boss, conflict, "leave")

    conflict.refresh_from_db()
    assert conflict.settled_at is not None
    assert not Merge.objects.exists()


def test_a_button_is_a_post_and_asks_for_the_permission(client, boss):
    conflict = ROWS[IdentityConflict]()
    address = reverse("admin:customers_identityconflict_act", args=[conflict.pk, "join"])

    assert boss.get(address).status_code == 405

    client.force_login(User.objects.create_user("guest", is_staff=True))
    assert client.post(address).status_code == 403
    assert not Merge.objects.exists()
