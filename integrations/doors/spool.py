"""Requests that could not be committed, one sealed and fsynced file each, for senders that forget
their events on any answer (decision 15).

`integrations/doors/spool_reader.py` ingests them when the database is back; the ledger makes that
exactly once, however often it is tried.
"""

import base64
import json
import os
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from customers.privacy.sealing import seal, unseal

PLACE = "spool"
PROBE_SECONDS = 2.0
COUNT_SECONDS = 1.0
# What a door may look at besides the body; nothing else of the request is kept.
KEPT = (
    "REQUEST_METHOD",
    "PATH_INFO",
    "QUERY_STRING",
    "CONTENT_TYPE",
    "HTTP_AUTHORIZATION",
    "HTTP_CONTENT_ENCODING",
    "HTTP_X_WRITE_KEY",
)


class Full(Exception):
    """The spool holds as much as it may: the disk is the database's too."""


@dataclass
class Memory:
    """What this process knows: until when the database is taken for away, and how full the spool
    was a moment ago."""

    away_until: float = 0.0
    counted_at: float = -COUNT_SECONDS
    used: int = 0


_memory = Memory()


def folder() -> Path:
    return settings.HUTONG_DATA / "spool"


def note_away() -> None:
    """For a moment the next requests are spooled at once instead of waiting for a connection
    each."""
    _memory.away_until = time.monotonic() + PROBE_SECONDS


def is_database_away() -> bool:
    return time.monotonic() < _memory.away_until


def keep(meta: Mapping, body: bytes, now: datetime) -> None:
    """The request is on the disk, also after a power cut; raises OSError or Full."""
    request = {key: meta[key] for key in KEPT if key in meta}
    record = {
        "meta": request,
        "body": base64.b64encode(body).decode(),
        "received_at": now.isoformat(),
    }
    file_name = f"{time.time_ns():020}-{uuid.uuid4().hex}"
    sealed = seal(json.dumps(record), place=PLACE, row=[file_name])
    folder().mkdir(mode=0o700, exist_ok=True)
    make_room(len(sealed))
    name = folder() / file_name
    with os.fdopen(
        os.open(f"{name}.part", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
    ) as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())
    Path(f"{name}.part").rename(f"{name}.request")
    sync_folder()


def make_room(size: int) -> None:
    if time.monotonic() - _memory.counted_at >= COUNT_SECONDS:
        with os.scandir(folder()) as entries:
            _memory.used = sum(entry.stat().st_size for entry in entries)
        _memory.counted_at = time.monotonic()
    _memory.used += size
    if _memory.used > settings.SPOOL_BYTES:
        raise Full


def sync_folder() -> None:
    """The names are on the disk too."""
    descriptor = os.open(folder(), os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def waiting() -> Iterator[Path]:
    """The requests in the order of their arrival."""
    return iter(sorted(folder().glob("*.request"))) if folder().is_dir() else iter(())


def put_asides() -> Iterator[Path]:
    """Those that will never be understood."""
    return folder().glob("*.failed") if folder().is_dir() else iter(())


def opened(path: Path) -> tuple[dict, bytes, datetime]:
    """The request's headers, its body, and when it came."""
    record = json.loads(unseal(path.read_bytes(), place=PLACE, row=[path.stem]))
    return (
        record["meta"],
        base64.b64decode(record["body"]),
        datetime.fromisoformat(record["received_at"]),
    )


def put_aside(path: Path) -> None:
    """It will never be understood, and must not hold up the others; an operator finds it beside
    them."""
    path.rename(path.with_suffix(".failed"))
