"""The audit log as a chain: each entry is sealed soon after it was written, by a keyed hash over it
and over the seal before.

Whoever has the database and not the keys can neither change an entry, nor take one out, nor put one
in between, without breaking the chain from there on. The newest seals could be cut off together
with their entries: compare the newest one with what the log of the worker or `manage.py
verify_audit` said earlier. Entries hold no person (only random ids and masked values), so erasing
somebody rewrites nothing.

Entries are sealed in the order in which they are found, not of their ids: one that is committed
late is sealed late.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from django.conf import settings
from django.db import connection, transaction

from customers.models import AuditSeal

log = structlog.get_logger("hutong.audit")

AT_ONCE = 2000
LOOKED_BACK = 100_000  # ids; nothing is committed as late as that
UNSEALED_AFTER = timedelta(minutes=10)
KEPT = timedelta(days=3 * 365)  # at least; retention may take out what is older
START = "0" * 64
ENTRY = """
SELECT {columns} e.id, e.at, e.by_id, e.act, e.subject, e.details::text FROM {tables}
"""
UNSEALED = (
    ENTRY.format(columns="", tables="customers_auditentry e")  # noqa: S608
    + "WHERE e.id > (SELECT coalesce(max(entry_id), 0) - %(back)s FROM customers_auditseal) AND NOT"
    " EXISTS (SELECT FROM customers_auditseal s WHERE s.entry_id = e.id) ORDER BY e.id LIMIT"
    " %(most)s"
)
SEALED = (
    ENTRY.format(
        columns="s.position, s.entry_id, s.at, s.entry_digest, s.digest,",
        tables="customers_auditseal s LEFT JOIN customers_auditentry e ON e.id = s.entry_id",
    )
    + "WHERE s.position > %s ORDER BY s.position LIMIT %s"
)
LEFT_OUT = (
    "SELECT e.id FROM customers_auditentry e WHERE e.at < %s AND NOT EXISTS (SELECT FROM"
    " customers_auditseal s WHERE s.entry_id = e.id) ORDER BY 1 LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """`entry` is the first that is not as it was written; `sealed` were right before it, the last
    of them under `head`."""

    sealed: int
    head: str
    entry: int | None = None
    problem: str = ""


def seal() -> int:
    """Every entry that is committed has its link. How many got one."""
    with transaction.atomic(), connection.cursor() as cursor:
        last = AuditSeal.objects.order_by("-position").first()
        position, head = (last.position, last.digest) if last else (0, START)
        cursor.execute(UNSEALED, {"back": LOOKED_BACK, "most": AT_ONCE})
        made = []
        for entry in cursor.fetchall():
            position, (number, at, *_rest), of_entry = position + 1, entry, entry_digest(entry)
            head = link(head, position, number, at, of_entry)
            made.append(
                AuditSeal(
                    position=position, entry_id=number, at=at, entry_digest=of_entry, digest=head
                )
            )
        AuditSeal.objects.bulk_create(made)
    if made:
        log.info("audit sealed", position=position, head=head)
    return len(made)


def entry_digest(entry: tuple) -> str:
    number, at, *said = entry
    return keyed(number, stamp(at), *said)


def link(before: str, position: int, number: int, at: datetime, of_entry: str) -> str:
    return keyed(before, position, number, stamp(at), of_entry)


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def keyed(*parts) -> str:
    said = json.dumps([str(part) for part in parts])
    return hmac.new(settings.HASH_KEY, b"audit\0" + said.encode(), hashlib.sha256).hexdigest()


def verify(now: datetime) -> ChainVerdict:
    """Whether all entries are as they were written; those that have had their time may be gone."""
    sealed, head = 0, START
    for place, number, at, of_entry, digest, *entry in links():
        if place != sealed + 1:
            return ChainVerdict(sealed, head, number, "a link of the chain before it is missing")
        if link(head, place, number, at, of_entry) != digest:
            return ChainVerdict(sealed, head, number, "its link was changed")
        if entry[0] is None and at > now - KEPT:
            return ChainVerdict(sealed, head, number, "it was taken out")
        if entry[0] is not None and entry_digest(tuple(entry)) != of_entry:
            return ChainVerdict(sealed, head, number, "it was changed")
        sealed, head = sealed + 1, digest
    with connection.cursor() as cursor:
        cursor.execute(LEFT_OUT, [now - UNSEALED_AFTER])
        if left_out := cursor.fetchone():
            return ChainVerdict(
                sealed, head, left_out[0], "it was put in afterwards, or no worker seals"
            )
    return ChainVerdict(sealed, head)


def links() -> Iterator[tuple]:
    """(position, entry, at, its digest, digest, and the entry's columns, empty where it is gone),
    in order."""
    position = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(SEALED, [position, AT_ONCE])
            found = cursor.fetchall()
        if not found:
            return
        yield from found
        position = found[-1][0]
