"""However a goal is reached, a dry run says so of the same people as the engine did: by an order in
the same moment as the entry, before its message is claimed, after a merge, told late, after the end
or while staff hold them."""

from datetime import timedelta

import pytest

from campaigns.journeys import definition
from campaigns.journeys.steps.wait import Wait
from campaigns.models import GoalReached, Journey, Message
from customers.identity import merging
from customers.models import Identity
from tests.campaigns.lived import as_imagined, as_lived, imagined, live
from tests.campaigns.test_journeys import settle
from tests.clock import MovedClock
from tests.factories import NOW, a_member, a_source, a_workspace, an_event, happened, member

pytestmark = pytest.mark.django_db

ORDER = "Order Completed"
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
MESSAGE = {
    "step": "send_message",
    "fields": {
        "channel": "in_app",
        "purpose": "marketing",
        "content": {"title": "Hello", "body": "Again?"},
    },
    "exits": {"next": None},
}


def a_journey(**first) -> Journey:
    """As the recipe of the second purchase: it begins with an order, and another is its goal."""
    wait = {"step": "wait", "fields": {"n": 2, "unit": "hours"}, "exits": {"next": "s2"}}
    draft = {
        "v": 2,
        "trigger": {"trigger": "event", "fields": {"event": ORDER}},
        "reentry": {"kind": "once"},
        "holdout_percent": 0,
        "goal": {"by": "event", "fields": {"event": ORDER, "n": 30, "unit": "days"}},
        "start": "s1",
        "steps": {"s1": {**wait, **first}, "s2": MESSAGE},
    }
    journey = Journey.objects.create(name="second purchase", draft=draft)
    definition.publish(journey, by=None, now=NOW - HOUR)
    return Journey.objects.get(pk=journey.pk)


def told(source, clock, at, *orders) -> None:
    """Orders (who, when it was) that are told at once, at this moment."""
    clock.stand(at)
    happened(source, *(an_event(member(who), name=ORDER, at=when) for who, when in orders), now=at)


@pytest.fixture
def world():
    a_workspace()
    return a_source(), MovedClock()


def same(journey: Journey, until) -> list:
    """What was lived, which is what is imagined."""
    lived = as_lived(journey)
    assert as_imagined(imagined(journey, NOW - HOUR, until)) == lived
    return lived


@pytest.mark.parametrize(
    "orders",
    [
        [(1, NOW), (1, NOW)],
        [(1, NOW), (1, NOW + SECOND)],
        [(1, NOW + SECOND), (1, NOW)],
        [(1, NOW + 2 * SECOND), (1, NOW), (1, NOW + SECOND)],
    ],
)
def test_by_an_order_that_is_told_with_the_one_that_begins_it(world, orders):
    source, clock = world
    journey = a_journey()
    told(source, clock, NOW + 5 * SECOND, *orders)
    live(clock, NOW + 5 * SECOND, NOW + 3 * HOUR)
    (run,) = same(journey, NOW + 3 * HOUR)
    # It begins with the first that was told; what was before that one is no second purchase.
    is_second = any(when >= orders[0][1] for _who, when in orders[1:])
    assert run[4] == ("goal" if is_second else "completed")


@pytest.mark.parametrize("gap", [timedelta(0), timedelta(microseconds=1), SECOND, HOUR, 2 * HOUR])
def test_by_an_order_that_is_told_later(world, gap):
    source, clock = world
    journey = a_journey()
    told(source, clock, NOW, (1, NOW))
    if gap:
        live(clock, NOW, NOW + gap - timedelta(microseconds=1))
    told(source, clock, NOW + gap, (1, NOW + gap))
    live(clock, NOW + gap, NOW + 3 * HOUR)
    (run,) = same(journey, NOW + 3 * HOUR)
    assert run[4] == "goal"


def test_by_an_order_told_late_and_one_that_was_before(world):
    source, clock = world
    journey = a_journey()
    told(source, clock, NOW, (1, NOW), (2, NOW))
    live(clock, NOW, NOW + HOUR)
    told(source, clock, NOW + HOUR, (1, NOW + SECOND), (2, NOW - SECOND))
    live(clock, NOW + HOUR, NOW + 3 * HOUR)
    one, other = same(journey, NOW + 3 * HOUR)
    assert (one[4], other[4]) == ("goal", "completed")


def test_by_an_order_between_the_message_and_its_claim(world):
    source, clock = world
    journey = a_journey()
    told(source, clock, NOW, (1, NOW))
    live(clock, NOW, NOW + HOUR)
    clock.stand(NOW + 2 * HOUR)
    settle()
    assert Message.objects.filter(state="queued").exists()
    told(source, clock, NOW + 2 * HOUR, (1, NOW + 2 * HOUR))
    live(clock, NOW + 2 * HOUR, NOW + 3 * HOUR)
    assert GoalReached.objects.count() == 1
    walk = imagined(journey, NOW - HOUR, NOW + 3 * HOUR)
    assert len(walk.effects.reached) == 1


def test_by_an_order_after_the_end(world):
    source, clock = world
    journey = a_journey()
    told(source, clock, NOW, (1, NOW))
    live(clock, NOW, NOW + 4 * HOUR)
    told(source, clock, NOW + 4 * HOUR, (1, NOW + 4 * HOUR))
    live(clock, NOW + 4 * HOUR, NOW + 5 * HOUR)
    (run,) = same(journey, NOW + 5 * HOUR)
    assert run[4] == "completed"
    assert run[-1] == NOW + 4 * HOUR


def test_by_the_order_of_whom_they_turn_out_to_be(world):
    """The other's order is theirs since the merge; the dry run knows them as one from the start."""
    source, clock = world
    journey = a_journey()
    told(source, clock, NOW, (1, NOW))
    one, other = Identity.objects.get(kind="member_id").customer_id, a_member(2)
    live(clock, NOW, NOW + HOUR)
    merging.merge(one, other.pk, by="test", identity="", now=NOW + HOUR)
    told(source, clock, NOW + HOUR, (2, NOW + HOUR))
    live(clock, NOW + HOUR, NOW + 3 * HOUR)
    (run,) = same(journey, NOW + 3 * HOUR)
    assert run[4] == "goal"


@pytest.fixture
def broken(monkeypatch):
    """A wait goes wrong, whoever comes to it."""

    def breaks(self, runs, *, now, effects):
        raise ValueError("broken")

    monkeypatch.setattr(Wait, "run", breaks)


@pytest.mark.parametrize("on_error", ["hold", "retry"])
def test_by_an_order_while_a_step_goes_wrong(world, broken, on_error):
    """Staff hold them, or it is tried again and again: the goal is reached in both."""
    source, clock = world
    journey = a_journey(on_error=on_error)
    told(source, clock, NOW, (1, NOW))
    clock.stand(NOW)
    settle()
    told(source, clock, NOW + HOUR, (1, NOW + HOUR))
    settle()

    walk = imagined(journey, NOW - HOUR, NOW + 2 * HOUR)
    assert [one.at for one in walk.effects.reached.values()] == [NOW + HOUR]
    assert list(GoalReached.objects.values_list("at", flat=True)) == [NOW + HOUR]
    assert walk.tally.sum("goal") == 1
