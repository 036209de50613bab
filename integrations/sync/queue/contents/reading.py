"""What the ways to write changes have in common: JSON objects, names, moments, positions."""

import re
from datetime import datetime, timedelta

import msgspec

from events.timing import EPOCH
from integrations.native.complaints import is_too_deep
from integrations.sync.tables.changes import NotAChange

LONGEST_NAME = 64  # of a table or database in MySQL; PostgreSQL's are shorter
MOST_COLUMNS = 2000
FILE_NUMBER = re.compile(r"\.([0-9]{1,9})$")
ROOM = 1 << 36  # of one file of the log: above any size that MySQL lets it have
YEARS = 200  # from 1970: no log is from later
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def opened(body: bytes) -> dict:
    """The message as an object. Raises NotAChange."""
    if is_too_deep(body):
        raise NotAChange("too_deep", "$", "Nested too deep.")
    try:
        said = msgspec.json.decode(body)
    except UNREADABLE:
        raise NotAChange("invalid_json", "$", "The message is not JSON in UTF-8.") from None
    if not isinstance(said, dict):
        raise NotAChange("wrong_type", "$", "The message is no object.")
    return said


def named(said: dict, key: str, path: str = "$") -> str:
    value = said.get(key)
    if not isinstance(value, str) or not value or len(value) > LONGEST_NAME:
        raise NotAChange("missing_field", f"{path}.{key}", "This names the table: it is needed.")
    return value


def row_in(value, path: str) -> dict:
    if not isinstance(value, dict) or not value:
        raise NotAChange("wrong_type", path, "A row is an object of columns.")
    if len(value) > MOST_COLUMNS:
        raise NotAChange("too_many_keys", path, f"A row may have {MOST_COLUMNS} columns.")
    return value


def moment(value, path: str, *, per_second: int) -> datetime:
    """From a number of seconds or their fractions since 1970."""
    if type(value) not in (int, float) or not 0 <= value / per_second < YEARS * 366 * 86_400:
        raise NotAChange("invalid_time", path, "This is a number since 1970: when it happened.")
    return EPOCH + timedelta(microseconds=round(value * 1_000_000 / per_second))


def of_file(name, offset) -> int | None:
    """A place in MySQL's log as one number that grows; None where it is not told."""
    number = FILE_NUMBER.search(name) if isinstance(name, str) else None
    if number is None or type(offset) is not int or not 0 <= offset < ROOM:
        return None
    position = int(number[1]) * ROOM + offset
    return position if position < 2**63 else None
