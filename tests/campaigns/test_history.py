"""A file, an act on many and an undoing are history: counted, and nobody is written to because of
it, unless somebody says so."""

import pytest
from django.contrib.auth.models import User

from campaigns import automation
from campaigns.models import Run
from crm_project.jobs import running
from crm_project.queue import lanes
from crm_project.queue.due import database_now
from customers.bulk import job as bulk
from customers.bulk.customers import AddToList, PutOn
from customers.identity import merging
from customers.lists import files
from customers.models import ChangedCustomer, Customer, Merge, Segment, Tag, Transition
from customers.segments import membership
from customers.tags import jobs, tagging
from tests.campaigns.test_segment_trigger import a_journey
from tests.factories import (
    NOW,
    a_customer,
    a_member,
    a_segment,
    a_source,
    a_workspace,
    an_event,
    happened,
    member,
    uploaded,
)

pytestmark = pytest.mark.django_db

DID = {"condition": "did_event", "event": "A", "comparison": ">=", "times": 1}


@pytest.fixture(autouse=True)
def workspace():
    a_workspace()


@pytest.fixture
def tag():
    return Tag.objects.create(name="VIP")


def tagged(tag: Tag, **more) -> Segment:
    return Segment.objects.create(
        name="tagged", definition={"condition": "tag", "mode": "any", "tags": [str(tag.pk)]}, **more
    )


def settle() -> None:
    membership.refresh_all()
    while ChangedCustomer.objects.exists():  # what follows from what was found
        membership.refresh_all()
    while automation.process_transitions():
        pass


def reasons() -> set[str]:
    return set(Transition.objects.filter(entered=True).values_list("reason", flat=True))


def put_on(tag, *customers, **more):
    jobs.begin(
        tag, is_on=True, customers=[c.pk for c in customers], by=None, now=database_now(), **more
    )


@pytest.mark.parametrize(
    ("starts_journeys", "runs", "reason"), [(False, 0, "history"), (True, 3, "change")]
)
def test_a_tag_for_many_starts_journeys_only_where_somebody_says_so(
    tag, starts_journeys, runs, reason
):
    journey, customers = a_journey(tagged(tag), "entered"), [a_customer() for _n in range(3)]
    settle()
    put_on(tag, *customers, starts_journeys=starts_journeys)
    settle()

    assert Run.objects.filter(journey=journey).count() == runs
    assert reasons() == {reason}
    assert Segment.objects.get().size == 3
    assert not Transition.objects.filter(due_at__isnull=False).exists()


def test_a_tag_put_on_one_by_hand_starts_them(tag):
    a_journey(tagged(tag), "entered")
    customer = a_customer()
    settle()
    tagging.put_on(tag, [customer.pk], by="user:1", now=database_now())
    settle()

    assert Run.objects.get().customer == customer


def test_what_somebody_does_meanwhile_starts_what_it_touches(tag):
    """Tagged by an act on many and active in the same pass: only the segment that asks about the
    event tells its journey."""
    by_tag, by_event = (
        a_journey(tagged(tag), "entered"),
        a_journey(Segment.objects.create(name="did", definition=DID), "entered"),
    )
    customer = a_member(1)
    settle()
    put_on(tag, customer)
    happened(a_source(), an_event(member(1), name="A", at=database_now()), now=database_now())
    settle()

    assert list(Run.objects.values_list("journey", flat=True)) == [by_event.pk]
    assert Transition.objects.filter(segment__name="tagged").get().reason == "history"
    assert by_tag.runs.count() == 0


def test_whoever_was_tagged_as_history_starts_by_what_they_do_later(tag):
    both = {"op": "all", "of": [{"condition": "tag", "mode": "any", "tags": [str(tag.pk)]}, DID]}
    journey = a_journey(Segment.objects.create(name="both", definition=both), "entered")
    customer = a_member(1)
    settle()
    put_on(tag, customer)
    settle()
    happened(a_source(), an_event(member(1), name="A", at=database_now()), now=database_now())
    settle()

    assert journey.runs.count() == 1


def test_what_follows_from_history_is_history(tag):
    """A segment gives a tag, and another segment asks for it."""
    first = tagged(tag)
    given = Tag.objects.create(name="given", segment=first)
    second = Segment.objects.create(
        name="second", definition={"condition": "tag", "mode": "any", "tags": [str(given.pk)]}
    )
    last = Tag.objects.create(name="last", segment=second)
    third = Segment.objects.create(
        name="third", definition={"condition": "tag", "mode": "any", "tags": [str(last.pk)]}
    )
    journeys, customer = [a_journey(one, "entered") for one in (second, third)], a_customer()
    settle()
    put_on(tag, customer)
    settle()

    assert set(customer.memberships.values_list("segment__name", flat=True)) == {
        "tagged",
        "second",
        "third",
    }
    assert [journey.runs.count() for journey in journeys] == [0, 0]
    assert reasons() == {"history"}


@pytest.mark.parametrize(("starts_journeys", "runs"), [(False, 0), (True, 1)])
def test_a_list_by_file(starts_journeys, runs):
    by_hand = a_segment(name="by hand")
    a_journey(by_hand, "entered")
    a_member("m1")
    settle()
    job = files.begin(
        by_hand,
        uploaded("m1"),
        kind="member_id",
        source=a_source(),
        starts_journeys=starts_journeys,
        by=None,
        now=database_now(),
    )
    settle()

    assert (job.state, job.done_rows) == ("done", 1)
    assert by_hand.memberships.count() == 1
    assert Run.objects.count() == runs


@pytest.mark.parametrize(("starts_journeys", "runs"), [(False, 0), (True, 2)])
@pytest.mark.parametrize("act", [PutOn, AddToList])
def test_an_act_on_all_rows_of_a_list(act, starts_journeys, runs, tag):
    by_hand = a_segment(name="by hand")
    watched, params = (
        (tagged(tag), {"tag": tag.pk}) if act is PutOn else (by_hand, {"segment": by_hand.pk})
    )
    a_journey(watched, "entered")
    a_customer(), a_customer()
    settle()
    begun = {"label": "customers.customer", "query": "", "params": params, "reason": "because"}
    bulk.begin(
        act,
        **begun,
        starts_journeys=starts_journeys,
        by=User.objects.create_superuser("boss"),
        now=database_now(),
    )
    while running.work():
        pass
    settle()

    assert watched.memberships.count() == 2
    assert Run.objects.count() == runs


def test_an_undone_merge_starts_nothing(tag):
    a_journey(tagged(tag), "left")
    one, other = a_customer(), a_customer()
    tagging.put_on(tag, [other.pk], by="user:1", now=NOW)
    merging.merge_many([merging.Pair(one.pk, other.pk)], by="x", now=NOW)
    settle()
    before = Run.objects.count()
    merging.undo(Merge.objects.get(), by="x", now=database_now())
    settle()

    assert Run.objects.count() == before
    assert Transition.objects.filter(customer=one, entered=False).latest("pk").reason == "history"


def test_the_mark_ends_with_what_is_done(tag):
    with lanes.history():
        customer = Customer.objects.create(name="in", first_seen_at=NOW)
    other = Customer.objects.create(name="after", first_seen_at=NOW)

    marks = dict(ChangedCustomer.objects.values_list("customer_id", "is_history"))
    assert (marks[customer.pk], marks[other.pk]) == (True, False)
