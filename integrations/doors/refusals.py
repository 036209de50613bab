"""The last refusals of each source, and warnings about what was stored, for the page where a
developer connects it: code, place and time, nothing of the content.

They are a help and no record: a ring of twenty in the cache, gone with it.
"""

import re
import time
from collections import Counter
from datetime import UTC, datetime

from django.core.cache import cache

from crm_project.db.clock import reckoned_now
from customers.models import Source
from integrations.doors import signatures
from integrations.doors.throttle import CACHE_ERRORS, raised

MOST = 20
SECONDS = 24 * 3600

# A key that a developer chose reads like a name in a program; anything else may be a person's.
_plain = re.compile(r"[$A-Za-z_][$A-Za-z0-9_-]{0,39}(?:\[[0-9]{1,6}\])*").fullmatch
_number = re.compile(r"[0-9]{5}")


def shown_path(path: str) -> str:
    """The place of a mistake without what a sender may have written into it."""
    parts = (
        [part if _plain(part) and not _number.search(part) else "…" for part in path.split(".")]
        if path
        else []
    )
    return ".".join(parts)[:200]


def note(source: Source, code: str, path: str = "", *, is_warning: bool = False) -> None:
    """One more refusal of this source; without the cache it is forgotten."""
    try:
        slot = raised(f"refusals:{source.pk}", 1, seconds=SECONDS) % MOST
        row = {
            "code": code,
            "path": shown_path(path),
            "at": reckoned_now().timestamp(),
            "is_warning": is_warning,
        }
        cache.set(f"refusal:{source.pk}:{slot}", row, timeout=SECONDS)
    except CACHE_ERRORS:
        return


def last(source: Source) -> list[dict]:
    """The newest first."""
    try:
        rows = cache.get_many([f"refusal:{source.pk}:{slot}" for slot in range(MOST)]).values()
    except CACHE_ERRORS:
        return []
    newest = sorted(rows, key=lambda row: row["at"], reverse=True)
    return [{**row, "at": datetime.fromtimestamp(row["at"], UTC)} for row in newest]


def counted(sources: list[Source]) -> list[tuple[Source, int]]:
    """The sources of which something was refused, with how much of it is remembered (up to MOST),
    the most first; without the cache nobody is said to be refused."""
    keys = {f"refusal:{source.pk}:{slot}": source.pk for source in sources for slot in range(MOST)}
    try:
        rows = cache.get_many(keys)
    except CACHE_ERRORS:
        return []
    numbers = Counter(keys[key] for key, row in rows.items() if not row.get("is_warning"))
    found = [(source, numbers[source.pk]) for source in sources if numbers[source.pk]]
    return sorted(found, key=lambda pair: -pair[1])


def why_unsigned(headers) -> str:
    """For the owner of the source, who may know what the caller must not be told."""
    if not all(headers.get(name) for name in signatures.NAMES):
        return "signature_missing"
    stamp = headers["webhook-timestamp"]
    if (
        not (stamp.isascii() and stamp.isdigit())
        or abs(time.time() - int(stamp[:12])) > signatures.TOLERANCE_SECONDS
    ):
        return "clock_off"
    return "signature_wrong"
