"""What somebody answers to a booking: they come, they cannot, they ask for another time.

An answer is the event *Booking Answered*, told by a shop's server, by staff, or by the customer on
a page behind a signed link. It is no state of the booking: what follows is the shop's decision, or
a journey's. What was answered before the booking moved is no answer to its new time.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from customers.models import Source
from events import ingest, names
from events.commerce.bookings import ANSWERED, NAMES
from events.incoming_items import Incoming, Outcome
from events.models import Booking


class Answer(models.TextChoices):
    COME = "come", _("comes")
    CANNOT = "cannot", _("cannot come")
    ANOTHER_TIME = "another_time", _("asks for another time")


# To what is still to come, and to what was missed.
TO_AWAITED = (Answer.COME, Answer.CANNOT, Answer.ANOTHER_TIME)
TO_MISSED = (Answer.ANOTHER_TIME, Answer.CANNOT)
LATEST = """
SELECT DISTINCT ON (b.id) b.id, e.properties->>'answer', e.occurred_at, e.properties->>'said_by',
       e.id
  FROM events_booking b JOIN events_event e ON e.customer_id = b.customer_id
   AND e.name_id = %(name)s AND e.properties->>'booking_number' = b.number
  JOIN customers_source s ON s.id = e.source_id
 WHERE b.id = ANY(%(bookings)s) AND e.properties->>'answer' = ANY(%(answers)s)
   AND b.namespace_id = CASE WHEN s.key = %(own)s THEN (e.properties->>'namespace')::int
                             ELSE s.namespace_id END
   AND e.occurred_at > b.starts_at - %(reach)s
   AND CASE WHEN s.key = %(own)s
            THEN e.properties->>'starts_at' = to_char(b.starts_at AT TIME ZONE 'UTC', %(iso)s)
            ELSE NOT EXISTS (SELECT FROM events_event m
                 WHERE m.customer_id = b.customer_id AND m.name_id = %(moved)s
                   AND m.occurred_at > e.occurred_at
                   AND m.properties->>'booking_number' = b.number) END
 ORDER BY b.id, e.occurred_at DESC, e.id DESC
"""
EARLIEST = timedelta(days=92)  # before the booking; the past of years is not searched for answers
ISO = 'YYYY-MM-DD"T"HH24:MI:SS"Z"'


@dataclass(frozen=True, slots=True)
class Answered:
    answer: Answer
    at: datetime
    by: str  # "page", "staff", or "" for a shop's server
    event_id: int


def asked_of(booking: Booking, now: datetime) -> tuple[Answer, ...]:
    """What can be answered now; nothing to what is over or called off."""
    if booking.status in Booking.AWAITED:
        return TO_AWAITED if booking.starts_at > now else ()
    return TO_MISSED if booking.status == Booking.Status.NO_SHOW else ()


def latest(bookings: Collection[Booking]) -> dict[int, Answered]:
    """By booking that was answered: the last answer to its present time."""
    if not bookings:
        return {}
    values = {
        "bookings": [booking.pk for booking in bookings],
        "name": names.known(ANSWERED),
        "answers": Answer.values,
        "own": Source.OWN,
        "moved": names.known(NAMES[Booking.Status.RESCHEDULED]),
        "reach": EARLIEST,
        "iso": ISO,
    }
    with connection.cursor() as cursor:
        cursor.execute(LATEST, values)
        return {
            pk: Answered(Answer(answer), at, by or "", event_id)
            for pk, answer, at, by, event_id in cursor
        }


def state(booking: Booking, answer: Answer, *, by: str, now: datetime) -> bool:
    """The answer is recorded as an event of its customer; False where it was theirs already. Said
    twice at the same moment it is one: its id is made of the answer before."""
    before = latest([booking]).get(booking.pk)
    if before and before.answer == answer:
        return False
    starts = f"{booking.starts_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    ident = f"{ANSWERED}:{booking.pk}:{starts}:{before.event_id if before else 0}:{answer}"
    told = {
        "booking_number": booking.number,
        "answer": str(answer),
        "said_by": by,
        "kind": booking.kind,
        "starts_at": starts,
        "namespace": booking.namespace_id,
    }
    if booking.for_key:
        told |= {"for_key": booking.for_key, "for_name": booking.for_name}
    one = Incoming(
        ident,
        ident.encode(),
        ANSWERED,
        now,
        customer_id=booking.origin_customer_id,
        properties=told,
        keys=[booking.product_id] if booking.product_id else None,
    )
    return ingest.record(Source.own(), [one], now=now)[0].status == Outcome.STORED


def prepare() -> None:
    """Called before a transaction in which an answer may be stated: the event's name has its
    number."""
    names.numbers([ANSWERED])
