"""One person with a clock: what a journey would do with somebody who does this and that next.

What they do is recorded for the length of one transaction that is always taken back, so that rules,
filters and texts judge it as they would the real thing. The walk itself is that of a dry run.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Model
from django.utils.dateparse import parse_datetime
from pyroaring import BitMap

from campaigns.journeys import leaving, starting
from campaigns.journeys.dry_run.beginnings import Beginning
from campaigns.journeys.dry_run.plans import plan
from campaigns.journeys.dry_run.walking import Walk
from campaigns.models import Journey, Message, Run
from customers.models import Customer, Source
from customers.workspace.moments import moment
from events import names
from events.commerce import bookings
from events.models import Booking, Event, Order, OrderLine

AHEAD = timedelta(days=60)  # so far ahead something may be done: of later times there are no months
FOLLOWED = timedelta(days=400)  # then nobody looks any more
PAID = ("Order Paid", "Order Completed")
STATES = {name: state for state, name in bookings.NAMES.items()}


@dataclass(frozen=True, slots=True)
class Deed:
    """What the customer does, and when."""

    at: datetime
    name: str
    properties: dict = field(default_factory=dict)
    products: tuple[str, ...] = ()
    amount_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """What happened at a time: the kind says what the rest is about."""

    at: datetime
    kind: str  # did, enters, turned_away, step, message, ends, waits
    step: str = ""
    said: str = ""
    way: str = ""
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    moments: list[Moment]
    walk: Walk


def tried(
    journey: Journey,
    stored: dict,
    customer: Customer,
    deeds: list[Deed],
    *,
    starts_now: bool,
    now: datetime,
) -> Tried:
    """Everything in the order of time. Nothing is written. Raises InvalidJourney, CannotBeTried."""
    one = plan(journey, stored, now, now + FOLLOWED)
    with transaction.atomic():
        try:
            turns = Imagination(customer).of(deeds)
            seen: list[Moment] = []
            walk = Walk(one, BitMap([customer.pk]))
            walk.letters.watch = lambda at, kind, what: seen.append(noted(at, kind, what))
            first = [by_hand(walk, customer, now)] if starts_now else []
            walk.gone(first, turns)
            return Tried(in_order(walk, deeds, seen), walk)
        finally:
            transaction.set_rollback(True)


def noted(at: datetime, kind: str, what) -> Moment:
    if isinstance(what, Message):
        return Moment(at, kind, step=what.step, message=what)
    return Moment(at, kind, said=str(what))


def by_hand(walk: Walk, customer: Customer, now: datetime) -> Beginning:
    """As starting.by_hand."""
    version = walk.plan.version
    run = Run(
        customer=customer,
        origin_customer=customer,
        journey_id=version.journey_id,
        version=version,
        entered_at=now,
        due_at=now,
        entry_key=starting.entry_key(version.definition["reentry"], None, now),
        step=version.definition["start"],
        visit=1,
        facts={"event": {}, "keys": []},
    )
    return Beginning(now, run)


def in_order(walk: Walk, deeds: list[Deed], seen: list[Moment]) -> list[Moment]:
    found = [(one.at, 0, Moment(one.at, "did", said=one.name)) for one in deeds]
    for run in walk.runs.values():
        found.append((run.entered_at, 1, Moment(run.entered_at, "enters")))
        end = "waits" if run.state == Run.State.ACTIVE else "ends"
        at = run.ended_at or walk.past.now
        found.append((at, 4, Moment(at, end, run.step, run.outcome)))
    for _run, _visit, step, at, said, way in walk.history:
        if way or not said.startswith((leaving.GOAL, leaving.LEFT)):
            found.append((at, 2, Moment(at, "step", step, said, way)))
    found += [(one.at, 1 if one.kind == "turned_away" else 3, one) for one in seen]
    return [one for _at, _order, one in sorted(found, key=lambda place: place[:2])]


def moment_said(text) -> datetime | None:
    """As a property says it; None where that is no time."""
    try:
        found = parse_datetime(str(text)) if text else None
        return found and moment(found)
    except (ValueError, OverflowError):
        return None


class Imagination:
    """Rows of this customer that are there until the transaction is taken back."""

    def __init__(self, customer: Customer):
        self.customer = customer
        latest = Event.objects.filter(customer=customer).order_by("-occurred_at").first()
        servers = Source.objects.filter(trust=Source.Trust.SERVER).order_by("pk")
        known = latest and Source.objects.filter(pk=latest.source_id).first()
        self.source = known or servers.first() or Source.own()
        self.who = {"customer_id": customer.pk, "origin_customer_id": customer.pk}

    def of(self, deeds: list[Deed]) -> list[tuple[datetime, Callable[[], None]]]:
        """The events are there; what each turns into another at its time."""
        turns: list[tuple[datetime, Callable[[], None]]] = []
        for number, deed in enumerate(deeds, 1):
            self.event(deed, number)
            if deed.name in PAID:
                self.order(deed, number)
            if deed.name in STATES:
                turns.append((deed.at, partial(self.booking, deed, number)))
        return turns

    def event(self, deed: Deed, number: int) -> None:
        Event.objects.create(
            **self.who,
            id=-number,
            source_id=self.source.pk,
            name_id=names.known(deed.name),
            external_id=f"imagined {number}",
            occurred_at=deed.at,
            received_at=deed.at,
            amount_fen=deed.amount_fen,
            keys=list(deed.products) or None,
            properties=deed.properties,
        )

    def order(self, deed: Deed, number: int) -> None:
        fen = deed.amount_fen or 0
        named = str(deed.properties.get("order_number", ""))[:100]
        order = self.mine(Order, named) or Order(
            **self.who,
            namespace_id=self.source.namespace_id,
            number=self.free(Order, named, number),
            source_id=self.source.pk,
            placed_at=deed.at,
        )
        order.status, order.total_fen, order.paid_fen = "paid", fen, fen
        order.occurred_at = order.paid_at = deed.at
        order.save()
        for product in deed.products:
            OrderLine.objects.create(order=order, product_id=product, quantity=1, price_fen=fen)

    def mine(self, model: type[Model], named: str) -> Model | None:
        """What has this number and is theirs."""
        found = model._default_manager.filter(customer=self.customer, number=named)
        return found.first() if named else None

    def free(self, model: type[Model], named: str, number: int) -> str:
        """The number, unless it is somebody else's already."""
        taken = {"namespace_id": self.source.namespace_id, "number": named}
        is_free = named and not model._default_manager.filter(**taken).exists()
        return named if is_free else f"imagined {number}"

    def booking(self, deed: Deed, number: int) -> None:
        """The one that the event names, else the next one of theirs; it is as the event says."""
        said = deed.properties
        named = str(said.get("booking_number", ""))[:100]
        latest = Booking.objects.filter(customer=self.customer).order_by("-starts_at")
        row = self.mine(Booking, named) if named else latest.first()
        row = row or Booking(
            **self.who,
            namespace_id=self.source.namespace_id,
            number=self.free(Booking, named, number),
            source_id=self.source.pk,
            kind=Booking.Kind.APPOINTMENT,
            starts_at=deed.at + timedelta(days=1),
        )
        row.status, row.occurred_at = STATES[deed.name], deed.at
        row.starts_at = moment_said(said.get("starts_at")) or row.starts_at
        row.ends_at = None
        row.save()
