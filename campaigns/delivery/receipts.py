"""What receipts say became of messages, whoever says it: a vendor by its own number of the message,
everybody else by an event as any other. What each outcome means stands in `outcomes/`.

A receipt settles what nobody could know (decision 28). Which of several receipts counts does not
depend on the order in which they come: what somebody did with the message in hand proves that it
arrived; else what was said last counts, that it was delivered or that it came back.

An event about a message that is not there changes nothing and is not counted: it stays an event of
its customer. A vendor's receipt of such a message waits (early_receipts.py); after 72 hours it is
dropped, and counted as of nobody.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from django.db import connection as database
from django.db import transaction

from campaigns import coupons
from campaigns.delivery import costs
from campaigns.delivery.outcomes import Outcome, outcomes
from campaigns.models import EarlyReceipt, Message
from crm_project.bounds import whole_in
from crm_project.queue.due import storable
from customers.models import Connection
from events import names

SOON = timedelta(seconds=1)  # after which an early receipt is looked at again
# Whoever tells it by an event names the message and the customer; both must fit, so that nobody
# opens another's messages by counting.
NOTE = """
UPDATE campaigns_message m SET {sets}
  FROM unnest(%s::bigint[], %s::integer[], {types}) AS u (id, customer_id, {columns})
 WHERE m.id = u.id AND u.customer_id IN (m.customer_id, m.origin_customer_id)
   AND m.sent_at IS NOT NULL AND ({news})
RETURNING m.id
"""
# What is with a provider at this moment is settled when he has answered; what waits for its second
# try needs none.
SETTLE = """
WITH told AS (
  SELECT id, bounced_at, delivered_at,
         CASE WHEN {proven} OR bounced_at IS NULL OR delivered_at > bounced_at
              THEN 'sent' ELSE 'failed' END AS state
    FROM campaigns_message
   WHERE id = ANY(%s) AND sent_at IS NOT NULL
     AND (delivered_at IS NOT NULL OR bounced_at IS NOT NULL)
     AND state IN ('unknown', 'queued', 'waiting', 'sent', 'failed') ORDER BY id FOR UPDATE)
UPDATE campaigns_message m
   SET state = told.state, reason = CASE told.state WHEN 'sent' THEN '' ELSE 'bounced' END,
     due_at = NULL, token = NULL,
     -- Whoever sent it by hand did so when they did, not when it was laid before them.
     sent_at = CASE WHEN m.state = 'waiting' AND told.state = 'sent'
                    THEN GREATEST(m.sent_at, told.delivered_at) ELSE m.sent_at END
  FROM told WHERE m.id = told.id AND m.state <> told.state
RETURNING m.id, m.state = 'sent' AND told.bounced_at IS NOT NULL
"""
# Of a message that did not arrive after all nothing follows; the newest reason stays, so that the
# order does not matter here either.
SUPPRESS = """
INSERT INTO campaigns_suppression AS s
  (customer_id, origin_customer_id, channel, purpose, reason, at)
SELECT DISTINCT ON (m.origin_customer_id, m.channel, u.purpose) m.customer_id,
       m.origin_customer_id, m.channel, u.purpose, u.reason, u.at
  FROM unnest(%s::bigint[], %s::integer[], %s::text[], %s::text[], %s::timestamptz[], %s::boolean[])
       AS u (id, customer_id, purpose, reason, at, arrived)
  JOIN campaigns_message m ON m.id = u.id
   AND u.customer_id IN (m.customer_id, m.origin_customer_id)
 WHERE m.sent_at IS NOT NULL AND (u.arrived OR m.state = 'failed')
 ORDER BY m.origin_customer_id, m.channel, u.purpose, u.at DESC
ON CONFLICT (origin_customer_id, channel, purpose) DO UPDATE
   SET at = excluded.at, reason = excluded.reason WHERE excluded.at > s.at
"""
# Why one came back, in the vendor's code, unless something says so already.
EXPLAIN = """
UPDATE campaigns_message m SET error = u.why
  FROM unnest(%s::bigint[], %s::text[]) AS u (id, why)
 WHERE m.id = u.id AND m.state = 'failed' AND m.error = ''
"""
# Said to have come back, and yet it arrived; nothing else came back from there.
TAKE_BACK = """
DELETE FROM campaigns_suppression s USING campaigns_message m
 WHERE m.id = ANY(%s) AND s.customer_id = m.customer_id AND s.channel = m.channel
   AND s.reason = ANY(%s)
   AND NOT EXISTS (SELECT FROM campaigns_message o WHERE o.customer_id = m.customer_id
     AND o.channel = m.channel AND o.state = 'failed' AND o.reason = 'bounced')
"""


class Receipt(NamedTuple):
    """What a vendor says of a message: its own id of it, a key of `outcomes`, when, and what it
    adds: whether an address that bounced is gone for good (`permanent`), how many `parts` it was
    counted as, `why` it came back."""

    provider_id: str
    outcome: str
    at: datetime
    detail: Mapping = {}


class Told(NamedTuple):
    """A receipt whose message is known."""

    message: int
    customer: int
    outcome: type[Outcome]
    at: datetime
    detail: Mapping


@dataclass(slots=True)
class Times:
    """What receipts say of one message: by column the earliest moment."""

    by_column: dict[str, datetime] = field(default_factory=dict)

    def add(self, told: Told) -> None:
        for column in (told.outcome.column, *told.outcome.implies):
            self.by_column[column] = min(self.by_column.get(column, told.at), told.at)


def note(reactions: Collection, now: datetime) -> int:
    """Each event that is a receipt has set its message's times, once, and settled what could not be
    known; other events are left alone. The number of messages changed."""
    by_event, texts = {o.event: o for o in outcomes}, names.texts(r.name_id for r in reactions)
    told = []
    for r in reactions:
        outcome = by_event.get(texts.get(r.name_id, ""))
        if outcome and (message := message_id(r.properties)):
            told.append(Told(message, r.customer_id, outcome, r.occurred_at, r.properties))
    return write(told, now)


def message_id(properties: dict) -> int | None:
    """The message's number, however the sender typed it; None when it cannot be one."""
    return whole_in(properties.get("message_id"))


def receive(connection: Connection, receipts: Iterable[Receipt | tuple], *, now: datetime) -> int:
    """The same for what a vendor says of messages that left through this connection. What comes
    before we have committed the vendor's id waits (early_receipts.py). The number of messages
    changed.

    Raises registry.UnknownKey for an outcome that we have no word for.
    """
    given = [Receipt(*one) for one in receipts]
    for one in given:
        outcomes[one.outcome]  # asked first: nothing of a call that is wrong is kept
    with transaction.atomic():
        told, early = known(connection.pk, given)
        keep(connection.pk, early, now=now)
        return write(told, now)


def keep(connection_id: int, given: Collection[Receipt], *, now: datetime) -> None:
    """Each waits (early_receipts.py); one that is said twice waits once."""
    EarlyReceipt.objects.bulk_create(
        [
            EarlyReceipt(
                connection_id=connection_id,
                provider_id=one.provider_id,
                outcome=one.outcome,
                at=one.at,
                detail=dict(one.detail),
                received_at=now,
                due_at=now + SOON,
            )
            for one in sorted(given, key=lambda one: (one.provider_id, one.outcome))
        ],
        batch_size=2000,
        ignore_conflicts=True,
    )


def known(connection_id: int, receipts: Collection[Receipt]) -> tuple[list[Told], list[Receipt]]:
    """Those whose message is known, and the others."""
    sent = Message.objects.filter(
        connection_id=connection_id, provider_id__in={one.provider_id for one in receipts}
    ).exclude(provider_id="")
    by_id = {theirs: (pk, c) for theirs, pk, c in sent.values_list("provider_id", "pk", "customer")}
    told = [
        Told(*by_id[one.provider_id], outcomes[one.outcome], one.at, one.detail)
        for one in receipts
        if one.provider_id in by_id
    ]
    return told, [one for one in receipts if one.provider_id not in by_id]


def write(told: Collection[Told], now: datetime) -> int:
    times: dict[tuple[int, int], Times] = defaultdict(Times)
    for one in told:
        times[one.message, one.customer].add(one)
    if not times:
        return 0
    rows = sorted(times.items())
    ids, customers = ([pair[n] for pair, _times in rows] for n in (0, 1))
    values = [[found.by_column.get(name) for _pair, found in rows] for name in columns()]
    with transaction.atomic(savepoint=False), database.cursor() as cursor:
        cursor.execute(noting(), [ids, customers, *values])
        noted = [pk for (pk,) in cursor.fetchall()]
        settle(noted, now=now)
        suppress(told)
        explain(told)
        costs.correct([(o.message, n) for o in told if (n := costs.counted(o.detail))])
    return len(noted)


@cache
def columns() -> tuple[str, ...]:
    """Of the message, which some outcome sets."""
    return tuple(sorted({column for o in outcomes for column in (o.column, *o.implies)}))


@cache
def noting() -> str:
    """The first time that is told stays; of those it came back, the earliest, since two words
    (bounced, failed) say so."""
    back = {o.column for o in outcomes if not o.arrived}
    return NOTE.format(
        sets=", ".join(
            f"{name} = {'LEAST' if name in back else 'COALESCE'}(m.{name}, u.{name})"
            for name in columns()
        ),
        types=", ".join("%s::timestamptz[]" for _name in columns()),
        columns=", ".join(columns()),
        news=" OR ".join(
            f"u.{name} < COALESCE(m.{name}, 'infinity')"
            if name in back
            else f"m.{name} IS NULL AND u.{name} IS NOT NULL"
            for name in columns()
        ),
    )


@cache
def settling() -> str:
    proofs = sorted({o.column for o in outcomes if o.is_proof})
    return SETTLE.format(proven=" OR ".join(f"{name} IS NOT NULL" for name in proofs))


def settle(ids: Collection[int], *, now: datetime) -> None:
    """Those of the messages of which a receipt says what became of them are so, and their coupons
    follow."""
    if not ids:
        return
    with transaction.atomic(savepoint=False), database.cursor() as cursor:
        cursor.execute(settling(), [list(ids)])
        arrived = [pk for pk, had_bounced in cursor.fetchall() if had_bounced]
        if arrived:
            never = [o.key for o in outcomes if not o.arrived and o.suppresses is not None]
            cursor.execute(TAKE_BACK, [arrived, never])
        coupons.follow([*ids], now=now)


def explain(told: Collection[Told]) -> None:
    """What came back says why, where its receipt did."""
    rows = {one.message: storable(str(why))[:200] for one in told if (why := one.detail.get("why"))}
    if rows:
        with database.cursor() as cursor:
            cursor.execute(EXPLAIN, [list(rows), list(rows.values())])


def suppress(told: Collection[Told]) -> None:
    """Whoever's receipts say so gets nothing more of that purpose on that channel."""
    final = [
        one
        for one in told
        if one.outcome.suppresses is not None and one.detail.get("permanent") is not False
    ]
    if not final:
        return
    rows = [
        (o.message, o.customer, o.outcome.suppresses, o.outcome.key, o.at, o.outcome.arrived)
        for o in final
    ]
    with database.cursor() as cursor:
        cursor.execute(SUPPRESS, [list(column) for column in zip(*rows, strict=True)])
