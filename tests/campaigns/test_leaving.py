"""Leaving a journey early: by its goal or one of its exits, at every wake and when a message is
about to leave; and what becomes of a step that goes wrong."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from campaigns import automation
from campaigns.delivery import sender
from campaigns.journeys import definition, engine, lifecycle, telling, trouble
from campaigns.journeys.attention import Held
from campaigns.journeys.steps.wait import Wait
from campaigns.models import GoalReached, Journey, Message, Run, RunStep
from crm_project import failpoints
from customers.models import Customer, Membership, Transition
from events.models import WatchedName
from tests.campaigns.test_journeys import (
    HELLO,
    clock,  # noqa: F401 -- fixtures
    nobody_held_out,  # noqa: F401 -- fixtures
    settle,
)
from tests.campaigns.test_wait_for_event import HOUR, ON_VIEW, seconds, step
from tests.factories import NOW, a_segment, a_source, an_event, happened, member, visitor

pytestmark = pytest.mark.django_db

WAIT = step("wait", {"n": 1, "unit": "hours"}, next=None)
TEXT = {key: HELLO[key] for key in ("channel", "purpose", "content")}
BOUGHT = {"by": "event", "fields": {"event": "Order Completed", "n": 1, "unit": "days"}}
CANCELLED = {"by": "event", "fields": {"event": "Order Cancelled"}}


def a_journey(steps=None, **more):
    steps = steps or {"s1": WAIT}
    draft = {
        "v": 2,
        "trigger": ON_VIEW,
        "reentry": {"kind": "always"},
        "start": next(iter(steps)),
        "steps": steps,
        **more,
    }
    journey = Journey.objects.create(name=f"journey {Journey.objects.count()}", draft=draft)
    definition.publish(journey, by=None, now=NOW)
    return journey


def begun(clock, source, *events):  # noqa: F811
    happened(source, *(events or [an_event(member(1), keys=["p1"])]))
    clock(seconds(2))
    settle()


def told(clock, source, name, at, *, of=1, **more):  # noqa: F811
    happened(source, an_event(member(of), name=name, at=seconds(at), **more), now=seconds(at))
    clock(seconds(at))
    settle()


def ended():
    return list(Run.objects.order_by("pk").values_list("state", "outcome"))


def test_who_reaches_the_goal_leaves_at_once_and_it_is_on_record(clock):  # noqa: F811
    a_journey(goal=BOUGHT)
    source = a_source()
    begun(clock, source)
    told(clock, source, "Cart Viewed", 10)
    assert ended() == [("active", "")]

    told(clock, source, "Order Completed", 20)

    reached = GoalReached.objects.get()
    assert (ended(), reached.at) == ([("exited", "goal")], seconds(20))
    assert reached.event_id
    assert Run.objects.get().awaits == []
    assert list(RunStep.objects.values_list("step", "outcome")) == [("s1", "goal")]


@pytest.mark.parametrize(
    ("fields", "properties", "keys", "outcome"),
    [
        ({"where": [["city", "is", "Xiamen"]]}, {"city": "Xiamen"}, [], "goal"),
        ({"where": [["city", "is", "Xiamen"]]}, {"city": "Wuhan"}, [], ""),
        ({"key_of": "product"}, {}, ["p1", "p2"], "goal"),
        ({"key_of": "product"}, {}, ["p2"], ""),
    ],
)
def test_only_an_event_that_fits_counts(clock, fields, properties, keys, outcome):  # noqa: F811
    a_journey(goal={"by": "event", "fields": BOUGHT["fields"] | fields})
    source = a_source()
    begun(clock, source)
    told(clock, source, "Order Completed", 20, keys=keys, properties=properties)

    assert [outcome for _state, outcome in ended()] == [outcome]


@pytest.mark.parametrize(("at", "counts"), [(-5, False), (0, True), (1, True)])
def test_what_happened_before_the_journey_looked_counts_from_its_beginning(clock, at, counts):  # noqa: F811
    a_journey(goal=BOUGHT)
    source = a_source()
    begun(
        clock,
        source,
        an_event(member(1)),
        an_event(member(1), name="Order Completed", at=seconds(at)),
    )

    assert (ended() == [("exited", "goal")]) is counts


def test_the_event_that_began_it_is_not_its_goal(clock):  # noqa: F811
    a_journey(trigger={"trigger": "event", "fields": {"event": "Order Completed"}}, goal=BOUGHT)
    source = a_source()
    begun(clock, source, an_event(member(1), name="Order Completed"))
    assert ended() == [("active", "")]

    told(clock, source, "Order Completed", 30)
    assert ("exited", "goal") in ended()


def test_the_goal_counts_after_the_end_as_long_as_it_was_said(clock):  # noqa: F811
    journey = a_journey({"s1": step("wait", {"n": 1, "unit": "seconds"}, next=None)}, goal=BOUGHT)
    source = a_source()
    begun(clock, source, an_event(member(1)), an_event(member(2)))
    clock(seconds(60))
    settle()
    assert ended() == [("completed", "completed")] * 2

    lifecycle.end(journey, by=None)
    lifecycle.stop_watching(seconds(60))
    assert WatchedName.objects.exists()
    told(clock, source, "Order Completed", 3600)
    told(clock, source, "Order Completed", 3601)
    told(clock, source, "Order Completed", 86401, of=2)

    assert list(GoalReached.objects.values_list("at", flat=True)) == [seconds(3600)]
    assert ended() == [("completed", "completed")] * 2
    Run.objects.update(watched_until=NOW - HOUR)
    lifecycle.stop_watching(seconds(60))
    assert not WatchedName.objects.exists()


def test_an_exit_by_event_is_no_goal(clock):  # noqa: F811
    a_journey(goal=BOUGHT, leave=[CANCELLED])
    source = a_source()
    begun(clock, source)
    told(clock, source, "Order Cancelled", 20)

    assert (ended(), GoalReached.objects.count()) == ([("exited", "left:1")], 0)
    # The goal still counts.
    told(clock, source, "Order Completed", 30)
    assert GoalReached.objects.count() == 1


def moved(segment, customer, at, *, entered=True):
    if entered:
        Membership.objects.create(segment=segment, customer=customer, entered_at=at)
    else:
        Membership.objects.filter(segment=segment, customer=customer).delete()
    Transition.objects.create(
        segment=segment, customer=customer, entered=entered, reason="change", at=at, due_at=at
    )


@pytest.mark.parametrize("as_goal", [True, False])
@pytest.mark.parametrize("change", ["entered", "left"])
def test_a_segment_entered_or_left(clock, change, as_goal):  # noqa: F811
    segment = a_segment()
    fields = {"segment": segment.pk, "change": change}
    if as_goal:
        a_journey(goal={"by": "segment", "fields": fields | {"n": 1, "unit": "days"}})
    else:
        a_journey(leave=[{"by": "segment", "fields": fields}])
    source = a_source()
    happened(source, an_event(member(1)))
    customer = Customer.objects.get()
    if change == "left":
        moved(segment, customer, NOW - HOUR)
        Transition.objects.update(due_at=None)
    clock(seconds(2))
    settle()
    assert ended() == [("active", "")]

    moved(segment, customer, seconds(10), entered=change == "entered")
    clock(seconds(11))
    automation.process_transitions()
    settle()

    assert ended() == [("exited", "goal" if as_goal else "left:1")]
    assert GoalReached.objects.count() == as_goal


def test_a_segment_entered_counts_after_the_end_and_once(clock):  # noqa: F811
    segment = a_segment()
    goal = {"by": "segment", "fields": {"segment": segment.pk, "n": 1, "unit": "days"}}
    a_journey({"s1": step("wait", {"n": 1, "unit": "seconds"}, next=None)}, goal=goal)
    begun(clock, a_source())
    clock(seconds(9))
    settle()
    moved(segment, Customer.objects.get(), seconds(10))
    clock(seconds(11))
    assert (automation.process_transitions(), GoalReached.objects.count()) == (1, 1)
    Transition.objects.update(due_at=seconds(10))
    automation.process_transitions()

    assert GoalReached.objects.count() == 1


RULE = {
    "op": "all",
    "of": [
        {
            "condition": "did_event",
            "event": "Cart Viewed",
            "comparison": ">=",
            "times": 1,
            "window": "ever",
        }
    ],
}


def test_a_free_rule_is_looked_at_at_wakes_only(clock):  # noqa: F811
    a_journey(leave=[{"by": "rule", "fields": {"rule": RULE}}])
    source = a_source()
    begun(clock, source)
    told(clock, source, "Cart Viewed", 20)
    assert ended() == [("active", "")]

    clock(NOW + HOUR + timedelta(seconds=3))
    settle()
    assert ended() == [("exited", "left:1")]


@pytest.mark.parametrize("end", [None, "wait"])
def test_who_bought_a_second_ago_is_not_asked_to_buy(clock, end):  # noqa: F811
    """The message is queued; then its customer buys, and nobody has looked yet."""
    steps = {"s1": step("send_message", TEXT, next="s2" if end else None)}
    a_journey(steps | ({"s2": WAIT} if end else {}), goal=BOUGHT)
    source = a_source()
    begun(clock, source, an_event(member(1)), an_event(member(2)))
    assert list(Message.objects.values_list("state", flat=True)) == ["queued"] * 2

    happened(source, an_event(member(1), name="Order Completed", at=seconds(3)), now=seconds(3))
    clock(seconds(3))
    sender.send_due("in_app")

    assert list(Message.objects.order_by("pk").values_list("state", "reason")) == [
        ("skipped", "left_journey"),
        ("sent", ""),
    ]


def test_a_message_right_before_an_end_is_sent(clock):  # noqa: F811
    a_journey(
        {
            "s1": step("send_message", TEXT, next="s2"),
            "s2": step("end", {"outcome": "told"}),
        }
    )
    begun(clock, a_source())
    sender.send_due("in_app")

    assert (Message.objects.get().state, ended()) == ("sent", [("completed", "told")])


def test_many_cost_as_many_statements_as_one(clock):  # noqa: F811
    def cost(customers):
        source = a_source()
        happened(source, *(an_event(member(n)) for n in customers))
        clock(seconds(2))
        settle()
        happened(
            source,
            *(
                an_event(member(n), name="Order Completed", at=seconds(5))
                for n in list(customers)[::2]
            ),
            now=seconds(5),
        )
        clock(seconds(6))
        with CaptureQueriesContext(
            connection,
        ) as statements:
            settle()
        Run.objects.filter(state="active").update(state="exited", due_at=None, ended_at=seconds(6))
        return len(statements)

    a_journey(goal=BOUGHT, leave=[CANCELLED])
    cost(range(1, 3))
    one, many = cost(range(10, 11)), cost(range(100, 160))

    assert (many, GoalReached.objects.count()) == (one, 1 + 1 + 30)


def test_killed_half_way_it_is_reached_once(clock, monkeypatch):  # noqa: F811
    a_journey(goal=BOUGHT)
    source = a_source()
    begun(clock, source)
    happened(source, an_event(member(1), name="Order Completed", at=seconds(5)), now=seconds(5))
    clock(seconds(6))
    automation.process_reactions()

    class Killed(BaseException):
        pass

    def kill(name):
        if name == "advance.walked":
            raise Killed

    monkeypatch.setattr(failpoints, "reached", kill)
    with pytest.raises(Killed):
        engine.advance()
    monkeypatch.undo()
    assert (ended(), GoalReached.objects.count()) == ([("active", "")], 0)

    clock(seconds(60))
    settle()
    assert (ended(), GoalReached.objects.count()) == ([("exited", "goal")], 1)


def test_what_somebody_did_whom_they_turn_out_to_be_counts(clock):  # noqa: F811
    """A visitor's order reaches the goal of the member they turn out to be."""
    a_journey(goal=BOUGHT)
    source = a_source()
    begun(clock, source)
    happened(source, an_event(visitor(9), name="Order Completed", at=seconds(4)), now=seconds(4))
    clock(seconds(5))
    settle()
    assert ended() == [("active", "")]

    happened(
        source,
        an_event(member(1), visitor(9), name="Cart Viewed", at=seconds(10)),
        now=seconds(10),
    )
    clock(seconds(11))
    settle()
    assert ended() == [("exited", "goal")]


# -- a step that goes wrong


@pytest.fixture
def broken(monkeypatch):
    """Customers with whom the step Wait goes wrong."""
    those, run = set(), Wait.run

    def breaks(self, runs, *, now, effects):
        if any(one.customer_id in those for one in runs):
            connection.cursor().execute("SELECT 1/0")
        return run(self, runs, now=now, effects=effects)

    monkeypatch.setattr(Wait, "run", breaks)
    return those


@pytest.mark.parametrize("on_error", ["skip", "hold", "retry"])
def test_a_step_that_goes_wrong_concerns_those_with_whom_it_does(clock, broken, on_error):  # noqa: F811
    a_journey({"s1": WAIT | {"on_error": on_error}})
    source = a_source()
    happened(source, *(an_event(member(n)) for n in range(8)))
    third = Customer.objects.order_by("pk")[2]
    broken.add(third.pk)
    clock(seconds(2))
    settle()

    others = Run.objects.exclude(customer=third)
    assert set(others.values_list("state", "is_waiting", "held_at")) == {("active", True, None)}
    run = Run.objects.get(customer=third)
    if on_error == "skip":
        assert (run.state, run.history.get().outcome) == ("completed", "step_failed")
    if on_error == "hold":
        assert (run.state, run.due_at, run.held_at) == ("active", None, seconds(2))
        assert "division by zero" in run.error
    if on_error == "retry":
        assert (run.state, run.attempts) == ("active", 1)
        assert run.due_at > seconds(2)


def test_a_definition_says_what_it_may(clock):  # noqa: F811
    for wrong in (
        {"goal": {"by": "rule", "fields": {}}},
        {"goal": {"by": "event", "fields": {"event": "A"}}},
        {"leave": [{"by": "event", "fields": {"event": ""}}]},
        {"leave": [CANCELLED] * 6},
        {"leave": "all"},
        {"goal": "all"},
        {"steps": {"s1": WAIT | {"on_error": "explode"}}},
    ):
        with pytest.raises(definition.InvalidJourney):
            a_journey(**{"steps": {"s1": WAIT}, **wrong})


def test_it_is_told_in_words(clock):  # noqa: F811
    journey = a_journey(goal=BOUGHT, leave=[CANCELLED])
    with translation.override("en"):
        text = telling.sentence(journey.draft)

    assert "Goal: “Order Completed” happens, within 1 day." in text
    assert "Leaves as soon as “Order Cancelled” happens." in text


def in_trouble(clock, broken, number=4):  # noqa: F811
    """Of so many runs every other is held."""
    journey = a_journey({"s1": WAIT | {"on_error": "hold"}})
    happened(a_source(), *(an_event(member(n)) for n in range(number)))
    broken.update([one.pk for one in Customer.objects.order_by("pk")][::2])
    clock(seconds(2))
    settle()
    (one,) = trouble.counts(journey)
    assert (one.step, one.held, one.retried) == ("s1", number // 2, 0)
    broken.clear()
    return journey


@pytest.mark.parametrize("act", [trouble.try_again, trouble.skip, trouble.take_out])
def test_what_staff_do_with_all_that_are_held(clock, broken, act):  # noqa: F811
    journey = in_trouble(clock, broken)
    others = set(Run.objects.filter(held_at=None).values_list("pk", "due_at"))

    assert act(trouble.of_journey(journey), by=None, now=seconds(3)) == 2
    assert act(trouble.of_journey(journey), by=None, now=seconds(3)) == 0
    clock(seconds(4))
    settle()

    theirs = Run.objects.exclude(pk__in=[pk for pk, _due in others])
    assert set(theirs.values_list("state", "outcome", "is_waiting", "held_at")) == {
        {
            trouble.try_again: ("active", "", True, None),
            trouble.skip: ("completed", "step_failed", False, None),
            trouble.take_out: ("exited", "taken_out", False, None),
        }[act]
    }
    assert set(Run.objects.filter(due_at__gt=NOW).values_list("pk", "due_at")) >= others
    assert trouble.counts(journey) == []


def test_whoever_is_held_still_reaches_the_goal(clock, broken):  # noqa: F811
    a_journey({"s1": WAIT | {"on_error": "hold"}}, goal=BOUGHT)
    source = a_source()
    happened(source, an_event(member(1)))
    broken.add(Customer.objects.get().pk)
    clock(seconds(2))
    settle()
    told(clock, source, "Order Completed", 5)
    assert (ended(), GoalReached.objects.count()) == ([("active", "")], 1)

    broken.clear()
    clock(seconds(6))
    trouble.try_again(Run.objects.all(), by=None, now=seconds(6))
    settle()
    assert ended() == [("exited", "goal")]


def test_who_is_held_for_staff_stands_on_the_first_page(clock):  # noqa: F811
    journey = a_journey()
    begun(clock, a_source())
    with translation.override("en"):
        assert list(Held().lines(None, NOW)) == []
        Run.objects.update(held_at=NOW, error="ValueError: x", due_at=None)
        (line,) = Held().lines(None, NOW)
    assert (line.count, journey.name in line.sentence) == (1, True)
    assert line.url.endswith(f"/journey/{journey.pk}/change/")
