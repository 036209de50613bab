"""Recorded once, in bulk: the only way in for what happened (architecture 3, decision 5).

One transaction per call: the ledger says what is new, identity says whose it is, COPY stores it. When it has
committed, the caller may say 202; whatever else an event sets in motion stands in rows that others read.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from psycopg import errors

from crm_project import doorbell, failpoints
from crm_project.due import database_now
from customers import attributes, consent, identity
from customers.models import Customer, Source
from customers.privacy import fingerprint, seal, without_personal
from events import bookings, measurements, names, orders, partitions, products
from events.incoming import Incoming, Outcome
from events.models import Event

TRIES = 8
PERSONAL_PLACE = "events_event.personal"


@dataclass(slots=True)
class Entry:
    """One key of the ledger: an item's id, or the id of the event that a typed item writes."""

    item: int
    hash: bytes
    fingerprint: bytes


def record(source: Source, items: Sequence[Incoming], *, now: datetime | None = None) -> list[Outcome]:
    """Every new item is stored, whole, exactly once; the outcomes stand in the order of the items.

    Raises identity.NoIdentity when an item that writes an event names nobody, and OperationalError when the
    database is away: then nothing was stored.
    """
    if not items:
        return []
    now = now or database_now()
    prepare(source, items, now)
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                outcomes = Recording(source, items, now).carried_out()
            failpoints.reached("ingest.committed")
            return outcomes
        except (identity.Raced, OperationalError, IntegrityError) as error:
            if not is_passing(error) or attempt == TRIES - 1:
                raise
            partitions.forget()  # a month may have been dropped since we made it
            prepare(source, items, now)
    raise AssertionError("unreachable")


def is_passing(error: Exception) -> bool:
    """Will it be gone when we try again? A person made by two at once, two batches in each other's way, a partition that is gone."""
    return isinstance(error, identity.Raced) or isinstance(error.__cause__, errors.DeadlockDetected | errors.CheckViolation)


def prepare(source: Source, items: Sequence[Incoming], now: datetime) -> None:
    """What must be committed before the rows: numbers of new names, partitions of their months."""
    names.numbers({item.name for item in items if item.name} | {orders.REFUND_EVENT})
    times = [item.occurred_at for item in items if item.name] + orders.times_of_refunds(source, [i.order.number for i in items if i.order])
    partitions.ensure(partitions.months_of(times, now))


def hashed(event_id: str) -> bytes:
    return hashlib.sha256(event_id.encode()).digest()[:16]


class Recording:
    """One call's work, inside its transaction."""

    def __init__(self, source: Source, items: Sequence[Incoming], now: datetime):
        self.source, self.items, self.now = source, items, now
        self.oldest, self.latest = partitions.kept(now)

    def carried_out(self) -> list[Outcome]:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
        outcomes = self.enter_ledger()
        fresh = [n for n, outcome in enumerate(outcomes) if outcome.status == Outcome.STORED]
        if fresh:
            self.store(fresh, outcomes)
            failpoints.reached("ingest.stored")
            doorbell.ring("segments")
        return outcomes

    # -- once ------------------------------------------------------------------------------------------------

    def enter_ledger(self) -> list[Outcome]:
        """Which items are new, which were here before, and which id is used for something else."""
        entries = [Entry(n, hashed(item.id), fingerprint(item.content)) for n, item in enumerate(self.items)]
        first: dict[bytes, Entry] = {}
        for entry in entries:
            first.setdefault(entry.hash, entry)
        known = self.claim_ids(list(first.values()))
        return [self.outcome(entry, first[entry.hash], known) for entry in entries]

    def outcome(self, entry: Entry, first: Entry, known: dict[bytes, bytes]) -> Outcome:
        stored = known.get(entry.hash)
        if stored is None and entry is first:
            return Outcome(self.items[entry.item].id, Outcome.STORED)
        same = (stored or first.fingerprint) == entry.fingerprint
        return Outcome(self.items[entry.item].id, Outcome.DUPLICATE if same else Outcome.REUSED)

    def claim_ids(self, entries: list[Entry]) -> dict[bytes, bytes]:
        """The ids are ours from now on; those that were taken already come back with their fingerprint.

        A concurrent request with the same id waits here until the other has committed.
        """
        entries = sorted(entries, key=lambda e: e.hash)  # the same order everywhere, or two batches wait for each other
        hashes = [e.hash for e in entries]
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO events_ledger (source_id, id_hash, fingerprint) "
                "SELECT %s, decode(h, 'hex'), decode(f, 'hex') FROM json_to_recordset(%s::json) AS e(h text, f text) "
                "ON CONFLICT DO NOTHING RETURNING id_hash",
                [self.source.pk, msgspec.json.encode([{"h": e.hash.hex(), "f": e.fingerprint.hex()} for e in entries]).decode()],
            )
            new = {bytes(row[0]) for row in cursor}
            taken = [h for h in hashes if h not in new]
            if not taken:
                return {}
            cursor.execute(
                "SELECT id_hash, fingerprint FROM events_ledger WHERE source_id = %s AND id_hash = ANY(%s)", [self.source.pk, taken]
            )
            return {bytes(h): bytes(f) for h, f in cursor}

    # -- whose, and what ---------------------------------------------------------------------------------------

    def store(self, fresh: list[int], outcomes: list[Outcome]) -> None:
        items = {n: self.items[n] for n in fresh}
        whose = self.owners(items)
        for n, resolved in whose.items():
            outcomes[n].customer_id = resolved.customer_id
        listed = [i for i in items.values() if i.product]
        products.save(self.source, [i.product for i in listed], [i.occurred_at for i in listed])
        waited = orders.save(self.source, [(i.order, whose[n]) for n, i in items.items() if i.order])
        orders.save_refunds(self.source, [i.refund for i in items.values() if i.refund])
        bookings.save(self.source, [(i.booking, whose[n]) for n, i in items.items() if i.booking])
        measurements.save(self.source, [(i.measurement, whose[n]) for n, i in items.items() if i.measurement])
        consent.save(self.source, [(c, i.occurred_at, whose[n]) for n, i in items.items() for c in i.consents])
        attributes.save(self.source, [(i.attributes, i.occurred_at, whose[n]) for n, i in items.items() if i.attributes])
        self.store_events([(items[n], whose[n]) for n in self.with_new_event(fresh) if n in whose] + waited)

    def owners(self, items: dict[int, Incoming]) -> dict[int, identity.Resolved]:
        """Whose each item is. A product is nobody's, and so is a refund until its order is known."""
        whose = self.living({n: i.customer_id for n, i in items.items() if i.customer_id})
        named = [n for n, i in items.items() if not i.customer_id and (i.identities or (i.name and not i.refund))]
        whose |= zip(named, self.resolve(named), strict=True)
        return whose | orders.customers_of_refunds(self.source, {n: i.refund for n, i in items.items() if n not in whose and i.refund})

    def living(self, origins: dict[int, int]) -> dict[int, identity.Resolved]:
        """Items that name their customer by number: who that is now, after merges."""
        if not origins:
            return {}
        rows = Customer.objects.filter(pk__in=set(origins.values()), erased_at=None).values_list("pk", "merged_into")
        now = {pk: identity.Resolved(merged_into or pk, pk) for pk, merged_into in rows}
        return {n: now[origin] for n, origin in origins.items() if origin in now}

    def resolve(self, named: list[int]) -> list[identity.Resolved]:
        items = [self.items[n] for n in named]
        return identity.resolve(self.source, [i.identities for i in items], times=[i.occurred_at for i in items], now=self.now)

    def with_new_event(self, fresh: list[int]) -> list[int]:
        """Items whose event is not there yet: a typed item's event has an id of its own, `<door>:<number>:<state>`."""
        typed = {
            n: Entry(n, hashed(self.items[n].event_id), fingerprint(b""))
            for n in fresh
            if self.items[n].event_id not in ("", self.items[n].id)
        }
        first = {entry.hash: entry for entry in reversed(typed.values())}
        known = self.claim_ids(list(first.values())) if first else {}
        return [
            n for n in fresh if self.items[n].name and (n not in typed or (first[typed[n].hash] is typed[n] and typed[n].hash not in known))
        ]

    def store_events(self, rows: list[tuple[Incoming, identity.Resolved]]) -> None:
        if not rows:
            return
        numbers = names.numbers({item.name for item, _ in rows})
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT array(SELECT nextval('events_event_id_seq') FROM generate_series(1, %s)), "
                "array(SELECT name_id FROM events_watchedname WHERE name_id = ANY(%s))",
                [len(rows), list(numbers.values())],
            )
            ids, watched = cursor.fetchone()
            events = [self.event(number, numbers[item.name], item, who) for number, (item, who) in zip(ids, rows, strict=True)]
            with (
                connection.wrap_database_errors,
                cursor.copy(
                    "COPY events_event (id, source_id, name_id, customer_id, origin_customer_id, occurred_at, received_at, odd, timing, "
                    "external_id, amount_fen, keys, properties, context, personal) FROM STDIN"
                ) as copy,
            ):
                for event in events:
                    copy.write_row(event)
            self.leave_reactions(cursor, events, {*watched, *(numbers[name] for name in settings.CRM_WATCHED_EVENTS if name in numbers)})

    def event(self, number: int, name_id: int, item: Incoming, who: identity.Resolved) -> tuple:
        properties, personal = without_personal(item.properties)
        context, more = without_personal(item.context)
        if personal or more:
            personal = seal(msgspec.json.encode({"properties": personal, "context": more}).decode(), place=PERSONAL_PLACE)
        return (
            number,
            self.source.pk,
            name_id,
            who.customer_id,
            who.origin_id,
            item.occurred_at,
            self.now,
            not self.oldest <= item.occurred_at <= self.latest,
            self.timing(item.occurred_at),
            item.event_id or item.id,
            item.amount_fen,
            item.keys,
            msgspec.json.encode(properties).decode(),
            msgspec.json.encode(context).decode(),
            personal or None,
        )

    def timing(self, occurred_at: datetime) -> int:
        if occurred_at > self.latest:
            return Event.Timing.FUTURE
        return Event.Timing.LATE if occurred_at < self.now - partitions.LATE else Event.Timing.FRESH

    def leave_reactions(self, cursor, events: list[tuple], watched: set[int]) -> None:
        """Rows for what somebody above waits for. Late and future events are history, they set nothing in motion."""
        waiting = [e for e in events if e[2] in watched and e[8] == Event.Timing.FRESH]
        if not waiting:
            return
        with (
            connection.wrap_database_errors,
            cursor.copy(
                "COPY events_reaction (event_id, source_id, name_id, customer_id, origin_customer_id, occurred_at, received_at, amount_fen, keys, properties, "
                "due_at, attempts, error) FROM STDIN"
            ) as copy,
        ):
            for e in waiting:
                copy.write_row((e[0], e[1], e[2], e[3], e[4], e[5], e[6], e[10], e[11], e[12], self.now, 0, ""))
        doorbell.ring("react")
