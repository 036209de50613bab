"""What vendors say became of texts, and what people replied, pushed or pulled: the same for both,
however often it is told."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection as database

from campaigns.delivery import receipts
from crm_project.audit import tallies
from customers.identity import normalising
from customers.models import Connection, Identity, Kind, Purpose
from customers.privacy.sealing import digest
from events import ingest
from events.incoming_items import ConsentStated, Incoming
from integrations.connections.vendors import vendors
from integrations.sms import codes
from integrations.sms.refusing import wants_no_more
from integrations.sms.values import Fate, Reply

# Vendors tell whole seconds: who agreed and refused within one has refused.
A_SECOND = timedelta(seconds=1)
MOST_TEXT = 500  # characters of a reply that are kept
OUTCOMES = {codes.GONE: "bounced", codes.REFUSED: "refused"}
LAST_SENT = """
SELECT DISTINCT ON (c.id) c.id, m.id FROM unnest(%s::integer[]) AS c (id) CROSS JOIN LATERAL (
  SELECT id, purpose, sent_at FROM campaigns_message
   WHERE customer_id = c.id AND sent_at IS NOT NULL AND channel = 'sms' AND connection_id = %s
   ORDER BY sent_at DESC LIMIT 20) m
 ORDER BY c.id, m.purpose <> 'marketing', m.sent_at DESC, m.id DESC
"""


def take(connection: Connection, fates: Collection[Fate], now: datetime) -> None:
    """Each text is delivered or has come back; whoever has unsubscribed at the vendor gets no more
    advertising."""
    if fates:
        known = vendors[connection.vendor]().of(connection.settings).codes
        receipts.receive(connection, [receipt(known, one, now) for one in fates], now=now)


def receipt(known: Mapping[str, codes.Code], fate: Fate, now: datetime) -> receipts.Receipt:
    at = min(fate.at or now, now)
    more = {"parts": fate.parts} if fate.parts else {}
    if not fate.code:
        return receipts.Receipt(fate.provider_id, "delivered", at, more)
    meaning = codes.meaning(known, fate.code)
    outcome = OUTCOMES.get(meaning.what, "failed")
    return receipts.Receipt(fate.provider_id, outcome, at, {"why": fate.code, **more})


def incoming(
    connection: Connection, replies: Sequence[Reply], now: datetime
) -> list[Incoming | None]:
    """Each reply as an event of whoever has this number, with the refusal where it is one; None
    where nobody of ours has it: those are only counted. Two queries, however many."""
    digests = [digest_of(one.number) for one in replies]
    rows = Identity.objects.filter(kind=Kind.PHONE, value__in=set(digests)).order_by("-pk")
    known = {row.value: row for row in rows.only("value", "customer_id", "origin_customer_id")}
    theirs = answered(connection, {row.customer_id for row in known.values()})
    found = [
        stated(one, row, theirs.get(row.customer_id), now) if (row := known.get(value)) else None
        for one, value in zip(replies, digests, strict=True)
    ]
    if nobody := found.count(None):
        tallies.count("sms.reply_of_nobody", f"connection:{connection.pk}", nobody)
    return found


def stated(reply: Reply, who: Identity, message: int | None, now: datetime) -> Incoming:
    refuses = wants_no_more(reply.text)
    told: dict[str, object] = {"channel": "sms", "text": reply.text[:MOST_TEXT]}
    if message:
        told["message_id"] = message
    refusal = ConsentStated(
        "sms",
        Purpose.MARKETING,
        is_granted=False,
        proof=f"reply {reply.text[:20]!r}" + (f", message {message}" if message else ""),
    )
    content = f"{reply.id} {reply.number} {reply.text}".encode("utf-8", "replace")
    return Incoming(
        f"reply:{reply.id}",
        content,
        "Message Unsubscribed" if refuses else "Message Replied",
        min(reply.at + A_SECOND, now) if reply.at else now,
        customer_id=who.origin_customer_id,
        properties=told,
        consents=[refusal] if refuses else [],
    )


def digest_of(number: str) -> str:
    """As identities hold it."""
    return digest("phone", normalising.phone(number) or number)


def answered(connection: Connection, customers: Collection[int]) -> dict[int, int]:
    """By customer what they were sent last through this account: advertising, if there was any."""
    if not customers:
        return {}
    with database.cursor() as cursor:
        cursor.execute(LAST_SENT, [sorted(customers), connection.pk])
        return dict(cursor.fetchall())


def take_replies(source, replies: Iterable[Reply], now: datetime) -> int:
    """Those that were pulled. The number of people who replied."""
    found = [one for one in incoming(source.connection, [*replies], now) if one]
    if found:
        ingest.record(source, found, now=now)
    return len(found)
