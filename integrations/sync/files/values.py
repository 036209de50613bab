"""What stands in a cell, as the value that it means: texts, moments, money, yes and no."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from customers.workspace.moments import moment_in
from events.timing import EPOCH
from integrations.sync.files import spoilt
from integrations.sync.files.guessing import simplified
from integrations.sync.files.spoilt import Spoilt

YUAN, FEN = "yuan", "fen"
YMD, DMY, MDY = "ymd", "dmy", "mdy"
MOST_FEN = 10**15
LONGEST = 500  # characters of a text
YES = frozenset({"是", "有", "对", "真", "yes", "y", "true", "t", "1", "on", "√", "同意", "已同意"})
NO = frozenset(
    {"否", "无", "没有", "假", "no", "n", "false", "f", "0", "off", "×", "不同意", "拒绝"}
)
MONEY = re.compile(r"[¥￥$€元圆块RMBCNYrmbcny,，\s]")
NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?").fullmatch
SEPARATORS = re.compile(r"[,，;；、|/\n]+")
DATE = re.compile(
    r"(?P<a>[0-9]{1,4})\s*[-/.年]\s*(?P<b>[0-9]{1,2})\s*[-/.月]\s*(?P<c>[0-9]{1,4})\s*日?号?"
    r"(?:[T\s]*(?P<half>上午|下午|AM|PM|am|pm)?\s*(?P<H>[0-9]{1,2})\s*[:：时点]\s*(?P<M>[0-9]{1,2})"
    r"(?:\s*[:：分]\s*(?P<S>[0-9]{1,2})(?:\.[0-9]+)?秒?)?分?\s*(?P<late>AM|PM|am|pm)?)?"
).fullmatch
COMPACT = re.compile(
    r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})(?:([0-9]{2})([0-9]{2})([0-9]{2})?)?"
).fullmatch
EPOCHAL = re.compile(r"1[0-9]{9}(?:[0-9]{3})?").fullmatch
AFTERNOON = frozenset({"下午", "PM", "pm"})


@dataclass(frozen=True)
class Reading:
    """How the cells of a column are read."""

    unit: str = YUAN
    order: str = YMD  # of day, month and year where a date begins with no year
    is_rounded: bool = False
    width: int = 0
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))


def text(cell: str, _how: Reading) -> str:
    if len(cell) > LONGEST:
        raise Spoilt(_("Longer than %(n)d characters.") % {"n": LONGEST})
    return cell


def key(cell: str, how: Reading) -> str:
    return text(spoilt.key(cell, is_rounded=how.is_rounded, width=how.width), how)


def many(cell: str, how: Reading) -> list[str]:
    """Several words in one cell."""
    return list(dict.fromkeys(filter(None, (one.strip() for one in SEPARATORS.split(cell)))))


def money(cell: str, how: Reading) -> int:
    """In fen; a fraction of a fen is refused, since then the unit is wrong, or the number."""
    try:
        amount = Decimal(MONEY.sub("", cell))
    except InvalidOperation:
        raise Spoilt(_("This is no amount of money.")) from None
    exact = amount * 100 if how.unit == YUAN else amount
    if not exact.is_finite() or abs(exact) > MOST_FEN:
        raise Spoilt(_("This is no amount of money."))
    whole = int(exact.to_integral_value(ROUND_HALF_UP))
    if abs(exact - whole) > Decimal("0.0001"):
        raise Spoilt(_("Fen have no fractions: is the unit of money right?"))
    return whole


def whole_number(cell: str, how: Reading) -> int:
    found = number(cell, how)
    if not isinstance(found, int):
        raise Spoilt(_("This is no whole number."))
    return found


def number(cell: str, _how: Reading) -> int | float:
    plain = cell.replace(",", "").replace("，", "").strip()
    if not NUMBER(plain) or len(plain) > 18:
        raise Spoilt(_("This is no number."))
    value = float(plain)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def flag(cell: str, _how: Reading) -> bool:
    said = cell.lower()
    if said in YES or said in NO:
        return said in YES
    raise Spoilt(_("This is neither yes nor no."))


def moment(cell: str, how: Reading) -> datetime:
    """In UTC; without a zone it is a time of the workspace. Raises Spoilt."""
    found = local(cell, how)
    if found.tzinfo is None:
        found = moment_in(how.zone, found)
    found = found.astimezone(UTC)
    if found < EPOCH:
        raise Spoilt(_("A time before 1970."))
    return found


def date(cell: str, how: Reading) -> str:
    """A day as attributes keep it: 1990-05-07."""
    return f"{local(cell, how):%Y-%m-%d}"


def local(cell: str, how: Reading) -> datetime:
    """What the cell says, in whatever spelling; a spreadsheet's number of days too."""
    try:
        if serial := spoilt.serial(cell):
            return datetime.fromisoformat(serial)
        if EPOCHAL(cell):
            return datetime.fromtimestamp(int(cell[:10]), UTC)
        if found := COMPACT(cell):
            return datetime(*(int(one or 0) for one in found.groups()))  # noqa: DTZ001 -- local
        if found := DATE(cell):
            return spelled(found, how.order)
        return datetime.fromisoformat(cell)
    except (ValueError, OverflowError):
        raise Spoilt(_("This is no date that can be read, such as 2024-05-01.")) from None


def spelled(found: re.Match, order: str) -> datetime:
    a, b, c = found["a"], found["b"], found["c"]
    if len(a) == 4:
        year, month, day = a, b, c
    elif len(c) == 4 and order != YMD:
        year, month, day = (c, b, a) if order == DMY else (c, a, b)
    else:
        raise ValueError
    hour, half = int(found["H"] or 0), {found["half"], found["late"]}
    if half & AFTERNOON and hour < 12:
        hour += 12
    elif half & {"AM", "am"} and hour == 12:
        hour = 0
    parts = (int(year), int(month), int(day), hour, int(found["M"] or 0), int(found["S"] or 0))
    return datetime(*parts)  # noqa: DTZ001 -- local


def order_of(cells: Sequence[str]) -> str:
    """In which order day, month and year stand: YMD unless the year comes last; "" where both
    others would do."""
    found = [
        one for cell in cells if (one := DATE(cell)) and len(one["c"]) == 4 and len(one["a"]) < 3
    ]
    if not found:
        return YMD
    if any(int(one["a"]) > 12 for one in found):
        return DMY
    return MDY if any(int(one["b"]) > 12 for one in found) else ""


def chosen(cell: str, choices: Mapping[str, Sequence[str]]) -> str:
    """The value that this word means."""
    said = simplified(cell)
    for value, words in choices.items():
        if said == simplified(value) or said in map(simplified, words):
            return value
    raise Spoilt(
        _("This is none of: %(words)s.")
        % {"words": ", ".join(words[0] for words in choices.values())}
    )


READERS: dict[str, Any] = {
    "text": text,
    "key": key,
    "many": many,
    "money": money,
    "whole": whole_number,
    "number": number,
    "flag": flag,
    "moment": moment,
    "date": date,
}


def read(kind: str, cell: str, how: Reading, choices: Mapping | None = None) -> Any:
    """The value of a cell that `spoilt.clean` has left something of. Raises Spoilt."""
    return chosen(cell, choices) if choices else READERS[kind](cell, how)
