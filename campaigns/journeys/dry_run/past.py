"""What happened to some customers, as it was known at each moment of the past.

An event that was told at once is known from when it was told, as the engine knew it. One that came
long afterwards (a file, a catch-up) is taken as told when it happened: else a shop that has just
brought its history could try nothing on it.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection

from campaigns.journeys import about
from campaigns.journeys.happened import Happened
from campaigns.journeys.leaving import AHEAD
from campaigns.models import Run
from crm_project.bounds import whole_in
from crm_project.db.sets import literal
from customers.models import Source, Transition
from events import names
from events.models import Event
from events.segment_conditions.filters import where

TOLD = f"(CASE WHEN b.timing = {Event.Timing.LATE.value} THEN b.occurred_at ELSE b.received_at END)"
OF_THEM = "b.customer_id = ANY(%(customers)s::int[]) AND b.name_id = %(name)s"
EVENTS = f"""
SELECT b.customer_id, b.occurred_at, b.id, {TOLD}, b.keys, b.source_id,
       b.properties->>'booking_number', b.properties->>'{about.SHOP}' FROM events_event b
 WHERE {OF_THEM} AND b.occurred_at >= %(low)s AND b.occurred_at <= %(high)s{{filters}}
 ORDER BY b.customer_id, b.occurred_at, b.id
"""  # noqa: S608
# What is from the future wakes nobody.
WAKES = f"""
SELECT b.customer_id, {TOLD} FROM events_event b
 WHERE {OF_THEM} AND b.occurred_at >= %(low)s AND b.occurred_at <= %(high)s
   AND b.timing <> {Event.Timing.FUTURE.value}
"""  # noqa: S608
MOVES = """
SELECT customer_id, at FROM customers_transition
 WHERE segment_id = ANY(%(segments)s) AND customer_id = ANY(%(customers)s::int[])
   AND reason = %(reason)s AND at > %(low)s AND at <= %(high)s
"""
BEFORE = timedelta(days=8)  # a trigger takes events that are up to a week old


class One(NamedTuple):
    at: datetime
    id: int
    told: datetime
    keys: frozenset[str]
    shop: int
    booking: str | None


class Past:
    """Of these customers, from `since` to `until`. `now` is set by whoever walks: nothing that was
    told later is known."""

    def __init__(self, customers: Collection[int], since: datetime, until: datetime):
        self.customers, self.now = literal(customers), since
        self.low, self.high = since - BEFORE, until + AHEAD
        self.shops = dict(Source.objects.values_list("pk", "namespace"))
        # What we say ourselves (an answer) names the shop that it is about.
        self.own = set(Source.objects.filter(key=Source.OWN).values_list("pk", flat=True))
        self.streams: dict[str, dict[int, list[One]]] = {}
        self.wakes: dict[int, dict[int, list[datetime]]] = {}
        self.moves: dict[frozenset[int], dict[int, list[datetime]]] = {}

    # -- what happened

    def first(
        self,
        runs: Iterable[Run],
        *,
        since: Callable[[Run], datetime],
        event: str,
        filters: list,
        key_of: str,
        within: timedelta,
        until: datetime,
    ) -> dict[int, Happened]:
        """As happened.first (events/matching.py), of what is known now."""
        runs, stream, found = list(runs), self.stream(event, filters), {}
        bookings = about.numbers_of(runs) if key_of == "booking" else {}
        for run in runs:
            mine, begin = stream.get(run.customer_id, []), since(run)
            end = min(begin + within, until)
            for one in mine[bisect_left(mine, begin, key=lambda one: one.at) :]:
                if one.at > end:
                    break
                is_known = one.told <= self.now and one.id != run.event_id
                is_it = is_known and (
                    not key_of
                    or (key_of == "product" and self.is_same_product(one, run))
                    or (key_of == "booking" and bookings.get(run.pk) == (one.shop, one.booking))
                )
                if is_it:
                    found[run.pk] = Happened(one.at, one.id)
                    break
        return found

    def is_same_product(self, one: One, run: Run) -> bool:
        """The same product of the same shop."""
        source = run.facts.get("source")
        return not one.keys.isdisjoint(run.keys or ()) and (
            source is None or self.shops.get(source) == one.shop
        )

    def stream(self, event: str, filters: list) -> dict[int, list[One]]:
        """The events of this name that pass the filters, by customer, in their order."""
        key = f"{event}\0{filters!r}"
        if key not in self.streams:
            passing, params = where(filters)
            found = defaultdict(list)
            for customer, at, pk, told, keys, source, number, said in self.asked(
                EVENTS.format(filters=passing), {"name": names.known(event), **params}
            ):
                shop = whole_in(said) if source in self.own else self.shops.get(source)
                one = One(at, pk, told, frozenset(keys or ()), shop or 0, number)
                found[customer].append(one)
            self.streams[key] = dict(found)
        return self.streams[key]

    # -- what wakes

    def next_wake(
        self, run: Run, segments: frozenset[int], after: datetime, before: datetime
    ) -> datetime:
        """When the run is looked at again: by its own time, or by what concerns it before."""
        times = [self.told(name).get(run.customer_id, []) for name in run.awaits]
        if segments:
            times.append(self.moved(segments).get(run.customer_id, []))
        for mine in times:
            place = bisect_right(mine, after)
            if place < len(mine) and mine[place] < before:
                before = mine[place]
        return before

    def told(self, name: int) -> dict[int, list[datetime]]:
        """When events of this name were told, by customer."""
        if name not in self.wakes:
            self.wakes[name] = in_order(self.asked(WAKES, {"name": name}))
        return self.wakes[name]

    def moved(self, segments: frozenset[int]) -> dict[int, list[datetime]]:
        if segments not in self.moves:
            values = {"segments": sorted(segments), "reason": Transition.Reason.CHANGE}
            self.moves[segments] = in_order(self.asked(MOVES, values))
        return self.moves[segments]

    def asked(self, sql: str, values: dict) -> list[tuple]:
        span = {"customers": self.customers, "low": self.low, "high": self.high}
        with connection.cursor() as cursor:
            cursor.execute(sql, values | span)
            return cursor.fetchall()


def in_order(rows: Iterable[tuple[int, datetime]]) -> dict[int, list[datetime]]:
    found = defaultdict(list)
    for customer, at in rows:
        found[customer].append(at)
    return {customer: sorted(times) for customer, times in found.items()}
