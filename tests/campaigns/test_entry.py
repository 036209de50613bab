"""Who may enter a journey, how many in an hour, and those who were inside before it listened."""

from datetime import timedelta

import pytest

from campaigns import automation
from campaigns.broadcasts import schedules
from campaigns.journeys import definition, lifecycle
from campaigns.models import Firing, Run
from crm_project.queue.due import database_now
from customers import uses
from customers.models import Customer, ListMember, Membership, Segment
from customers.segments import membership
from tests.campaigns.test_journeys import (
    clock,  # noqa: F401 -- fixtures
    nobody_held_out,  # noqa: F401 -- fixtures
    settle,
)
from tests.campaigns.test_leaving import BOUGHT, WAIT, a_journey, ended
from tests.campaigns.test_wait_for_event import seconds
from tests.factories import NOW, a_customer, a_segment, a_source, an_event, happened, member

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
TWICE = {
    "op": "all",
    "of": [
        {
            "condition": "did_event",
            "event": "Product Viewed",
            "comparison": ">=",
            "times": 2,
            "window": "ever",
        }
    ],
}


def begun(clock, *events, at=2):  # noqa: F811
    happened(a_source(), *events)
    clock(seconds(at))
    settle()


def test_only_who_belongs_to_the_segment_enters(clock):  # noqa: F811
    a_journey(entry={"segment": a_segment(a_customer()).pk})
    begun(clock, an_event(member(1)))

    assert Run.objects.count() == 0


def test_who_belongs_to_it_by_what_began_the_journey_enters(clock):  # noqa: F811
    """Though the evaluator has not looked yet."""
    segment = Segment.objects.create(name="twice", kind="rule", definition=TWICE)
    a_journey(entry={"segment": segment.pk})
    source = a_source()
    happened(source, an_event(member(1)))
    clock(seconds(2))
    settle()
    assert Run.objects.count() == 0

    happened(source, an_event(member(1), at=seconds(3)), now=seconds(3))
    clock(seconds(4))
    settle()
    assert (Run.objects.count(), Membership.objects.count()) == (1, 0)


def test_so_many_enter_in_an_hour_and_nobody_is_lost(clock):  # noqa: F811
    a_journey({"s1": WAIT}, entry={"per_hour": 4}, reentry={"kind": "once"})
    begun(clock, *(an_event(member(n)) for n in range(10)))

    def inside():
        return Run.objects.exclude(step="").count()

    seen = [inside()]
    for minutes in (14, 15, 45, 60, 119, 300):
        clock(NOW + timedelta(minutes=minutes, seconds=30))
        settle()
        seen.append(inside())
    assert seen == [1, 1, 2, 4, 5, 8, 10]
    assert Run.objects.count() == 10


def test_others_who_come_later_take_their_turn_after_them(clock):  # noqa: F811
    a_journey(entry={"per_hour": 60})
    source = a_source()
    happened(source, *(an_event(member(n)) for n in range(3)))
    clock(seconds(2))
    settle()
    happened(source, an_event(member(9), at=seconds(5)), now=seconds(5))
    clock(seconds(6))
    settle()

    last = Run.objects.order_by("pk").last()
    assert (last.step, last.due_at) == ("", seconds(2 + 180))


def test_a_wake_before_ones_turn_changes_nothing(clock):  # noqa: F811
    a_journey(entry={"per_hour": 1}, goal=BOUGHT)
    source = a_source()
    happened(source, an_event(member(1)), an_event(member(2)))
    clock(seconds(2))
    settle()
    happened(
        source,
        *(an_event(member(n), name="Order Completed", at=seconds(5)) for n in (1, 2)),
        now=seconds(5),
    )
    clock(seconds(6))
    settle()
    assert ended() == [("exited", "goal"), ("active", "")]

    clock(seconds(2) + HOUR)
    settle()
    # What they did before their turn is not what the journey brought about.
    assert list(Run.objects.order_by("pk").values_list("step", flat=True)) == ["s1", "s1"]
    assert ended()[1] == ("active", "")


ON_ENTERED = {"trigger": "segment", "fields": {"change": "entered"}}


def on_segment(segment, **more):
    fields = {**ON_ENTERED["fields"], "segment": segment.pk}
    return a_journey(trigger=ON_ENTERED | {"fields": fields}, **more)


def test_nobody_who_is_inside_starts_by_publishing_and_they_can_be_let_in(clock):  # noqa: F811
    people = [a_customer() for _n in range(5)]
    segment = a_segment(*people)
    membership.refresh_all()
    journey = on_segment(segment, reentry={"kind": "once"})
    journey.refresh_from_db()
    late = a_customer()
    ListMember.objects.create(segment=segment, customer=late, origin_customer=late)
    membership.refresh_all()
    automation.process_transitions()
    assert Run.objects.get().customer == late

    clock(later := database_now())
    assert schedules.let_in(journey, later, per_hour=60)
    assert not schedules.let_in(journey, later, per_hour=None)  # it is under way
    schedules.expand()
    settle()
    assert Run.objects.count() == 6
    assert Run.objects.filter(due_at__gt=later, step="").count() == 4
    # A second time: whoever has entered does not again.
    assert schedules.let_in(journey, later + HOUR, per_hour=None)
    clock(later + HOUR)
    schedules.expand()
    assert (Run.objects.count(), Firing.objects.filter(due_at__isnull=False).count()) == (6, 0)


def test_nobody_is_let_into_a_journey_that_is_not_live_or_has_no_segment(clock):  # noqa: F811
    journey = on_segment(a_segment(a_customer()))
    journey.refresh_from_db()
    lifecycle.pause(journey, by=None)
    assert not schedules.let_in(journey, NOW, per_hour=None)
    other = a_journey()
    other.refresh_from_db()
    assert not schedules.let_in(other, NOW, per_hour=None)


@pytest.mark.parametrize(
    "wrong", [{"segment": 0}, {"per_hour": 0}, {"per_hour": "x"}, {"speed": 3}, "all", [1]]
)
def test_a_wrong_rule_of_entry_is_refused(wrong):
    with pytest.raises(definition.InvalidJourney):
        a_journey(entry=wrong)


def test_a_segment_that_a_journey_asks_for_is_in_use():
    segment = a_segment(Customer.objects.create(first_seen_at=NOW))
    a_journey(entry={"segment": segment.pk})
    assert uses.of(Segment, [segment.pk])[segment.pk]
