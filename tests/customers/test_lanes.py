"""What is done to many at once keeps nobody waiting who did something just now."""

import pytest
from django.db import connection, transaction

from crm_project.queue import lanes
from crm_project.queue.due import database_now
from customers.models import ChangedCustomer, Customer, EvaluatorClock, Membership, Segment, Tag
from customers.segments import membership
from customers.segments.backlog import LEAST
from customers.tags import jobs
from tests.factories import NOW, a_source, an_event, happened, member

pytestmark = pytest.mark.django_db

TAGGED = {"condition": "tag", "mode": "any"}
DID = {"condition": "did_event", "event": "Viewed", "comparison": ">=", "times": 1}


def lane_of_changes() -> set[bool]:
    return set(ChangedCustomer.objects.values_list("is_mass", flat=True))


def many(n) -> list[Customer]:
    return Customer.objects.bulk_create(
        [Customer(name=f"c{i}", first_seen_at=NOW) for i in range(n)]
    )


@pytest.fixture(autouse=True)
def first_pass():
    membership._had_mass.clear()


@pytest.fixture
def tag():
    return Tag.objects.create(name="vip")


@pytest.fixture
def settled():
    """Nothing is left to look at, and a pass has room for as few as it gets."""

    def settle():
        membership.refresh_all()
        EvaluatorClock.objects.update(step=LEAST)
        ChangedCustomer.objects.all().delete()

    return settle


def test_who_did_something_is_looked_at_before_thousands_who_were_tagged_earlier(tag, settled):
    customers = many(3000)
    tagged = Segment.objects.create(name="tagged", definition={**TAGGED, "tags": [str(tag.pk)]})
    did = Segment.objects.create(name="did", definition=DID)
    settled()
    jobs.begin(tag, is_on=True, customers=[c.pk for c in customers], by=None, now=database_now())
    assert lane_of_changes() == {True}
    happened(a_source(), an_event(member(1), name="Viewed", at=database_now()), now=database_now())

    result = membership.refresh()

    assert Membership.objects.filter(segment=did).count() == 1
    assert 0 < Membership.objects.filter(segment=tagged).count() < 3000
    assert result.has_more
    assert lane_of_changes() == {True}
    membership.refresh_all()
    assert Membership.objects.filter(segment=tagged).count() == 3000
    assert not ChangedCustomer.objects.exists()


def test_mass_changes_go_on_while_single_ones_never_end(tag, settled):
    customers = many(2000)
    tagged = Segment.objects.create(name="tagged", definition={**TAGGED, "tags": [str(tag.pk)]})
    settled()
    jobs.begin(tag, is_on=True, customers=[c.pk for c in customers], by=None, now=database_now())
    source, so_far = a_source(), []
    for n in range(6):
        happened(
            source,
            *(
                an_event(member(i), name="Viewed", at=database_now())
                for i in range(50 * n, 50 * n + 50)
            ),
            now=database_now(),
        )
        membership.refresh()
        so_far.append(Membership.objects.filter(segment=tagged).count())

    assert 0 < so_far[0] < so_far[2] < so_far[4]
    assert so_far[0:5:2] == so_far[1:6:2]  # every other pass is about single people only


@pytest.mark.parametrize(
    ("items", "is_mass"), [(1, False), (lanes.MANY, False), (lanes.MANY + 1, True)]
)
def test_a_large_batch_of_a_door_is_a_mass_change_and_a_small_one_is_not(items, is_mass):
    happened(a_source(), *(an_event(member(n), name="Viewed") for n in range(items)))

    assert lane_of_changes() == {is_mass}


def test_few_who_are_tagged_by_hand_are_no_mass(tag):
    customers = many(3)
    ChangedCustomer.objects.all().delete()

    jobs.begin(tag, is_on=True, customers=[c.pk for c in customers], by=None, now=database_now())

    assert lane_of_changes() == {False}


def test_the_lane_ends_with_its_block_whatever_happens_in_it():
    def lane():
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(current_setting('hutong.lane', true), '')")
            return cursor.fetchone()[0]

    with lanes.mass():
        with lanes.mass():
            assert lane() == "mass"
        assert lane() == "mass"
    assert lane() == ""
    with pytest.raises(ZeroDivisionError), lanes.mass():
        raise ZeroDivisionError
    assert lane() == ""
    with (
        pytest.raises(Exception, match="division"),
        transaction.atomic(),
        lanes.mass(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT 1/0")
    assert lane() == ""
