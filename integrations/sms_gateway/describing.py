"""The words of the form: places that are filled in ({number}), paths into an answer (data.0.id)."""

import re
from functools import lru_cache

PLACES = {
    "number": "13800138000",
    "e164": "+8613800138000",
    "text": "【…】…",
    "kind": "promotion",
    "id": "1",
    "account": "",
    "time": "1796011200",
    "time_ms": "1796011200000",
    "nonce": "0",
}
SIGNED = {"time", "time_ms", "nonce", "account", "body", "fields", "secret", "number", "text"}
_place = re.compile(r"\{(\w+)\}")
_name = re.compile(r"[A-Za-z0-9_.\-\[\]]{1,60}").fullmatch
MOST_LINES = 30


def unknown(text: str, known) -> list[str]:
    return sorted(set(_place.findall(text)) - set(known))


def filled(text: str, values: dict[str, str]) -> str:
    """Once, from left to right: what is filled in is not read again."""
    return _place.sub(lambda found: values.get(found[1], found[0]), text)


def lines(text: str) -> dict[str, str]:
    """`name = value` in each line. Raises ValueError with the line that is none."""
    return dict(read_lines(text))


@lru_cache(maxsize=100)  # a form is read for every text that leaves by it
def read_lines(text: str) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        name, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not _name(name) or name in found or not value.isprintable():
            raise ValueError(line.strip()[:100])
        found[name] = value
    if len(found) > MOST_LINES:
        raise ValueError(f"{MOST_LINES}+")
    return tuple(found.items())


def looked_up(said: object, path: str) -> object:
    """What stands in an answer at `data.0.id`; None where nothing does."""
    for part in path.split("."):
        if isinstance(said, dict):
            said = said.get(part)
        elif isinstance(said, list) and part.isdecimal() and len(part) < 6:
            said = said[int(part)] if int(part) < len(said) else None
        else:
            return None
    return said


def plain(value: object) -> str:
    """A value of JSON as people write it."""
    if value is None or isinstance(value, dict | list):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
