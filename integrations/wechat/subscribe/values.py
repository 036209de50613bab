"""What may stand in a subscribe message: a rule for each kind of keyword, and the words by which it
is told. WeChat refuses the whole message for one value that breaks its rule."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LONGEST_THING = 20
_BLANKS = re.compile(r"\s+")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?").fullmatch
_AMOUNT = re.compile(r"(?P<sign>[^0-9])?(?P<whole>[0-9]{1,10})(\.[0-9]{1,2})?元?").fullmatch
_TIME = r"([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?"
_DAY = (
    r"(?P<year>[0-9]{4})年(?P<month>[0-9]{1,2})月((?P<day>[0-9]{1,2})日)?"
    r"|(?P<month2>[0-9]{1,2})月(?P<day2>[0-9]{1,2})日"
    r"|(?P<year3>[0-9]{4})(?P<mark>[-/.])(?P<month3>[0-9]{1,2})((?P=mark)(?P<day3>[0-9]{1,2}))?"
    r"|(?P<month4>[0-9]{1,2})[-/.](?P<day4>[0-9]{1,2})"
)
_is_time = re.compile(_TIME).fullmatch
_in_day = re.compile(_DAY).fullmatch
_moment = re.compile(rf"(?P<date>.*?)\s?(?P<time>{_TIME})?", re.DOTALL).fullmatch


class Rule(NamedTuple):
    holds: Callable[[str], bool]
    words: str | Promise


def is_chinese(char: str) -> bool:
    return (
        "\u3400" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" or char >= "\U00020000"
    ) or char == "〇"


def is_letter(char: str) -> bool:
    return char.isascii() and char.isalpha()


def is_digit(char: str) -> bool:
    return char.isascii() and char.isdigit()


def is_mark(char: str) -> bool:
    return char == " " or unicodedata.category(char)[0] in "PS"


def made_of(*kinds: Callable[[str], bool]) -> Callable[[str], bool]:
    def holds(text: str) -> bool:
        return all(any(kind(char) for kind in kinds) for char in text)

    return holds


def is_day(text: str) -> bool:
    found = _in_day(text)
    if not found:
        return False
    given = {
        name.rstrip("234"): int(value)
        for name, value in found.groupdict().items()
        if value and name != "mark"
    }
    try:
        date(given.get("year", 2000), given["month"], given.get("day", 1))
    except ValueError:
        return False
    return True


def is_moment(text: str, *, needs_day: bool) -> bool:
    parts = _moment(text)
    day, time = (parts["date"], parts["time"]) if parts else ("", None)
    if not day:
        return bool(time) and not needs_day
    return is_day(day) and (needs_day or bool(time))


def is_span(text: str, *, needs_day: bool) -> bool:
    """One moment, or two with ~ between them; the second may leave out the day."""
    first, *rest = (part.strip() for part in text.split("~"))
    if len(rest) > 1 or not is_moment(first, needs_day=needs_day):
        return False
    return not rest or any(is_moment(rest[0], needs_day=needed) for needed in (True, False))


def is_amount(text: str) -> bool:
    found = _AMOUNT(text)
    return bool(found) and (not found["sign"] or unicodedata.category(found["sign"]) == "Sc")


def is_name(text: str) -> bool:
    most = 10 if any(map(is_chinese, text)) else 20
    return len(text) <= most and made_of(is_chinese, is_letter, is_mark)(text)


def is_plate(text: str) -> bool:
    inside, plain = text[1:-1], made_of(is_letter, is_digit)
    return len(text) <= 8 and plain(inside) and made_of(is_chinese, is_letter, is_digit)(text)


def is_phone(text: str) -> bool:
    return len(text) <= 17 and any(map(is_digit, text)) and made_of(is_digit, is_mark)(text)


def at_most(most: int, holds: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda text: len(text) <= most and holds(text)


RULES: dict[str, Rule] = {
    "thing": Rule(lambda text: len(text) <= LONGEST_THING, _("at most 20 characters")),
    "number": Rule(
        lambda text: bool(_NUMBER(text)) and sum(map(is_digit, text)) <= 32,
        _("a number of at most 32 digits"),
    ),
    "letter": Rule(at_most(32, made_of(is_letter)), _("at most 32 letters")),
    "symbol": Rule(at_most(5, made_of(is_mark)), _("at most 5 symbols")),
    "character_string": Rule(
        at_most(32, made_of(is_digit, is_letter, is_mark)),
        _("at most 32 digits, letters and symbols, no Chinese"),
    ),
    "time": Rule(
        lambda text: is_span(text, needs_day=False),
        _("a time like 15:01, or 2019年10月1日 15:01; two with ~ between them"),
    ),
    "date": Rule(
        lambda text: is_span(text, needs_day=True),
        _("a date like 2019年10月1日 or 2019-10-01, with a time or without"),
    ),
    "amount": Rule(is_amount, _("a sum like ￥12.30 or 12.30元, at most 10 digits")),
    "phone_number": Rule(is_phone, _("at most 17 digits and symbols")),
    "car_number": Rule(is_plate, _("a number plate of at most 8 characters")),
    "name": Rule(is_name, _("at most 10 Chinese characters or 20 letters, no digits")),
    "phrase": Rule(at_most(5, made_of(is_chinese)), _("at most 5 Chinese characters")),
}
ENUMS = frozenset({"enum", "enum_string"})
ONE_OF = _("one of: %(choices)s")
UNKNOWN = _("a kind of value that is not known here")


def shaped(kind: str, text: str) -> str:
    """As it is sent: on one line, and a thing that is too long ends in an ellipsis."""
    text = _BLANKS.sub(" ", "".join(c if is_plain(c) else " " for c in text)).strip()
    if kind == "thing" and len(text) > LONGEST_THING:
        text = text[: LONGEST_THING - 1].rstrip() + "…"
    return text


def is_plain(char: str) -> bool:
    return unicodedata.category(char) not in {"Cc", "Cs", "Zl", "Zp"}


def is_good(keyword: dict, text: str) -> bool:
    """What is shaped already may be sent under this keyword of a template."""
    if not text or not all(map(is_plain, text)):
        return False
    if keyword["kind"] in ENUMS:
        return text in keyword["choices"]
    rule = RULES.get(keyword["kind"])
    return bool(rule and rule.holds(text))


def in_words(keyword: dict) -> str:
    """What may stand there."""
    if keyword["kind"] in ENUMS:
        return str(ONE_OF) % {"choices": "、".join(keyword["choices"])}
    rule = RULES.get(keyword["kind"])
    return str(rule.words if rule else UNKNOWN)
