"""What a counter does with one booking: who has come, who has not, what somebody answered.

A state goes the same way in as the shop's own: by its source, as an event, where a newer one of the
shop wins again. It says the booking as it is known here, whole, so nothing else of it changes.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.admin import once
from customers.models import AuditEntry, Customer, FollowUp
from customers.profile import notes
from events import answers, ingest, names
from events.commerce import bookings
from events.incoming_items import BookingState, Incoming
from events.models import Booking

PERMISSION = "events.change_booking"
PLANS = "customers.add_followup"
Status = Booking.Status


class CannotDo(Exception):
    """Nothing was changed; in words for whoever asked."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A state that staff may say; `label` is the button's."""

    status: str
    label: object
    icon: str


ARRIVED = Mark(Status.ATTENDED, gettext_lazy("Arrived"), "how_to_reg")
MISSED = Mark(Status.NO_SHOW, Status.NO_SHOW.label, "person_off")
CANCELLED = Mark(Status.CANCELLED, gettext_lazy("Cancel the booking"), "event_busy")
OPEN = Mark(Status.BOOKED, gettext_lazy("Open again"), "undo")
MARKS = {mark.status: mark for mark in (ARRIVED, MISSED, CANCELLED, OPEN)}


def offered(booking: Booking, now: datetime) -> list[Mark]:
    """What can be said of it now: nobody is missed before their time. Who was taken for missed may
    come after all, and the other way round."""
    has_begun = booking.starts_at <= now
    if booking.status == Status.NO_SHOW:
        return [ARRIVED, OPEN]
    if booking.status == Status.ATTENDED:
        return [MISSED, OPEN] if has_begun else [OPEN]
    if booking.status not in Booking.AWAITED:
        return [OPEN]
    return [ARRIVED, MISSED, CANCELLED] if has_begun else [ARRIVED, CANCELLED]


def prepare() -> None:
    """Called before the transaction of an act: the events' names have their numbers."""
    answers.prepare()
    names.numbers(bookings.NAMES.values())


def mark(booking: Booking, status: str, *, by, token: str, now: datetime) -> str:
    """The booking is in this state, once per token; the sentence to say. Raises CannotDo."""
    if not once.is_token(token):
        raise CannotDo(_("This cannot be done."))
    with transaction.atomic():  # refused, nothing of it is told either
        locked = Booking.objects.select_for_update(of=("self",)).select_related("source", "store")
        return stated(locked.get(pk=booking.pk), status, by=by, token=token, now=now)


def stated(booking: Booking, status: str, *, by, token: str, now: datetime) -> str:
    if status not in {one.status for one in offered(booking, now)}:
        raise CannotDo(_("This booking is not as you saw it any more. Look, and do it again."))
    ident = f"staff:{booking.pk}:{token}"
    # Open again is no news: the event of its first state was told long ago.
    name = "" if status == OPEN.status else bookings.NAMES[Status(status)]
    state = as_it_is(booking, status, now)
    one = Incoming(
        id=ident,
        content=ident.encode(),
        name=name,
        occurred_at=now,
        customer_id=booking.origin_customer_id,
        properties=bookings.properties_of(state),
        event_id=bookings.event_id(state) if name else "",
        keys=[booking.product_id] if booking.product_id else None,
        booking=state,
    )
    ingest.record(booking.source, [one], now=now)
    booking.refresh_from_db()
    if booking.status != status:
        raise CannotDo(_("The shop's own system has said something newer of this booking."))
    audit("booking.mark", booking, by, status=status)
    return _("It is written down: %(state)s.") % {"state": booking.get_status_display()}


def as_it_is(booking: Booking, status: str, now: datetime) -> BookingState:
    return BookingState(
        number=booking.number,
        status=status,
        kind=booking.kind,
        occurred_at=now,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        product_id=booking.product_id,
        name=booking.name,
        category=booking.category,
        place=booking.place,
        resource=booking.resource,
        store=booking.store.key if booking.store else "",
        for_key=booking.for_key,
        for_name=booking.for_name,
    )


def answer(booking: Booking, said: str, *, by, now: datetime) -> str:
    """What the customer said on the phone or at the desk. Raises CannotDo."""
    if said not in answers.asked_of(booking, now):
        raise CannotDo(_("This cannot be answered to this booking any more."))
    if answers.state(booking, answers.Answer(said), by="staff", now=now):
        audit("booking.answer", booking, by, answer=said)
    return _("The answer is written down.")


def plan(
    customer: Customer, title: str, *, due_on: date, is_mine: bool, by, now: datetime
) -> FollowUp:
    """Something to do for the booking's customer. Raises CannotDo."""
    title = " ".join(title.replace("\0", "").split())
    if not title:
        raise CannotDo(_("Say what is to be done."))
    return notes.plan(
        customer,
        title[:200],
        due_on=due_on,
        assignee=by if is_mine else None,
        by=by,
        now=now,
    )


def audit(act: str, booking: Booking, by, **details) -> None:
    AuditEntry.objects.create(
        by=by,
        act=act,
        subject=f"customer:{booking.customer_id}",
        details={"booking": booking.pk, **details},
    )
