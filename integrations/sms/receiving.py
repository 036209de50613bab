"""What vendors say became of texts, and what people replied, pushed or pulled: the same for both,
however often it is told."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from campaigns.delivery import receipts, recording
from campaigns.models import Message
from crm_project.audit import tallies
from customers.identity import normalising
from customers.models import Connection, Identity, Kind, Purpose
from customers.privacy.sealing import digest
from events import ingest
from events.incoming_items import ConsentStated, Incoming
from integrations.connections.vendors import vendors
from integrations.sms import codes
from integrations.sms.refusing import wants_no_more
from integrations.sms.vendor import Fate, Reply

# Vendors tell whole seconds: who agreed and refused within one has refused.
A_SECOND = timedelta(seconds=1)
MOST_TEXT = 500  # characters of a reply that are kept
OUTCOMES = {codes.GONE: "bounced", codes.REFUSED: "failed"}


def take(connection: Connection, fates: Collection[Fate], now: datetime) -> None:
    """Each text is delivered or has come back; whoever has unsubscribed at the vendor gets no more
    advertising."""
    if not fates:
        return
    known = vendors[connection.vendor]().of(connection.settings).codes
    receipts.receive(connection, [receipt(known, one, now) for one in fates], now=now)
    refused = [f.provider_id for f in fates if codes.meaning(known, f.code).what == codes.REFUSED]
    if refused:
        theirs = Message.objects.filter(connection_id=connection.pk, provider_id__in=refused)
        purpose = {"purpose": Purpose.MARKETING, "reason": "unsubscribed", "now": now}
        recording.suppress(list(theirs), "sms", **purpose)


def receipt(known: Mapping[str, codes.Code], fate: Fate, now: datetime) -> receipts.Receipt:
    at = min(fate.at or now, now)
    more = {"parts": fate.parts} if fate.parts else {}
    if not fate.code:
        return receipts.Receipt(fate.provider_id, "delivered", at, more)
    meaning = codes.meaning(known, fate.code)
    outcome = OUTCOMES.get(meaning.what, "failed")
    return receipts.Receipt(fate.provider_id, outcome, at, {"why": fate.code, **more})


def incoming(connection: Connection, reply: Reply, now: datetime) -> Incoming | None:
    """The reply as an event of whoever has this number, with the refusal where it is one; None
    where nobody of ours has it: that is only counted."""
    known = Identity.objects.filter(kind=Kind.PHONE, value=digest_of(reply.number)).first()
    if known is None:
        tallies.count("sms.reply_of_nobody", f"connection:{connection.pk}", 1)
        return None
    message = answered(connection, known.customer_id)
    refuses = wants_no_more(reply.text)
    told = {"channel": "sms", "text": reply.text[:MOST_TEXT]}
    if message:
        told["message_id"] = message.pk
    stated = ConsentStated(
        "sms",
        Purpose.MARKETING,
        is_granted=False,
        proof=f"reply {reply.text[:20]!r}" + (f", message {message.pk}" if message else ""),
    )
    at = min(reply.at + A_SECOND, now) if reply.at else now
    content = f"{reply.id} {reply.number} {reply.text}".encode("utf-8", "replace")
    return Incoming(
        f"reply:{reply.id}",
        content,
        "Message Unsubscribed" if refuses else "Message Replied",
        at,
        customer_id=known.origin_customer_id,
        properties=told,
        consents=[stated] if refuses else [],
    )


def digest_of(number: str) -> str:
    """As identities hold it."""
    return digest("phone", normalising.phone(number) or number)


def answered(connection: Connection, customer_id: int) -> Message | None:
    """What they were sent last through this account: advertising, if there was any."""
    sent = Message.objects.filter(
        customer=customer_id, channel="sms", connection_id=connection.pk, sent_at__isnull=False
    ).order_by("-sent_at")[:20]
    rows = list(sent.only("pk", "purpose", "customer_id", "origin_customer_id"))
    return next((m for m in rows if m.purpose == Purpose.MARKETING), rows[0] if rows else None)


def take_replies(source, replies: Iterable[Reply], now: datetime) -> int:
    """Those that were pulled. The number of people who replied."""
    found = [one for r in replies if (one := incoming(source.connection, r, now))]
    if found:
        ingest.record(source, found, now=now)
    return len(found)
