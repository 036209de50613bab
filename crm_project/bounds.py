"""Numbers in what comes from outside: small enough for whoever computes with them next, or none.

Decimal takes `9e999999` in a microsecond and then needs minutes for its digits; `int` reads ten
thousand of them, `１２` and `1_0`. So no text becomes a number but here.
"""

import re
from decimal import Decimal

MOST_DIGITS = (
    30  # before the point: far above any count or amount, and as many as our SQL reads in a text
)
MOST_PLACES = 400  # after it: the smallest number that JSON can say has so many
MOST_CHARACTERS = 100
MOST_ROW = 2**63 - 1

_number = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?").fullmatch


def number_in(said) -> Decimal | None:
    """The number that a text or a number of JSON says; None where it says none, or one with more
    digits than anybody counts."""
    if isinstance(said, bool) or (isinstance(said, int) and abs(said) >= 10**MOST_DIGITS):
        return None
    text = (
        said.strip()
        if isinstance(said, str)
        else str(said)
        if isinstance(said, int | float | Decimal)
        else ""
    )
    if len(text) > MOST_CHARACTERS or not _number(text):
        return None
    number = Decimal(text)
    return (
        number
        if number.adjusted() < MOST_DIGITS and number.as_tuple().exponent >= -MOST_PLACES
        else None
    )


def whole_in(said, *, least: int = 0, most: int = MOST_ROW) -> int | None:
    """The whole number that a text of nothing but digits says; None for anything else. As it
    stands, it is the number of a row or none."""
    text = (
        said
        if isinstance(said, str)
        else str(said)
        if type(said) is int and abs(said) <= MOST_ROW
        else ""
    )
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(MOST_ROW)):
        return None
    return int(text) if least <= int(text) <= most else None
