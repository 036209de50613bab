"""Recorded once, in bulk: the only way in for what happened (architecture 3, decision 5).

One transaction per call: the ledger says what is new, identity says whose it is, one statement
stores it and what others wait for. When it has committed, the caller may say 202; whatever else an
event sets in motion stands in rows that others read.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction
from psycopg import errors

from crm_project import failpoints
from crm_project.db import prepared
from crm_project.db.clock import reckoned_now
from crm_project.queue import lanes, wakeups
from crm_project.queue.due import database_now
from customers.attributes import values as attributes
from customers.identity import resolution
from customers.models import Customer, Source
from customers.privacy import consent
from customers.privacy.personal import SEALED, digests, without_personal
from customers.privacy.sealing import fingerprint, seal
from events import names, partitions, timing
from events.commerce import bookings, measurements, orders, products
from events.incoming_items import Incoming, Outcome
from events.models import Event
from events.privacy.covering import cover

TRIES = 8
PERSONAL_PLACE = "events_event.personal"


# A large batch is no single person's doing: whoever did something meanwhile is looked at first
# (crm_project/queue/lanes.py).
BEGIN = (
    "SELECT hutong_now(), set_config('lock_timeout', '5s', true), set_config('hutong.lane',"
    " CASE WHEN %s THEN 'mass' ELSE coalesce(current_setting('hutong.lane', true), '') END, true)"
)
HASH_BYTES = 16
NEVER = -1  # the timing of no event
# The ids and fingerprints travel as one value. A repeat comes back with the fingerprint it was
# stored with, which is NULL when it was stored so lately that this statement does not see it yet.
CLAIM = """
WITH given AS MATERIALIZED (
  SELECT substr(all_of_them, at, 16) AS id_hash, substr(all_of_them, at + 16, 16) AS fingerprint
  FROM (SELECT %s::bytea AS all_of_them) v, generate_series(1, length(all_of_them), 32) AS at),
new AS (
  INSERT INTO events_ledger (source_id, id_hash, fingerprint)
  SELECT %s, id_hash, fingerprint FROM given ON CONFLICT DO NOTHING RETURNING id_hash)
SELECT id_hash, (SELECT fingerprint FROM events_ledger known WHERE known.source_id = %s
  AND known.id_hash = given.id_hash)
FROM given WHERE id_hash NOT IN (SELECT id_hash FROM new)
"""
TAKEN = "SELECT id_hash, fingerprint FROM events_ledger WHERE source_id = %s AND id_hash = ANY(%s)"
STORE = """
WITH given AS MATERIALIZED (
  SELECT nextval('events_event_id_seq') AS id, e.*
  FROM json_to_recordset(%(events)s::json) AS e(name int, customer int, origin int, at timestamptz,
    out_of_range boolean, timing smallint,
       external text, amount bigint, keys text[], properties jsonb, context jsonb, personal text)),
stored AS (
  INSERT INTO events_event (id, source_id, name_id, customer_id, origin_customer_id, occurred_at,
    received_at, odd, timing,
                            external_id, amount_fen, keys, properties, context, personal)
  SELECT id, %(source)s, name, customer, origin, at, %(now)s, out_of_range, timing, external,
    amount, keys, properties, context, decode(personal, 'hex')
  FROM given)
INSERT INTO events_reaction (event_id, source_id, name_id, customer_id, origin_customer_id,
  occurred_at, received_at, amount_fen, keys,
                             properties, due_at, attempts, error)
SELECT id, %(source)s, name, customer, origin, at, %(now)s, amount, keys, properties, %(now)s, 0, ''
FROM given WHERE timing = %(fresh)s AND (name = ANY(%(watched)s::int[]) OR name IN (SELECT name_id
  FROM events_watchedname))
"""


class LedgerEntry(msgspec.Struct, gc=False):
    """One key of the ledger: an item's id, or the id of the event that a typed item writes."""

    item: int
    hash: bytes
    fingerprint: bytes


class Row(msgspec.Struct, gc=False):
    """One event as STORE takes it."""

    name: int
    customer: int
    origin: int
    at: datetime
    out_of_range: bool
    timing: int
    external: str
    amount: int | None
    keys: list[str] | None
    properties: dict
    context: dict
    personal: str | None


def record(
    source: Source,
    items: Sequence[Incoming],
    *,
    now: datetime | None = None,
    is_history: bool = False,
) -> list[Outcome]:
    """Every new item is stored, whole, exactly once; the outcomes stand in the order of the items.

    History sets nothing in motion, however lately it happened: it leaves no reactions.

    Raises resolution.NoIdentity when an item that writes an event names nobody, and
    OperationalError when the database is away: then nothing was stored.
    """
    if not items:
        return []
    prepare(source, items, now or reckoned_now())  # which months: our clock is good enough for that
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                outcomes = Recording(source, items, is_history=is_history).carry_out(now)
            failpoints.reached("ingest.committed")
            return outcomes
        except (resolution.Raced, OperationalError, IntegrityError) as error:
            if not is_passing(error) or attempt == TRIES - 1:
                raise
            partitions.forget()  # a month may have been dropped since we made it
            prepare(source, items, now or database_now())
    raise AssertionError("unreachable")


def is_passing(error: Exception) -> bool:
    """Will it be gone when we try again? A person made by two at once, two batches in each other's
    way, a partition that is gone."""
    return isinstance(error, resolution.Raced) or isinstance(
        error.__cause__, errors.DeadlockDetected | errors.CheckViolation
    )


def prepare(source: Source, items: Sequence[Incoming], now: datetime) -> None:
    """What must be committed before the rows: numbers of new names, partitions of their months."""
    names.numbers({item.name for item in items if item.name} | {orders.REFUND_EVENT})
    partitions.look_at_term()
    times = [item.occurred_at for item in items if item.name] + orders.times_of_refunds(
        source, [i.order.number for i in items if i.order]
    )
    partitions.ensure(partitions.months_of(times, now))


def known_ids(source: Source, ids: Iterable[str]) -> set[str]:
    """Which of these ids this source has used already."""
    by_hash = {hashed(one): one for one in ids}
    return {by_hash[bytes(one)] for one, _f in prepared.rows(TAKEN, source.pk, list(by_hash))}


def hashed(event_id: str) -> bytes:
    return hashlib.sha256(event_id.encode()).digest()[:HASH_BYTES]


class Recording:
    """One call's work, inside its transaction."""

    now: datetime
    people: resolution.Question

    def __init__(self, source: Source, items: Sequence[Incoming], *, is_history: bool = False):
        self.source, self.items, self.is_history = source, items, is_history

    def carry_out(self, now: datetime | None) -> list[Outcome]:
        outcomes = self.begin(now)
        fresh = [n for n, outcome in enumerate(outcomes) if outcome.status == Outcome.STORED]
        if fresh:
            self.store(fresh, outcomes)
            failpoints.reached("ingest.stored")
            wakeups.wake("segments")
        return outcomes

    # -- once
    # ------------------------------------------------------------------------------------------------  # noqa: E501

    def begin(self, now: datetime | None) -> list[Outcome]:
        """The ids of the new items are ours: which items are new, which were here before, and which
        id is used for something else.

        BEGIN, the clock, the ledger and who holds the identities: one round trip.
        """
        entries = [
            LedgerEntry(n, hashed(item.id), fingerprint(item.content))
            for n, item in enumerate(self.items)
        ]
        first: dict[bytes, LedgerEntry] = {}
        for entry in entries:
            first.setdefault(entry.hash, entry)
        clock, ledger = prepared.cursor(), prepared.cursor()
        with prepared.together():
            clock.execute(BEGIN, [len(self.items) > lanes.MANY])
            self.claim_ids(ledger, first.values())
            self.people = resolution.Question(
                self.source, [item.identities for item in self.items], prepared.cursor()
            )
        self.now = now or clock.fetchone()[0]
        self.clock = timing.Clock(self.now, partitions.oldest_kept(self.now))
        taken = self.taken(ledger)
        return [self.outcome(entry, first[entry.hash], taken) for entry in entries]

    def outcome(self, entry: LedgerEntry, first: LedgerEntry, taken: dict[bytes, bytes]) -> Outcome:
        stored = taken.get(entry.hash)
        if stored is None and entry is first:
            return Outcome(self.items[entry.item].id, Outcome.STORED)
        same = (stored or first.fingerprint) == entry.fingerprint
        return Outcome(self.items[entry.item].id, Outcome.DUPLICATE if same else Outcome.REUSED)

    def claim_ids(self, cursor, entries: Iterable[LedgerEntry]) -> None:
        """The ids are ours from now on. A concurrent request with the same id waits here until the
        other has committed."""
        in_order = sorted(
            [e.hash + e.fingerprint for e in entries]
        )  # the same order everywhere, or two batches wait for each other
        cursor.execute(CLAIM, [b"".join(in_order), self.source.pk, self.source.pk])

    def taken(self, cursor) -> dict[bytes, bytes]:
        """Those of the claimed ids that were taken already, with their fingerprint."""
        taken = dict(cursor.fetchall())
        unseen = [h for h, f in taken.items() if f is None]
        if unseen:
            taken |= prepared.rows(TAKEN, self.source.pk, unseen)
        return taken

    # -- whose, and what
    # ---------------------------------------------------------------------------------------

    def store(self, fresh: list[int], outcomes: list[Outcome]) -> None:
        items = {n: self.items[n] for n in fresh}
        for item in items.values():
            cover(item)
        whose = self.owners(items)
        for n, resolved in whose.items():
            outcomes[n].customer_id = resolved.customer_id
            outcomes[n].is_first = resolved.customer_id in self.people.made
        listed = [(i.product, i.occurred_at) for i in items.values() if i.product]
        products.save(self.source, [one for one, _at in listed], [at for _one, at in listed])
        waited = orders.save(
            self.source, [(i.order, whose[n]) for n, i in items.items() if i.order]
        )
        # Refunds of orders that came with them in one batch.
        whose |= orders.customers_of_refunds(
            self.source, {n: i.refund for n, i in items.items() if n not in whose and i.refund}
        )
        orders.save_refunds(self.source, [i.refund for i in items.values() if i.refund])
        bookings.save(self.source, [(i.booking, whose[n]) for n, i in items.items() if i.booking])
        measurements.save(
            self.source, [(i.measurement, whose[n]) for n, i in items.items() if i.measurement]
        )
        consent.save(
            self.source,
            [(c, i.occurred_at, whose[n]) for n, i in items.items() for c in i.consents],
        )
        attributes.save(
            self.source,
            [(i.attributes, i.occurred_at, whose[n]) for n, i in items.items() if i.attributes],
        )
        self.store_events(
            [(items[n], whose[n]) for n in self.with_new_event(fresh) if n in whose] + waited
        )

    def owners(self, items: dict[int, Incoming]) -> dict[int, resolution.Resolved]:
        """Whose each item is. A product is nobody's, and so is a refund until its order is
        known."""
        whose = self.living({n: i.customer_id for n, i in items.items() if i.customer_id})
        named = [
            n
            for n, i in items.items()
            if not i.customer_id and (i.identities or (i.name and not i.refund))
        ]
        times = [item.occurred_at for item in self.items]
        whose |= zip(
            named, self.people.resolve_and_write(named, times=times, now=self.now), strict=True
        )
        return whose | orders.customers_of_refunds(
            self.source, {n: i.refund for n, i in items.items() if n not in whose and i.refund}
        )

    def living(self, origins: dict[int, int]) -> dict[int, resolution.Resolved]:
        """Items that name their customer by number: who that is now, after merges."""
        if not origins:
            return {}
        rows = Customer.objects.filter(pk__in=set(origins.values()), erased_at=None).values_list(
            "pk", "merged_into"
        )
        now = {pk: resolution.Resolved(merged_into or pk, pk) for pk, merged_into in rows}
        return {n: now[origin] for n, origin in origins.items() if origin in now}

    def with_new_event(self, fresh: list[int]) -> list[int]:
        """Items whose event is not there yet: a typed item's event has an id of its own,
        `<door>:<number>:<state>`."""
        typed = {
            n: LedgerEntry(n, hashed(self.items[n].event_id), fingerprint(b""))
            for n in fresh
            if self.items[n].event_id not in ("", self.items[n].id)
        }
        first = {entry.hash: entry for entry in reversed(typed.values())}
        taken = {}
        if first:
            ledger = prepared.cursor()
            self.claim_ids(ledger, first.values())
            taken = self.taken(ledger)
        return [
            n
            for n in fresh
            if self.items[n].name
            and (
                n not in typed or (first[typed[n].hash] is typed[n] and typed[n].hash not in taken)
            )
        ]

    def store_events(self, rows: list[tuple[Incoming, resolution.Resolved]]) -> None:
        if not rows:
            return
        numbers = names.numbers({item.name for item, _ in rows})
        values = {
            "events": (
                msgspec.json.encode(
                    [self.event(numbers[item.name], item, who) for item, who in rows]
                ).decode()
            ),
            "source": self.source.pk,
            "now": self.now,
            "fresh": NEVER if self.is_history else Event.Timing.FRESH.value,
            "watched": [numbers[name] for name in settings.CRM_WATCHED_EVENTS if name in numbers],
        }
        with prepared.cursor() as cursor:
            cursor.execute(STORE, values)
            if cursor.rowcount:
                wakeups.wake("react")

    def event(self, name_id: int, item: Incoming, who: resolution.Resolved) -> Row:
        properties, personal = without_personal(item.properties)
        context, more = without_personal(item.context)
        if personal:
            properties[SEALED] = digests(personal)
        sealed = None
        if personal or more:
            row = (self.source.pk, item.event_id or item.id)
            sealed = seal(
                msgspec.json.encode({"properties": personal, "context": more}).decode(),
                place=PERSONAL_PLACE,
                row=row,
            ).hex()
        return Row(
            name_id,
            who.customer_id,
            who.origin_id,
            item.occurred_at,
            self.clock.is_out_of_range(item.occurred_at),
            self.clock.timing(item.occurred_at),
            item.event_id or item.id,
            item.amount_fen,
            item.keys,
            properties,
            context,
            sealed,
        )
