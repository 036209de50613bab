"""Keeps whole what could not be understood, of the formats whose senders do not listen to refusals
(`keeps_rejected`); what comes by any other is refused and not kept.

`replaying.py` tries it again.
"""

import base64
import time
from collections.abc import Iterable
from datetime import datetime

import structlog
from django.db.models import Count, Sum

from customers.models import Source
from integrations.doors.formats import Rejected
from integrations.doors.refusals import shown_path
from integrations.models import Quarantine

log = structlog.get_logger("hutong.doors")

# Anyone may hold a public key, and what he sends must not fill the disk.
MOST_BYTES = 1 << 30  # of one source
ROW_BYTES = 500  # what a row takes besides its raw bytes
MEASURED_SECONDS = 10.0

_used: dict[int, tuple[float, int]] = {}


def keep(
    *, source: Source, format_key: str, rejected: Iterable[Rejected], now: datetime, door: str = ""
) -> None:
    """Each rejected item has a row with its raw bytes, sealed."""
    rejected = list(rejected)
    if not claim_room(source, sum(ROW_BYTES + len(one.raw) for one in rejected)):
        log.warning("the source's quarantine is full", source=source.pk, lost=len(rejected))
        return
    Quarantine.objects.bulk_create(
        Quarantine(
            source=source,
            format=format_key,
            door=door,
            code=one.code[:60],
            path=shown_path(one.path),
            raw=base64.b64encode(one.raw).decode(),
            size=len(one.raw),
            received_at=now,
        )
        for one in rejected
    )


def has_room(source: Source, size: int) -> bool:
    """Whether `claim_room` would say so. For who must not lose what cannot be kept."""
    return measured(source)[1] + size <= MOST_BYTES


def claim_room(source: Source, size: int) -> bool:
    """The source's quarantine has room for so many bytes more, and they count as used; else False.
    Measured now and then, counted in between."""
    until, used = measured(source)
    _used[source.pk] = (until, used + size)
    return used + size <= MOST_BYTES


def measured(source: Source) -> tuple[float, int]:
    until, used = _used.get(source.pk, (0.0, 0))
    if until < time.monotonic():
        rows = Quarantine.objects.filter(source=source).aggregate(
            bytes=Sum("size", default=0), rows=Count("pk")
        )
        until, used = time.monotonic() + MEASURED_SECONDS, rows["bytes"] + rows["rows"] * ROW_BYTES
        _used[source.pk] = (until, used)
    return until, used


def raw_bytes(row: Quarantine) -> bytes:
    """What came in, as it came."""
    return base64.b64decode(row.raw)
