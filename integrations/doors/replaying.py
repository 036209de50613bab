"""What stands in the quarantine goes through its door once more, after the reason was mended.

The ledger makes it happen once: whoever dies between storing and marking the row stores nothing a
second time.
"""

import time
from datetime import datetime

import structlog
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.jobs import running as jobs
from crm_project.jobs.kinds import POISON, SURROUNDINGS, JobKind, note
from crm_project.jobs.models import Job
from events import schema
from events.incoming_items import Incoming
from integrations.doors import bisecting, quarantine, webhooks
from integrations.doors.formats import Format, Parsed, Rejected, Told, formats
from integrations.doors.problems import Refused, as_refused
from integrations.models import Quarantine

log = structlog.get_logger("hutong.doors")

AT_ONCE = 50  # of a batch, at most
GONE = "gone"


def door_of(row: Quarantine) -> Format:
    """The address the bytes came to; rows from before it was noted go to the first one of their
    format."""
    spoken = formats.by_key.get(row.format)
    door = spoken.door_at(row.door) if spoken else None
    if door is None:
        raise Refused("There is no such door any more.", code="unknown_door")
    return door


def replay(row: Quarantine, now: datetime) -> bool:
    """The row's request is stored and the row says when, or the row says why not; whether it is."""
    schema.forget()  # a name may have been declared a moment ago
    try:
        rejected = store_again(row)
    except Refused as refused:
        rejected = Rejected(0, None, refused.code, refused.path, refused.detail)
    if rejected is None:
        row.replayed_at = now
    else:
        row.code, row.path = rejected.code[:60], quarantine.shown_path(rejected.path)
    row.save(update_fields=["replayed_at", "code", "path"])
    return rejected is None


def store_again(row: Quarantine) -> Rejected | None:
    """What stands in the row is stored: None. A single item that is not: its refusal. Of a whole
    request, items that are refused again go back to the quarantine as rows of their own."""
    if row.source is None:
        raise Refused("Nobody knows whose this is.", code="unknown_source")
    door, raw = door_of(row), quarantine.raw_bytes(row)
    if door.takes_changes:
        return store_changes(door, raw, row)
    parsed = parsed_by(door, raw, row)
    if len(parsed.items) == 1:
        (one,) = parsed.items
        if isinstance(one, Rejected):
            return one
        if isinstance(one, Told):
            door.take_told(row.source, [one], row.received_at)
            return None
        stored = bisecting.store_bisecting(row.source, [one], is_history=door.is_history)
        result = webhooks.reused(0, one, stored[0])
        if not isinstance(result, Rejected):
            door.follow(row.source, parsed, row.received_at)
        return result if isinstance(result, Rejected) else None
    webhooks.record(door, row.source, parsed, row.received_at, is_history=door.is_history)
    return None


def store_changes(door: Format, raw: bytes, row: Quarantine) -> Rejected | None:
    """The changes of tables that stand in the row; the refusal of the first that is refused."""
    understood = door.take_again(row.source, raw, row.received_at)
    for parsed in (understood.parsed, understood.history):
        incoming = [one for one in parsed.items if isinstance(one, Incoming)]
        is_history = parsed is understood.history
        stored = bisecting.store_bisecting(row.source, incoming, is_history=is_history)
        for one in [*parsed.items, *stored]:
            if isinstance(one, Rejected):
                return one
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


def ask(rows, *, by, now: datetime) -> int:
    """These rows are tried soon, in the background; how many."""
    ids = list(rows.filter(replayed_at=None).order_by("pk").values_list("pk", flat=True))
    if ids:
        jobs.begin(Replay, params={"ids": ids}, by=by, now=now)
    return len(ids)


class Replay(JobKind):
    """In the order in which they came in, one at a time: each is a request of its own."""

    key, label, icon = "replay", gettext_lazy("Try again what was refused"), "replay"
    permission = "integrations.change_quarantine"

    def total(self, job):
        return len(job.params["ids"])

    def step(self, job, now, until):
        """The cursor is how many of the list were tried; at least one is."""
        ids = job.params["ids"][job.cursor : job.cursor + AT_ONCE]
        for pk in ids:
            job.count(self.tried(job, pk, now))
            job.cursor += 1
            if time.monotonic() >= until:
                break
        return job.cursor >= len(job.params["ids"])

    def tried(self, job: Job, pk: int, now: datetime) -> dict[str, int]:
        row = Quarantine.objects.select_related("source__namespace").filter(pk=pk).first()
        if row is None or row.replayed_at is not None:
            return {GONE: 1}
        try:
            with transaction.atomic():
                is_stored = replay(row, now)
        except SURROUNDINGS:
            raise
        except Exception as error:
            is_known = as_refused(error) is not None
            log.warning("a quarantined request fails", row=pk, exc_info=not is_known)
            return self.skipped(job, pk, POISON)
        return {"": 1} if is_stored else self.skipped(job, pk, row.code)

    def skipped(self, job: Job, pk: int, reason: str) -> dict[str, int]:
        note(job, f"#{pk}", self.words(job, reason))
        return {reason: 1}

    def words(self, job, reason):
        return _("is gone, or stored already") if reason == GONE else super().words(job, reason)
