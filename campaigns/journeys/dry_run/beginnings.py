"""Who would have begun a journey in a stretch of the past, and when: found by SQL, by the rule of
each trigger."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

import msgspec
from django.db import connection
from django.utils.translation import gettext as _
from pyroaring import BitMap

from campaigns.journeys import starting
from campaigns.journeys.dry_run.past import TOLD
from campaigns.journeys.leaving import AHEAD
from campaigns.journeys.occasions import Occasion, OnBooking
from campaigns.journeys.on_date import OnDate
from campaigns.journeys.triggers import Fresh, OnCall, OnSchedule, OnSegment, Trigger
from campaigns.models import Coupon, JourneyVersion, Run
from crm_project.db.sets import among, literal
from customers.models import Membership, Source, Transition
from customers.segments import rules
from customers.segments.conditions import days
from customers.workspace import schedules
from events import names
from events.models import Booking, Event
from events.segment_conditions.filters import where

EVENTS = f"""
SELECT {{columns}} FROM events_event b
 WHERE b.name_id = %(name)s AND b.occurred_at > %(low)s AND b.occurred_at <= %(high)s
   AND (b.timing = {Event.Timing.LATE.value} OR b.timing = {Event.Timing.FRESH.value}
        AND b.received_at - b.occurred_at <= %(oldest)s)
   AND {TOLD} > %(since)s AND {TOLD} <= %(until)s
   AND (%(customers)s::int[] IS NULL OR b.customer_id = ANY(%(customers)s::int[])) {{filters}}
"""  # noqa: S608
COLUMNS = (
    "b.id, b.customer_id, b.origin_customer_id, b.source_id, b.occurred_at, b.keys, b.properties,"
    f" {TOLD}, b.timing = {Event.Timing.LATE.value}"
)
OCCASIONS = " WHERE %(customers)s::int[] IS NULL OR o.customer_id = ANY(%(customers)s::int[])"
AT_ONCE = 5_000
MOST_SLOTS = 1_000
LAST = 2**31 - 1  # number of a customer


class CannotBeTried(ValueError):
    """Nobody knows how such a journey begins, in words."""


@dataclass(frozen=True, slots=True)
class Began:
    """An event that a journey begins with: as much of a reaction as a new run asks for."""

    event_id: int
    customer_id: int
    origin_customer_id: int
    source_id: int
    occurred_at: datetime
    keys: list[str] | None
    properties: dict
    told: datetime
    is_history: bool


@dataclass(frozen=True, slots=True)
class Beginning:
    at: datetime
    run: Run
    is_history: bool = False  # told long after it happened


@dataclass(frozen=True, slots=True)
class Span:
    """From after `since` to `until`."""

    since: datetime
    until: datetime


def people(trigger: Trigger, version: JourneyVersion, span: Span) -> BitMap:
    """Everybody for whom it may begin in that time."""
    kind = kind_of(trigger)
    return rules.everyone(kind(trigger, version, span).people())


def of(
    trigger: Trigger, version: JourneyVersion, span: Span, customers: BitMap
) -> Iterator[Beginning]:
    """The beginnings of these customers, in no order; their runs are not stored."""
    yield from kind_of(trigger)(trigger, version, span).beginnings(customers)


def kind_of(trigger: Trigger) -> type["ByTrigger"]:
    for kinds, found in BY_TRIGGER:
        if isinstance(trigger, kinds):
            return found
    raise CannotBeTried(_("“%(label)s” cannot be tried on the past.") % {"label": trigger.label})


class ByTrigger:
    """Base class."""

    def __init__(self, trigger, version: JourneyVersion, span: Span):
        self.trigger, self.version, self.span = trigger, version, span

    def people(self) -> BitMap:
        raise NotImplementedError

    def beginnings(self, customers: BitMap) -> Iterator[Beginning]:
        raise NotImplementedError

    def run(self, customer: int, origin: int, at: datetime, **more) -> Run:
        return starting.new_run(self.version, customer, origin, at, trigger=self.trigger, **more)


class ByEvents(ByTrigger):
    def asked(self, columns: str, customers: BitMap | None) -> list[tuple]:
        data = self.trigger.cleaned_data
        oldest = timedelta(seconds=data["freshness_seconds"])
        filters, params = where(data["where"])
        values = {
            "name": names.known(self.trigger.starts()),
            "low": self.span.since - oldest,
            "high": self.span.until + AHEAD,
            "oldest": oldest,
            "since": self.span.since,
            "until": self.span.until,
            "customers": None if customers is None else literal(customers),
            **params,
        }
        with connection.cursor() as cursor:
            cursor.execute(EVENTS.format(columns=columns, filters=filters), values)
            return cursor.fetchall()

    def people(self):
        return BitMap(pk for (pk,) in self.asked("DISTINCT b.customer_id", None))

    def beginnings(self, customers):
        sources = {source.pk: source for source in Source.objects.all()}
        for row in self.asked(COLUMNS, customers):
            said = dict(zip(Began.__slots__, row, strict=True))
            one = Began(**said | {"properties": msgspec.json.decode(said["properties"])})
            run = self.run(
                one.customer_id,
                one.origin_customer_id,
                one.told,
                reaction=one,
                shop=starting.shop_of(one, sources),
                is_own=one.source_id in sources and sources[one.source_id].key == Source.OWN,
            )
            yield Beginning(one.told, run, one.is_history)


class BySegment(ByTrigger):
    """As far back as it was noted who entered and left."""

    def moves(self):
        data = self.trigger.cleaned_data
        return Transition.objects.filter(
            segment=data["segment"].pk,
            entered=data["change"] == "entered",
            reason=Transition.Reason.CHANGE,
            at__gt=self.span.since,
            at__lte=self.span.until,
        )

    def people(self):
        return BitMap(self.moves().values_list("customer", flat=True))

    def beginnings(self, customers):
        for one in self.moves().filter(customer__in=list(customers)).order_by("pk"):
            run = self.run(one.customer_id, one.customer_id, one.at, transition=one)
            yield Beginning(one.at, run)


class BySchedule(ByTrigger):
    """Those who are in the segment today."""

    def slots(self):
        coming = schedules.next_slots(
            self.trigger.cleaned_data["schedule"], self.span.since, days.zone()
        )
        return list(takewhile(lambda slot: slot <= self.span.until, coming))[:MOST_SLOTS]

    def people(self):
        return self.inside(None) if self.slots() else BitMap()

    def beginnings(self, customers):
        inside = self.inside(customers)
        for slot in self.slots():
            for customer in inside:
                yield Beginning(slot, self.run(customer, customer, slot, slot=slot))

    def inside(self, customers: BitMap | None) -> BitMap:
        found = Membership.objects.filter(segment=self.trigger.cleaned_data["segment"].pk)
        if customers is not None:
            found = found.filter(among("customer", list(customers)))
        return BitMap(found.values_list("customer", flat=True))


class ByDate(ByTrigger):
    """By the attribute as it is today."""

    def slots(self):
        first = self.span.since.astimezone(days.zone()).date() - timedelta(days=1)
        number = (self.span.until - self.span.since).days + 3
        moments = [self.trigger.moment(first + timedelta(days=n)) for n in range(number)]
        return [at for at in moments if self.span.since < at <= self.span.until]

    def people(self):
        return BitMap().union(*(self.members(slot, None) for slot in self.slots()))

    def beginnings(self, customers):
        for slot in self.slots() if customers else ():
            for customer in self.members(slot, customers):
                yield Beginning(slot, self.run(customer, customer, slot, slot=slot))

    def members(self, slot: datetime, customers: BitMap | None) -> BitMap:
        """Whom it concerns: all of them, or those of these customers."""
        found, after = BitMap(), customers.min() - 1 if customers else 0
        last = customers.max() if customers else LAST
        while after < last:
            most = min(AT_ONCE, last - after)
            more = self.trigger.members(slot, after, most)
            found |= BitMap(more)
            after = more[-1] if len(more) == most else last
        return found if customers is None else found & customers


class ByOccasion(ByTrigger):
    """Bookings and coupons as they are today: one that has begun, or ended, since was awaited
    then."""

    def params(self) -> dict:
        if isinstance(self.trigger, OnBooking):
            states = [one.value for one in Booking.Status if one != Booking.Status.CANCELLED]
        else:
            states = [*self.trigger.params()["states"], Coupon.State.EXPIRED.value]
        return self.trigger.params() | {"states": states}

    def rows(self, customers: BitMap | None) -> list[dict]:
        values = {
            "low": self.span.since - self.trigger.offset,
            "high": self.span.until - self.trigger.offset,
            "customers": None if customers is None else literal(customers),
            **self.params(),
        }
        with connection.cursor() as cursor:
            cursor.execute(self.trigger.sql + OCCASIONS, values)
            columns = [column.name for column in cursor.description or ()]
            rows = [dict(zip(columns, row, strict=True)) for row in cursor]
        return [{**row, "event": msgspec.json.decode(row["event"])} for row in rows]

    def people(self):
        return BitMap(row["customer_id"] for row in self.rows(None))

    def beginnings(self, customers):
        for row in self.rows(customers):
            at = row["at"] + self.trigger.offset
            yield Beginning(at, starting.of_occasion(self.version, self.trigger, row, at))


class ByCalls(ByTrigger):
    """Whom staff or a server have let in then: of a journey that was live."""

    def runs(self):
        return Run.objects.filter(
            journey=self.version.journey_id,
            entered_at__gt=self.span.since,
            entered_at__lte=self.span.until,
        )

    def people(self):
        return BitMap(self.runs().values_list("customer", flat=True))

    def beginnings(self, customers):
        columns = ("customer", "origin_customer", "entered_at", "entry_key", "facts")
        found = self.runs().filter(customer__in=list(customers)).values_list(*columns)
        for customer, origin, at, entry_key, facts in found:
            run = self.run(customer, origin, at)
            run.entry_key = entry_key
            run.facts = {name: facts[name] for name in ("event", "keys", "source") if name in facts}
            yield Beginning(at, run)


BY_TRIGGER = (
    (Fresh, ByEvents),
    (OnSegment, BySegment),
    (OnSchedule, BySchedule),
    (OnDate, ByDate),
    (Occasion, ByOccasion),
    (OnCall, ByCalls),
)
