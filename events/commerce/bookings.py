"""Bookings: one row per (namespace, number); an older state never overwrites a newer one (semantics
2)."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

import msgspec
from django.db import connection

from customers.identity.resolution import Resolved
from customers.models import Source
from events.commerce import stores
from events.commerce.states import newer, turns
from events.incoming_items import BookingState
from events.models import Booking

# The event that each state writes.
NAMES = {
    Booking.Status.BOOKED: "Booking Created",
    Booking.Status.RESCHEDULED: "Booking Rescheduled",
    Booking.Status.CONFIRMED: "Booking Confirmed",
    Booking.Status.CANCELLED: "Booking Cancelled",
    Booking.Status.NO_SHOW: "Booking Missed",
    Booking.Status.ATTENDED: "Booking Attended",
}
ANSWERED = "Booking Answered"  # no state of it: what its customer says to it (answers.py)


UPSERT = f"""
INSERT INTO events_booking AS o (namespace_id, number, source_id, customer_id, origin_customer_id,
  status, kind, version, occurred_at,
                                 starts_at, ends_at, product_id, name, category, place, resource,
                                 store_id, for_key, for_name)
SELECT %s, number, %s, customer_id, origin_id, status, kind, version, occurred_at, starts_at,
  ends_at, product_id, name, category, place, resource, store_id, for_key,
  for_name
FROM json_to_recordset(%s::json) AS r(number text, customer_id int, origin_id int, status text,
  kind text, version bigint,
     occurred_at timestamptz, starts_at timestamptz, ends_at timestamptz, product_id text,
       name text, category text, place text, resource text, store_id bigint,
       for_key text, for_name text)
ON CONFLICT (namespace_id, number) DO UPDATE SET
  status = excluded.status, kind = excluded.kind, version = coalesce(excluded.version, o.version),
    occurred_at = excluded.occurred_at,
  starts_at = excluded.starts_at, ends_at = excluded.ends_at, product_id = excluded.product_id,
    name = excluded.name,
  category = excluded.category, place = excluded.place, resource = excluded.resource,
  store_id = excluded.store_id, for_key = excluded.for_key, for_name = excluded.for_name
WHERE {newer(NAMES)}
"""  # noqa: S608


def save(source: Source, states: Sequence[tuple[BookingState, Resolved]]) -> None:
    """Each booking is as its newest known state says."""
    at = stores.numbers(source, (state.store for state, _whose in states))
    for turn in turns(states):
        rows = [
            {
                **asdict(state),
                "customer_id": whose.customer_id,
                "origin_id": whose.origin_id,
                "store_id": at.get(state.store),
            }
            for state, whose in turn
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                UPSERT, [source.namespace_id, source.pk, msgspec.json.encode(rows).decode()]
            )


def event_id(booking: BookingState) -> str:
    """Of the event that the state writes, once. A booking can be put off more than once, each time
    to another moment."""
    state = booking.status
    if state == Booking.Status.RESCHEDULED:
        state = f"{state}:{spelled(booking.starts_at)}"
    return f"bookings:{booking.number}:{state}"


def properties_of(booking: BookingState) -> dict:
    """What conditions and templates may ask of the booking's event."""
    return {
        "booking_number": booking.number,
        "status": booking.status,
        "kind": booking.kind,
        "starts_at": spelled(booking.starts_at),
        "ends_at": spelled(booking.ends_at) if booking.ends_at else None,
        "product_id": booking.product_id,
        "name": booking.name,
        "category": booking.category,
        "place": booking.place,
        "resource": booking.resource,
        **({"store": booking.store} if booking.store else {}),
        **({"for_key": booking.for_key, "for_name": booking.for_name} if booking.for_key else {}),
    }


def spelled(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def due_today(customer: int, today: datetime) -> bool:
    """Whether this customer is awaited today."""
    begin = today.replace(hour=0, minute=0, second=0, microsecond=0)
    return (
        Booking.objects.awaited()
        .filter(customer=customer, starts_at__gte=begin, starts_at__lt=begin + timedelta(days=1))
        .exists()
    )
