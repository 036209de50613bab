"""What waits on a booking or a date follows it: moved, cancelled, past; also when it changes while
the message is about to leave."""

from datetime import timedelta

import pytest

from campaigns.delivery import sender
from campaigns.journeys import definition, starting
from campaigns.models import Coupon, Message, Run, RunStep
from customers.models import CustomerAttribute
from events.incoming_items import BookingState
from events.models import Booking
from tests.campaigns.test_coupon_issuing import issue, many_customers, wanted
from tests.campaigns.test_journeys import (
    clock,  # noqa: F401 -- fixtures
    nobody_held_out,  # noqa: F401 -- fixtures
    settle,
)
from tests.campaigns.test_leaving import a_journey
from tests.campaigns.test_purpose import ON_BOOKED, a_booking, says, texts
from tests.campaigns.test_wait_for_event import step
from tests.factories import NOW, a_batch, a_customer, a_member, a_source, an_event, happened, member

pytestmark = pytest.mark.django_db

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TOMORROW = NOW + 24 * HOUR
NAMES = {
    "rescheduled": "Booking Rescheduled",
    "cancelled": "Booking Cancelled",
    "attended": "Booking Attended",
}
REMIND = {"direction": "before", "n": 2, "unit": "hours"}


def reminds(**more):
    wait = step(
        "wait_for_booking", REMIND | more, next="s2", cancelled=None, too_late=None, unknown=None
    )
    return a_journey({"s1": wait, "s2": says("{{ booking.time }}")}, trigger=ON_BOOKED)


def told(clock, source, status, at, *, starts=TOMORROW, number="b1"):  # noqa: F811
    state = BookingState(
        number=number, status=status, kind="class", occurred_at=at, starts_at=starts
    )
    event = an_event(
        member(1),
        name=NAMES[status],
        at=at,
        booking=state,
        properties={"booking_number": number},
    )
    happened(source, event, now=at)
    go(clock, at)


def go(clock, at):  # noqa: F811
    """Everything that is due up to then is done, minute by minute where it matters."""
    clock(at + timedelta(seconds=1))
    settle()


def booked(clock, *, starts=TOMORROW):  # noqa: F811
    source = a_source()
    happened(source, a_booking("b1", starts=starts))
    go(clock, NOW + timedelta(seconds=1))
    go(clock, NOW + timedelta(seconds=5))
    return source


def left_by():
    return list(RunStep.objects.order_by("visit").values_list("outcome", flat=True))


def test_it_waits_until_so_long_before(clock):  # noqa: F811
    reminds()
    booked(clock)
    assert Run.objects.get().due_at == TOMORROW - 2 * HOUR
    go(clock, TOMORROW - 2 * HOUR - MINUTE)
    assert left_by() == []

    go(clock, TOMORROW - 2 * HOUR)
    assert left_by() == ["next", "next"]
    assert texts() == [("sent", "10:00")]


@pytest.mark.parametrize("starts", [TOMORROW + 48 * HOUR, TOMORROW - 12 * HOUR])
def test_a_booking_that_moves_takes_its_reminder_along(clock, starts):  # noqa: F811
    reminds()
    source = booked(clock)
    told(clock, source, "rescheduled", NOW + HOUR, starts=starts)
    assert Run.objects.get().due_at == starts - 2 * HOUR

    go(clock, starts - 2 * HOUR)
    assert left_by() == ["next", "next"]


def test_moved_so_near_that_the_reminder_is_past_it_is_too_late(clock):  # noqa: F811
    reminds()
    source = booked(clock)
    told(clock, source, "rescheduled", NOW + HOUR, starts=NOW + 2 * HOUR)

    assert (left_by(), Message.objects.count()) == (["too_late"], 0)


def test_cancelled_it_goes_its_own_way_at_once(clock):  # noqa: F811
    reminds()
    source = booked(clock)
    told(clock, source, "cancelled", NOW + HOUR)

    assert left_by() == ["cancelled"]


@pytest.mark.parametrize(
    ("late", "outcome"), [(14 * MINUTE, "next"), (16 * MINUTE, "too_late"), (3 * HOUR, "too_late")]
)
def test_who_is_looked_at_late_is_not_reminded_late(clock, late, outcome):  # noqa: F811
    """As after a pause."""
    reminds()
    booked(clock)
    go(clock, TOMORROW - 2 * HOUR + late)

    assert left_by()[0] == outcome


def test_after_it_waits_until_it_is_over(clock):  # noqa: F811
    reminds(direction="after", n=1, unit="days")
    source = booked(clock)
    told(clock, source, "attended", TOMORROW)
    go(clock, TOMORROW + 24 * HOUR)

    assert left_by() == ["next", "next"]


def test_without_a_booking_there_is_nothing_to_wait_for(clock):  # noqa: F811
    wait = step("wait_for_booking", REMIND, next=None, cancelled=None, too_late=None, unknown=None)
    a_journey({"s1": wait})
    happened(a_source(), an_event(member(1)))
    go(clock, NOW + timedelta(seconds=1))

    assert left_by() == ["unknown"]


def queued(clock):  # noqa: F811
    """The reminder is queued, nobody has claimed it yet."""
    reminds()
    source = booked(clock)
    go(clock, TOMORROW - 2 * HOUR)
    assert Message.objects.get().state == "queued"
    return source


def test_cancelled_a_moment_before_the_message_leaves(clock):  # noqa: F811
    queued(clock)
    Booking.objects.update(status="cancelled")

    sender.send_due("in_app")
    assert list(Message.objects.values_list("state", "reason")) == [
        ("skipped", "booking_cancelled")
    ]


def test_moved_a_moment_before_the_message_leaves_it_is_reminded_of_anew(clock):  # noqa: F811
    queued(clock)
    later = TOMORROW + 24 * HOUR
    Booking.objects.update(starts_at=later)

    sender.send_due("in_app")
    assert list(Message.objects.values_list("state", "reason")) == [("skipped", "booking_moved")]
    go(clock, TOMORROW - HOUR)
    go(clock, TOMORROW - HOUR + timedelta(seconds=5))
    assert Run.objects.get().due_at == later - 2 * HOUR
    go(clock, later - 2 * HOUR)
    sender.send_due("in_app")
    assert list(Message.objects.order_by("pk").values_list("state", "reason")) == [
        ("skipped", "booking_moved"),
        ("sent", ""),
    ]


def test_what_is_said_after_a_later_wait_is_no_reminder(clock):  # noqa: F811
    wait = step("wait_for_booking", REMIND, next="s2", cancelled=None, too_late=None, unknown=None)
    steps = {
        "s1": wait,
        "s2": says("Soon") | {"exits": {"next": "s3"}},
        "s3": step("wait", {"n": 1, "unit": "days"}, next="s4"),
        "s4": says("How was it?"),
    }
    a_journey(steps, trigger=ON_BOOKED)
    booked(clock)
    go(clock, TOMORROW - 2 * HOUR)
    sender.send_due("in_app")
    go(clock, TOMORROW + 30 * HOUR)

    assert texts() == [("sent", "Soon"), ("sent", "How was it?")]


def test_a_date_that_becomes_earlier_is_waited_for_anew(clock):  # noqa: F811
    fields = {"until": "date", "at": "09:00", "attribute": "expires", "direction": "before"}
    wait = step("wait_until", fields, next=None, too_late=None, unknown=None)
    a_journey({"s1": wait})
    source = a_source()
    stated = an_event(member(1), name="Profile Updated", attributes={"expires": "2026-12-30"})
    happened(source, stated, an_event(member(1)))
    go(clock, NOW + timedelta(seconds=1))
    assert f"{Run.objects.get().due_at:%m-%d}" == "12-30"

    at = NOW + HOUR
    happened(
        source,
        an_event(member(1), name="Profile Updated", at=at, attributes={"expires": "2026-12-10"}),
        now=at,
    )
    go(clock, at)
    assert f"{Run.objects.get().due_at:%m-%d}" == "12-10"
    happened(
        source,
        an_event(member(1), name="Profile Updated", at=at + HOUR, attributes={"level": "gold"}),
        now=at + HOUR,
    )
    go(clock, at + HOUR)
    assert (f"{Run.objects.get().due_at:%m-%d}", left_by()) == ("12-10", [])
    assert CustomerAttribute.objects.filter(key="expires").count() == 1


# -- a booking's time as the beginning

ON_START = {"trigger": "booking", "fields": {"direction": "before", "n": 1, "unit": "hours"}}


def a_row(number, starts, **more):
    source = more.pop("source", None) or a_source()
    customer = more.pop("customer", None) or a_member()
    return Booking.objects.create(
        namespace=source.namespace,
        number=number,
        source=source,
        customer=customer,
        origin_customer=customer,
        **{"status": "booked", "kind": "class", "occurred_at": NOW, "starts_at": starts, **more},
    )


def looked(clock, at):  # noqa: F811
    clock(at)
    starting.by_occasions(at)
    settle()
    sender.send_due("in_app")
    return Run.objects.count()


def test_each_bookings_time_begins_it_once_whoever_told_of_it(clock):  # noqa: F811
    """Imported rows leave no events."""
    a_journey({"s1": says("{{ booking.time }}")}, trigger=ON_START)
    a_row("b1", TOMORROW)
    a_row("b2", TOMORROW, status="cancelled")
    a_row("b3", TOMORROW + HOUR, status="confirmed")

    begins = TOMORROW - HOUR
    seen = [looked(clock, begins + n * MINUTE) for n in (-1, 0, 0, 1, 14, 60, 61)]
    assert seen == [0, 1, 1, 1, 1, 2, 2]
    assert texts() == [("sent", "10:00"), ("sent", "11:00")]


def test_bookings_from_before_the_journey_begin_it_unless_told_not_to(clock, admin_client):  # noqa: F811
    new_only = {**ON_START, "fields": {**ON_START["fields"], "earlier": "no"}}
    journeys = [a_journey({"s1": says("Soon")}, trigger=one) for one in (ON_START, new_only)]
    a_row("b1", TOMORROW, occurred_at=NOW - HOUR)
    a_row("b2", TOMORROW, occurred_at=NOW)
    admin_client.cookies["django_language"] = "en"
    pages = [admin_client.get(f"/admin/campaigns/journey/{one.pk}/change/") for one in journeys]
    assert [page.context["earlier"] for page in pages] == [
        {"n": "1", "begin": True},
        {"n": "1", "begin": False},
    ]

    looked(clock, TOMORROW - HOUR)
    assert [one.runs.count() for one in journeys] == [2, 1]


def test_a_time_that_is_past_begins_nothing(clock):  # noqa: F811
    a_journey({"s1": says("Soon")}, trigger=ON_START)
    a_row("b1", TOMORROW)

    assert looked(clock, TOMORROW - 40 * MINUTE) == 0


def test_a_booking_that_moves_is_another_occasion(clock):  # noqa: F811
    a_journey({"s1": says("{{ booking.date }}")}, trigger=ON_START)
    row = a_row("b1", TOMORROW)
    clock(TOMORROW - HOUR)
    starting.by_occasions(TOMORROW - HOUR)
    settle()
    Booking.objects.update(starts_at=TOMORROW + 24 * HOUR)
    sender.send_due("in_app")
    assert Message.objects.get().reason == "booking_moved"

    assert looked(clock, TOMORROW + 23 * HOUR) == 2
    assert texts()[1] == ("sent", "2026-11-26")
    assert row.number == "b1"


def test_two_of_one_customer_at_one_time_have_a_run_each(clock):  # noqa: F811
    a_journey({"s1": says("{{ booking.for_name }}")}, trigger=ON_START)
    customer = a_member()
    for n, name in enumerate(("小明", "小红")):
        a_row(f"b{n}", TOMORROW, customer=customer, for_key=f"c{n}", for_name=name)

    assert looked(clock, TOMORROW - HOUR) == 2
    assert {text for _state, text in texts()} == {"小明", "小红"}


def test_more_than_one_page_of_them(clock, monkeypatch):  # noqa: F811
    monkeypatch.setattr(starting, "AT_ONCE", 3)
    a_journey({"s1": says("Soon")}, trigger=ON_START, reentry={"kind": "once"})
    customer = a_customer()
    for n in range(7):
        a_row(f"a{n}", TOMORROW, customer=customer)
    for n in range(5):
        a_row(f"b{n}", TOMORROW + timedelta(seconds=n))

    assert looked(clock, TOMORROW - HOUR + MINUTE) == 1 + 5


def test_a_coupons_end(clock):  # noqa: F811
    fields = {"direction": "before", "n": 1, "unit": "days"}
    trigger = {"trigger": "coupon_end", "fields": fields}
    a_journey({"s1": says("{{ coupon.name }}", purpose="marketing")}, trigger=trigger)
    batch = a_batch(valid_seconds=3 * 86400)
    people = many_customers(2)
    issue(batch, *map(wanted, people))
    one, other = Coupon.objects.order_by("pk")
    ends = one.expires_at - 24 * HOUR

    assert looked(clock, ends - MINUTE) == 0
    clock(ends + MINUTE)
    assert starting.by_occasions(ends + MINUTE) == 2
    assert starting.by_occasions(ends + MINUTE) == 0
    settle()
    type(other).objects.filter(pk=other.pk).update(state="revoked")
    sender.send_due("in_app")
    assert set(Message.objects.values_list("state", "reason")) == {
        ("sent", ""),
        ("skipped", "coupon_used"),
    }


@pytest.mark.parametrize("wrong", [{"n": -1}, {"unit": "months"}, {"kind": "party"}])
def test_wrong_fields_are_refused(wrong):
    with pytest.raises(definition.InvalidJourney):
        a_journey({"s1": says("Soon")}, trigger=ON_START | {"fields": ON_START["fields"] | wrong})
