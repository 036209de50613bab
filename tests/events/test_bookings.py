"""Bookings and measurements: one row each, in whatever order they are told, following their
customer."""

import itertools
from datetime import timedelta

import pytest

from customers.identity import merging
from customers.models import ChangedCustomer, Customer
from events.incoming_items import BookingState, Incoming, Measured, Outcome
from events.models import Booking, Event, Measurement
from tests.factories import NOW, a_namespace, a_source, an_event, happened, member

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def a_state(number, status, *, at=NOW, who=1, **more):
    state = BookingState(
        number, status, "class", at, **{"starts_at": NOW + timedelta(days=2), **more}
    )
    id = f"bookings:{number}:{status}:{more.get('version') or at.isoformat()}"
    event_id = f"bookings:{number}:{status}"
    return Incoming(
        id,
        repr(state).encode(),
        f"Booking {status}",
        at,
        identities=[member(who)],
        event_id=event_id,
        booking=state,
    )


def a_measurement(number, value=None, *, at=NOW, who=1, kind="weight", **more):
    one = Measured(number, kind, at, value, **more)
    event_id = f"measurements:{number}:recorded"
    return Incoming(
        number,
        repr(one).encode(),
        "Measurement Recorded",
        at,
        identities=[member(who)],
        event_id=event_id,
        measurement=one,
    )


STATES = [
    a_state("1", "booked", product_id="c1", name="钢琴", ends_at=NOW + timedelta(days=2, hours=1)),
    a_state(
        "1",
        "rescheduled",
        at=NOW + HOUR,
        starts_at=NOW + timedelta(days=9),
        product_id="c1",
        name="钢琴课",
    ),
    a_state("1", "attended", at=NOW + 2 * HOUR, starts_at=NOW + timedelta(days=9), product_id="c1"),
]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("told", list(itertools.permutations(range(3))))
def test_the_newest_state_stands_in_whatever_order_the_states_arrive(told, together):
    source, states = a_source(), [STATES[n] for n in told]

    for batch in [states] if together else [[state] for state in states]:
        happened(source, *batch)

    booking = Booking.objects.get()
    assert (booking.status, booking.starts_at, booking.ends_at, booking.name) == (
        "attended",
        NOW + timedelta(days=9),
        None,
        "",
    )
    assert sorted(Event.objects.values_list("external_id", flat=True)) == [
        "bookings:1:attended",
        "bookings:1:booked",
        "bookings:1:rescheduled",
    ]


def test_a_version_decides_where_both_have_one_and_at_one_moment_the_later_status():
    source = a_source()
    happened(
        source,
        a_state("1", "cancelled", version=3),
        a_state("1", "confirmed", at=NOW + HOUR, version=2),
    )
    happened(source, a_state("2", "attended"), a_state("2", "confirmed"))

    assert dict(Booking.objects.values_list("number", "status")) == {
        "1": "cancelled",
        "2": "attended",
    }


def test_a_repeat_is_a_duplicate_and_writes_nothing():
    source = a_source()
    happened(source, a_state("1", "booked"))

    assert [o.status for o in happened(source, a_state("1", "booked"))] == [Outcome.DUPLICATE]
    assert (Booking.objects.count(), Event.objects.count()) == (1, 1)


def test_two_sources_of_a_shop_tell_of_one_booking_and_another_shop_of_its_own():
    happened(a_source(), a_state("1", "booked"), a_measurement("m1", 60))
    happened(a_source(), a_state("1", "confirmed", at=NOW + HOUR), a_measurement("m1", 61))
    happened(
        a_source(namespace=a_namespace("clinic")), a_state("1", "booked"), a_measurement("m1", 62)
    )

    assert sorted(Booking.objects.values_list("namespace__key", "status")) == [
        ("clinic", "booked"),
        ("shop", "confirmed"),
    ]
    assert sorted(Measurement.objects.values_list("namespace__key", "value")) == [
        ("clinic", 62.0),
        ("shop", 60.0),
    ]


def test_measurements_keep_their_history_and_the_event_does_not_say_the_value():
    source = a_source()
    happened(
        source,
        a_measurement("m1", 71.5, unit="kg"),
        a_measurement("m2", 70, at=NOW + HOUR, unit="kg"),
    )
    happened(
        source,
        a_measurement("m3", kind="grade", text="甲"),
        a_measurement("m4", 92, kind="score", unit="分", text="A"),
    )

    assert [m.shown for m in Measurement.objects.order_by("number")] == [
        "71.5 kg",
        "70 kg",
        "甲",
        "92 分 (A)",
    ]
    assert [m.number for m in Measurement.objects.latest_of_each_kind(1)] == ["m3", "m4", "m2"]
    assert "71.5" not in str(list(Event.objects.values()))


def test_what_is_written_names_its_customer_as_changed():
    (outcome,) = happened(a_source(), a_state("1", "booked"))
    assert ChangedCustomer.objects.filter(what="booking", customer_id=outcome.customer_id).exists()

    happened(a_source(), a_measurement("m1", 60))
    assert ChangedCustomer.objects.filter(
        what="measurement", customer_id=outcome.customer_id
    ).exists()

    ChangedCustomer.objects.all().delete()
    Booking.objects.update(status="confirmed")
    Measurement.objects.all().delete()
    assert sorted(ChangedCustomer.objects.values_list("what", "customer_id")) == [
        ("booking", outcome.customer_id),
        ("measurement", outcome.customer_id),
    ]


def test_they_follow_a_merge_and_its_undoing():
    source = a_source()
    happened(
        source,
        a_state("1", "booked"),
        a_state("2", "booked", who=2),
        a_measurement("m1", 60),
        a_measurement("m2", 70, who=2),
    )
    one, two = (o.customer_id for o in happened(source, an_event(member(1)), an_event(member(2))))
    ChangedCustomer.objects.all().delete()

    merge = merging.merge(one, two, by="test", identity="", now=NOW)
    assert set(Booking.objects.values_list("customer_id", "origin_customer_id")) == {
        (one, one),
        (one, two),
    }
    assert set(Measurement.objects.values_list("customer_id", "origin_customer_id")) == {
        (one, one),
        (one, two),
    }
    assert set(
        ChangedCustomer.objects.filter(what="booking").values_list("customer_id", flat=True)
    ) == {one, two}

    merging.undo(merge, by="test", now=NOW)
    assert set(Booking.objects.values_list("number", "customer_id")) == {("1", one), ("2", two)}
    assert set(Measurement.objects.values_list("number", "customer_id")) == {
        ("m1", one),
        ("m2", two),
    }
    assert Customer.objects.alive().count() == 2
