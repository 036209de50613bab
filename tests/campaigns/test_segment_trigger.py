"""A journey begins when somebody enters, or leaves, a segment: once per transition, and by what
happens only."""

from datetime import timedelta

import pytest

from campaigns import automation
from campaigns.journeys import definition, lifecycle, telling
from campaigns.models import Journey, Run
from crm_project.queue.due import database_now
from customers.models import Customer, Segment, Transition, WatchedSegment
from customers.segments import membership
from tests.factories import a_source, a_workspace, an_event, happened, member

pytestmark = pytest.mark.django_db
GOLD = {"condition": "attribute", "attribute": "level", "operator": "is", "value": "gold"}
LOOKED = {
    "condition": "did_event",
    "event": "A",
    "comparison": ">=",
    "times": 1,
    "window": "last",
    "window_n": 10,
    "window_unit": "seconds",
}


@pytest.fixture
def now():
    a_workspace()
    return database_now() - timedelta(minutes=1)


def a_journey(segment, change, reentry="always", **more):
    draft = {
        "trigger": {"trigger": "segment", "segment": segment.pk, "change": change},
        "reentry": {"kind": reentry, **more},
        "start": "wait",
        "steps": {"wait": {"step": "wait", "n": 1, "unit": "hours", "next": None}},
    }
    journey = Journey.objects.create(name=f"{change} {segment}", draft=draft)
    definition.publish(journey, by=None, now=database_now())
    return journey


def say(source, level, at, who=1):
    happened(source, an_event(member(who), name="Said", at=at, attributes={"level": level}), now=at)
    membership.Pass(at).done()
    automation.process_transitions()


def test_entering_and_leaving_begin_runs_of_their_journeys(now):
    source, segment = a_source(), Segment.objects.create(name="gold", definition=GOLD)
    say(source, "gold", now)
    into, out = a_journey(segment, "entered"), a_journey(segment, "left")
    assert not Run.objects.exists()  # who is in it already has not entered it

    for n, level in enumerate(("silver", "gold", "silver", "gold")):
        say(source, level, now + timedelta(seconds=n + 1))

    assert (Run.objects.filter(journey=into).count(), Run.objects.filter(journey=out).count()) == (
        2,
        2,
    )
    assert Transition.objects.count() == 5
    assert not Transition.objects.filter(due_at__isnull=False).exists()


@pytest.mark.parametrize(
    ("reentry", "runs"),
    [({"reentry": "once"}, 1), ({"reentry": "days", "days": 30}, 1), ({"reentry": "always"}, 3)],
)
def test_how_often_somebody_may_enter(now, reentry, runs):
    source, segment = a_source(), Segment.objects.create(name="gold", definition=GOLD)
    membership.Pass(now).done()
    a_journey(segment, "entered", **reentry)
    for n, level in enumerate(("gold", "silver", "gold", "silver", "gold")):
        say(source, level, now + timedelta(seconds=n + 1))

    assert Run.objects.count() == runs


def test_time_alone_begins_a_run(now):
    source, segment = a_source(), Segment.objects.create(name="looked", definition=LOOKED)
    happened(source, an_event(member(1), name="A", at=now), now=now)
    membership.Pass(now).done()
    a_journey(segment, "left")
    membership.Pass(now + timedelta(seconds=20)).done()
    automation.process_transitions()

    assert Run.objects.get().customer_id == Customer.objects.get().pk


def test_an_edited_rule_begins_nothing(now):
    source, segment = a_source(), Segment(name="gold")
    membership.save_definition(segment, GOLD, by=None, now=now)
    say(source, "silver", now)
    a_journey(segment, "entered")
    membership.save_definition(segment, {**GOLD, "value": "silver"}, by=None, now=now)
    membership.Pass(now + timedelta(seconds=1)).done()

    assert segment.memberships.count() == 1
    assert Transition.objects.get().reason == "definition"
    assert automation.process_transitions() == 0


def test_who_was_merged_away_begins_nothing(now):
    source, segment = a_source(), Segment.objects.create(name="gold", definition=GOLD)
    membership.Pass(now).done()
    a_journey(segment, "entered")
    happened(
        source,
        *(an_event(member(n), at=now, attributes={"level": "gold"}) for n in (1, 2)),
        now=now,
    )
    membership.Pass(now).done()
    first, second = Customer.objects.order_by("pk")
    Customer.objects.filter(pk=second.pk).update(merged_into=first)

    assert automation.process_transitions() == 2
    assert [run.customer_id for run in Run.objects.all()] == [first.pk]


def test_doing_it_twice_changes_nothing(now):
    source, segment = a_source(), Segment.objects.create(name="gold", definition=GOLD)
    membership.Pass(now).done()
    a_journey(segment, "entered")
    say(source, "gold", now)
    Transition.objects.update(due_at=now - timedelta(seconds=1))
    assert automation.process_transitions() == 1

    assert Run.objects.count() == 1


def test_nobody_watches_for_a_journey_that_is_over(now):
    segment = Segment.objects.create(name="gold", definition=GOLD)
    journey = a_journey(segment, "entered")
    assert WatchedSegment.objects.get().watcher == f"journey:{journey.pk}"

    journey.refresh_from_db()
    lifecycle.end(journey, by=None)
    lifecycle.stop_watching(database_now())
    assert not WatchedSegment.objects.exists()


def test_it_is_told_in_words(now):
    segment = Segment.objects.create(name="gold", definition=GOLD)
    assert "“gold”" in telling.sentence(a_journey(segment, "entered").draft)
