"""Quarantined bytes as staff may see them: enough to find the mistake, with everything covered that
may name a person."""

import json

from customers.privacy.personal import kind_of
from customers.privacy.sealing import COVER
from customers.privacy.sealing import scrubbed as covered
from integrations.doors.problems import Refused

MOST_SHOWN = 8000
NAMES = frozenset({"name", "nickname", "nick_name", "first_name", "last_name", "username"})
KEYS = frozenset({"writekey", "token", "authorization", "password", "secret"})


def readable(door, raw: bytes) -> str:
    """What came in as text: unpacked and laid out where it can be read, else byte by byte."""
    try:
        content = door.unpack(None, raw) if door else raw
    except Refused:
        content = raw
    try:
        text = json.dumps(masked(json.loads(content)), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        text = covered(content[: 2 * MOST_SHOWN].decode("utf-8", "backslashreplace"))
    text = text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\0")
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}\n…"


def masked(value, key: str = ""):
    """Every value in its place; personal ones, long numbers and addresses covered."""
    if isinstance(value, dict):
        return {covered(name): masked(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner, key) for inner in value]
    if kind_of(key, value) or key.lower() in NAMES or key.lower() in KEYS:
        return COVER if value not in (None, "") else value
    if isinstance(value, str):
        return covered(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**10:
        return covered(str(value))
    return value
