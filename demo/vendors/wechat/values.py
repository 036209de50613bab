"""What may stand in a subscribe message: a rule for each kind of keyword (`thing1` is a thing)."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date

CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?"
DAY = re.compile(
    r"(?P<y1>\d{4})年(?P<m1>\d{1,2})月(?:(?P<d1>\d{1,2})日)?"
    r"|(?P<m2>\d{1,2})月(?P<d2>\d{1,2})日"
    r"|(?P<y3>\d{4})(?P<s>[-/.])(?P<m3>\d{1,2})(?:(?P=s)(?P<d3>\d{1,2}))?"
    r"|(?P<m4>\d{1,2})[-/.](?P<d4>\d{1,2})"
)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
AMOUNT = re.compile(r"(?P<sign>\D?)(?P<whole>\d{1,10})(?:\.\d+)?元?", re.ASCII)
KEYWORD = re.compile(r"(?P<kind>[a-z_]+?)(?P<number>\d+)")


def is_chinese(char: str) -> bool:
    return "㐀" <= char <= "鿿" or "豈" <= char <= "﫿" or char >= "\U00020000" or char == "〇"


def is_letter(char: str) -> bool:
    return char.isascii() and char.isalpha()


def is_digit(char: str) -> bool:
    return char.isascii() and char.isdigit()


def is_symbol(char: str) -> bool:
    """Neither Chinese, nor a letter, nor a digit; a blank counts as one."""
    return char == " " or unicodedata.category(char)[0] in "PS"


def only(*kinds: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda value: all(any(kind(char) for kind in kinds) for char in value)


def is_day(text: str) -> bool:
    if not (found := DAY.fullmatch(text)):
        return False
    given = found.groupdict().items()
    part = {name[0]: int(value) for name, value in given if value and name != "s"}
    try:
        date(part.get("y", 2000), part["m"], part.get("d", 1))
    except ValueError:
        return False
    return True


def is_moment(text: str, *, day_needed: bool) -> bool:
    """A day, a time of day, or both, with or without a blank between them."""
    day, time = re.fullmatch(rf"(.*?)\s?({CLOCK})?", text, re.DOTALL).groups()
    if not day:
        return bool(time) and not day_needed
    return is_day(day) and (day_needed or bool(time))


def is_range(text: str, *, day_needed: bool) -> bool:
    """One moment, or two with `~` between them, of which the second may leave the day out."""
    first, *rest = (part.strip() for part in text.split("~"))
    if len(rest) > 1 or not is_moment(first, day_needed=day_needed):
        return False
    return not rest or any(is_moment(rest[0], day_needed=needed) for needed in (False, True))


def is_amount(value: str) -> bool:
    found = AMOUNT.fullmatch(value)
    return bool(found) and (not found["sign"] or unicodedata.category(found["sign"]) == "Sc")


def is_name(value: str) -> bool:
    """Up to 10 characters with Chinese among them, up to 20 without; never a digit."""
    if not only(is_chinese, is_letter, is_symbol)(value):
        return False
    return len(value) <= (10 if any(map(is_chinese, value)) else 20)


def is_plate(value: str) -> bool:
    """Chinese only at the ends, as in 粤A8Z888挂."""
    inner, plain = value[1:-1], only(is_letter, is_digit)
    return len(value) <= 8 and plain(inner) and only(is_chinese, is_letter, is_digit)(value)


def is_string(value: str) -> bool:
    return len(value) <= 32 and only(is_letter, is_digit, is_symbol)(value)


def is_phone(value: str) -> bool:
    return len(value) <= 17 and any(map(is_digit, value)) and only(is_digit, is_symbol)(value)


RULES: dict[str, Callable[[str], bool]] = {
    "thing": lambda value: len(value) <= 20,
    "number": lambda value: bool(NUMBER.fullmatch(value)) and sum(map(is_digit, value)) <= 32,
    "letter": lambda value: len(value) <= 32 and only(is_letter)(value),
    "symbol": lambda value: len(value) <= 5 and only(is_symbol)(value),
    "character_string": is_string,
    "time": lambda value: is_range(value, day_needed=False),
    "date": lambda value: is_range(value, day_needed=True),
    "amount": is_amount,
    "phone_number": is_phone,
    "car_number": is_plate,
    "name": is_name,
    "phrase": lambda value: len(value) <= 5 and only(is_chinese)(value),
}
ENUMS = ("enum", "enum_string")


def kind_of(keyword: str) -> str:
    return KEYWORD.fullmatch(keyword)["kind"]


def is_good(keyword: str, value: str, choices: list[str]) -> bool:
    """`choices` are the values that an enum may have."""
    if any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in value):
        return False
    kind = kind_of(keyword)
    return value in choices if kind in ENUMS else RULES[kind](value)


def fault(keywords: list[str], choices: dict[str, list[str]], data: object) -> str | None:
    """What is wrong with a message's data, in the platform's words, which name the keyword."""
    if not isinstance(data, dict):
        return "data is not an object"
    for keyword in keywords:
        given = data.get(keyword)
        value = given.get("value") if isinstance(given, dict) else None
        if value is None or value == "":
            return f"data.{keyword}.value is empty"
        if not isinstance(value, str) or not is_good(keyword, value, choices.get(keyword, [])):
            return f"data.{keyword}.value invalid"
    if unknown := [key for key in data if key not in keywords]:
        return f"data.{unknown[0]} is not in the template"
    return None
