"""What waited in the spool goes through its door, as if it had just come in at the moment it
did."""

import fcntl
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from django.core.handlers.wsgi import WSGIRequest

from integrations.doors import spool
from integrations.doors.formats import Format, formats
from integrations.doors.problems import Refused, as_refused
from integrations.doors.webhooks import LATER, take

log = structlog.get_logger("hutong.doors")

MOST_AT_ONCE = 500


def ingest_spooled(limit: int = MOST_AT_ONCE) -> int:
    """Ingest what waits, oldest first; how many requests left the spool."""
    if next(spool.waiting(), None) is None:
        return 0
    with alone() as is_ours:
        return drain(limit) if is_ours else 0


@contextmanager
def alone() -> Iterator[bool]:
    """One reader at a time: a second one would only do the same work again."""
    with (spool.folder() / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def drain(limit: int) -> int:
    """Up to `limit` requests have left the spool, oldest first; how many. It ends early where the
    database is still away."""
    doors = [door for entry in formats for door in entry.doors()]
    done = 0
    for path in spool.waiting():
        if done == limit or not process_file(path, doors):
            break
        done += 1
    return done


def process_file(path: Path, doors: list[Format]) -> bool:
    """The request is committed, refused for good or put aside, and its file is gone from the spool.
    False: the database is still away, the file stays, and the rest can wait too."""
    try:
        ingest(path, doors)
    except Exception as error:  # whatever it is, the requests behind it must get through
        refused = as_refused(error)
        if refused is not None and refused.status in LATER:
            return False
        if refused is None or refused.status in LATER:
            log.exception("a spooled request fails and is put aside", file=path.name)
            spool.put_aside(path)
            return True
        log.warning("a spooled request was refused", code=refused.code)
    # after the commit: dying in between means that it is ingested again, and the ledger says no
    path.unlink()
    return True


def ingest(path: Path, doors: list[Format]) -> None:
    meta, body, received_at = spool.opened(path)
    door = next((one for one in doors if one.serves(meta["PATH_INFO"])), None)
    if door is None:
        raise Refused("There is no such door.")
    request = WSGIRequest({**meta, "wsgi.input": io.BytesIO(body)})
    take(door, request, body, door.authenticate(request, body), received_at)
