"""What stands in the quarantine goes through its door once more, after the reason was mended.

The ledger makes it happen once: whoever dies between storing and marking the row stores nothing a
second time.
"""

import time
from datetime import datetime

import structlog

from crm_project.queue import lanes
from crm_project.queue.due import database_now
from events import schema
from events.incoming import Incoming
from integrations.doors import quarantine, unforeseen, webhooks
from integrations.doors.formats import Format, Parsed, Rejected, formats
from integrations.doors.problems import Refused, as_refused
from integrations.models import Quarantine

log = structlog.get_logger("hutong.doors")

AT_ONCE = 50
LEASE_SECONDS = 30  # for so many, each in transactions of its own
BUDGET_SECONDS = 5.0


def doors() -> dict[str, Format]:
    return {door.path: door for entry in formats for door in entry.doors()}


def door_of(row: Quarantine) -> Format:
    """The address the bytes came to; rows from before it was noted go to the first one of their
    format."""
    door = doors().get(row.door) or next(
        (one for one in doors().values() if one.key == row.format), None
    )
    if door is None:
        raise Refused("There is no such door any more.", code="unknown_door")
    return door


def replay(row: Quarantine, now: datetime) -> bool:
    """Is it stored now? If not, the row says why."""
    schema.forget()  # a name may have been declared a moment ago
    try:
        rejected = replayed(row)
    except Refused as refused:
        rejected = Rejected(0, None, refused.code, refused.path, refused.detail)
    if rejected is None:
        row.replayed_at = now
    else:
        row.code, row.path = rejected.code[:60], quarantine.shown_path(rejected.path)
    row.done()
    row.save(update_fields=["replayed_at", "code", "path", "due_at", "token", "attempts", "error"])
    return rejected is None


def replayed(row: Quarantine) -> Rejected | None:
    """Stored; of a whole request also when single items go back to the quarantine as rows of their
    own."""
    if row.source is None:
        raise Refused("Nobody knows whose this is.", code="unknown_source")
    door, raw = door_of(row), quarantine.raw_bytes(row)
    parsed = parsed_by(door, raw, row)
    if len(parsed.items) == 1:
        (one,) = parsed.items
        (result,) = (
            [one]
            if isinstance(one, Rejected)
            else [webhooks.reused(0, one, unforeseen.stored(row.source, [one])[0])]
        )
        return result if isinstance(result, Rejected) else None
    webhooks.record(door, row.source, parsed, row.received_at)
    return None


def parsed_by(door: Format, raw: bytes, row: Quarantine) -> Parsed:
    """As it would have been understood when it came. An item that nothing names would be new each
    time: its row names it."""
    content = door.unpack(None, raw)
    parsed, again = (door.parse(content, row.source, row.received_at) for _ in range(2))
    for number, (one, other) in enumerate(zip(parsed.items, again.items, strict=True)):
        if isinstance(one, Incoming) and one.id != other.id:
            one.id = f"quarantine:{row.pk}:{number}"
    return parsed


def replay_due() -> int:
    """Those that staff asked for among many, for a moment at most; how many were tried."""
    until, tried = time.monotonic() + BUDGET_SECONDS, 0
    while time.monotonic() < until:
        token, ids = Quarantine.objects.lease(limit=AT_ONCE, seconds=LEASE_SECONDS)
        for row in (
            Quarantine.objects.select_related("source__namespace")
            .filter(pk__in=ids, token=token)
            .order_by("pk")
        ):
            with lanes.mass():
                replay_or_wait(row, token)
        tried += len(ids)
        if len(ids) < AT_ONCE:
            break
    return tried


def replay_or_wait(row: Quarantine, token) -> None:
    now = database_now()
    try:
        replay(row, now)
    except Exception as error:
        log.warning("a quarantined request fails", row=row.pk, exc_info=as_refused(error) is None)
        Quarantine.objects.retry_later(token, [row.pk], type(error).__name__, now)


def ask(rows) -> int:
    """These rows are tried as soon as a worker looks; how many."""
    return rows.filter(replayed_at=None).update(
        due_at=database_now(), token=None, attempts=0, error=""
    )
