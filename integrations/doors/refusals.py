"""The last refusals of each source, and warnings about what was stored, for the page where a
developer connects it: code, place and time, and, sealed and for an hour, what was sent, with
everything covered that may name a person.

They are a help and no record: a ring of twenty in the cache, gone with it.
"""

import json
import re
import time
from collections import Counter
from datetime import UTC, datetime

from django.core.cache import cache

from crm_project.db.clock import reckoned_now
from crm_project.queue.due import storable
from customers.models import Source
from customers.privacy.sealing import NotDecipherable, seal, unseal
from integrations.doors import masking, signatures
from integrations.doors.problems import Refused
from integrations.doors.throttle import CACHE_ERRORS, raised

MOST = 20
SECONDS = 24 * 3600
PAYLOAD_SECONDS = 3600
MOST_BODY, MOST_PAYLOAD = 256 * 1024, 2000
PLACE = "refusal"  # what a sealed payload is bound to

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


def payload(door, body: bytes | None, index: int | None = None) -> str:
    """What was sent, covered; of a batch the item in question. Nothing of what is too large to be
    looked at while its sender waits."""
    if not body or len(body) > MOST_BODY:
        return ""
    try:
        sent = json.loads(door.unpack(None, body))
        batch = sent.get("batch") if isinstance(sent, dict) else sent
        if index is not None and isinstance(batch, list) and index < len(batch):
            sent = batch[index]
        return json.dumps(masking.masked(sent), ensure_ascii=False, indent=2)[:MOST_PAYLOAD]
    except (ValueError, RecursionError, Refused):
        return ""


def note(
    source: Source, code: str, path: str = "", *, is_warning: bool = False, payload: str = ""
) -> None:
    """One more refusal of this source; without the cache it is forgotten."""
    try:
        slot = raised(f"refusals:{source.pk}", 1, seconds=SECONDS) % MOST
        row = {
            "code": code,
            "path": shown_path(path),
            "at": reckoned_now().timestamp(),
            "is_warning": is_warning,
            "has_payload": bool(payload),
        }
        cache.set(f"refusal:{source.pk}:{slot}", row, timeout=SECONDS)
        name = f"refusal-payload:{source.pk}:{slot}"
        if payload:
            sealed = seal(storable(payload), place=PLACE, row=[name])
            cache.set(name, sealed, timeout=PAYLOAD_SECONDS)
    except CACHE_ERRORS:
        return


def last(source: Source) -> list[dict]:
    """The newest first."""
    try:
        keys = [f"refusal:{source.pk}:{slot}" for slot in range(MOST)]
        kept = cache.get_many([*keys, *(payload_key(key) for key in keys)])
    except CACHE_ERRORS:
        return []
    rows = [{**kept[key], "payload": opened(payload_key(key), kept)} for key in keys if key in kept]
    newest = sorted(rows, key=lambda row: row["at"], reverse=True)
    return [{**row, "at": datetime.fromtimestamp(row["at"], UTC)} for row in newest]


def payload_key(key: str) -> str:
    return key.replace("refusal:", "refusal-payload:")


def opened(key: str, kept: dict) -> str:
    """Nothing of what is gone, or was sealed with another key."""
    row, sealed = kept[key.replace("refusal-payload:", "refusal:")], kept.get(key)
    if not sealed or not row.get("has_payload"):
        return ""
    try:
        return unseal(sealed, place=PLACE, row=[key])
    except NotDecipherable:
        return ""


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
