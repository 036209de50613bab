"""Values of foreign columns as ours: money, moments, flags, texts."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from crm_project.bounds import number_in
from events.timing import EPOCH
from integrations.doors.reading import commerce
from integrations.doors.reading.free_json import Unfit
from integrations.models import TableMapping

# Numbers of a moment by their size, in seconds: 10^11 seconds are the year 5138.
SCALES = ((10**17, 10**9), (10**14, 10**6), (10**11, 10**3))
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
ZERO_DATE = re.compile(r"0000-00-00").match  # what MySQL keeps where there is no date
TRUE, FALSE = (
    frozenset({"1", "true", "t", "y", "yes", "on"}),
    frozenset({"0", "false", "f", "n", "no", "off"}),
)


def text(value, path: str) -> str:
    """Numbers are their digits; nothing is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float | Decimal):
        return storable(str(value).strip(), path)
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise Unfit("wrong_type", path, "This column holds no single value.")


def storable(said: str, path: str) -> str:
    if "\x00" in said or any("\ud800" <= c <= "\udfff" for c in said):
        raise Unfit("invalid_text", path, "Text must be without NUL and without lone surrogates.")
    return said


def money(value, mapping: TableMapping, path: str) -> int | None:
    """In fen, by the mapping's unit; None where nothing is said."""
    if value is None or value == "":
        return None
    found = commerce.fen(value, mapping, path, [], is_sure=True)
    if found is None:
        raise Unfit("wrong_type", path, f"This is an amount between 0 and {commerce.MOST_FEN} fen.")
    return found


def whole(value, path: str) -> int | None:
    if value is None or value == "":
        return None
    number = number_in(value)
    if number is None or number != number.to_integral_value():
        raise Unfit("wrong_type", path, "This is a whole number.")
    return int(number)


def flag(value, path: str) -> bool | None:
    """A bit of MySQL may come as a byte."""
    if value is None or value == "":
        return None
    said = value if isinstance(value, str) else text(value, path)
    said = {"\x00": "0", "\x01": "1"}.get(said, said).strip().lower()
    if said in TRUE or said in FALSE:
        return said in TRUE
    raise Unfit("wrong_type", path, "This is yes or no: 1 or 0, true or false.")


def moment(value, mapping: TableMapping, path: str) -> datetime | None:
    """In UTC; a time without a zone is of the mapping's. MySQL's date of zeros says nothing."""
    if value is None or value == "" or (isinstance(value, str) and ZERO_DATE(value)):
        return None
    zone = ZoneInfo(mapping.time_zone)
    try:
        said = read_moment(value, mapping)
        found = (said if said.tzinfo else said.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        raise Unfit(
            "invalid_time",
            path,
            "This is neither a date and time nor a number of seconds or milliseconds since 1970.",
        ) from None
    if not EPOCH <= found < LATEST:
        raise Unfit("out_of_range", path, "The time must lie between 1970 and 2200.")
    return found


def read_moment(value, mapping: TableMapping) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 -- of the mapping's zone
    number = number_in(value)
    if number is None:
        return datetime.fromisoformat(value.strip())
    scale = next((scale for least, scale in SCALES if abs(number) >= least), 1)
    said = EPOCH + timedelta(microseconds=int(number * 1_000_000 / scale))
    is_wall = mapping.numbers == TableMapping.Numbers.WALL
    return said.replace(tzinfo=None) if is_wall else said
