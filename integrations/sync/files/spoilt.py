"""What spreadsheets make of values: recognised, repaired where nothing is lost, else refused in
words.

A number that names somebody or something (a phone, a member id, an order's number) has its digits
or is refused; nothing is guessed.
"""

import re
from collections import Counter
from collections.abc import Sequence

from django.utils.translation import gettext as _

from integrations.sync.files.reading import xlsx

SCIENTIFIC = re.compile(r"([0-9])(?:\.([0-9]+))?[eE]\+?([0-9]{1,3})").fullmatch
WHOLE = re.compile(r"([0-9]+)\.0+").fullmatch
ERRORS = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}
)
NOTHING = frozenset({"", "-", "--", "—", "——", "null", "none", "nan", "n/a", "\\n", "(null)"})
KNOWN_DIGITS = 15  # what a spreadsheet keeps of a number
MARKS = "'\u200b\ufeff\u202d\u202c\u00a0 \t\r\n`"
CONTROL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), " ")
SERIAL = re.compile(r"[1-9][0-9]{4}(?:\.[0-9]+)?").fullmatch
FIRST_SERIAL, LAST_SERIAL = 10_000, 80_000  # 1927 to 2119


class Spoilt(ValueError):
    """This value cannot be taken; in words for whoever brought the file."""


def clean(text: str) -> str:
    """What stands in the cell: without what nobody sees, "" where it stands for nothing. Raises
    Spoilt."""
    text = text.translate(CONTROL).strip(MARKS)
    if text.startswith('="') and text.endswith('"'):  # by which programs keep a text a text
        text = text[2:-1]
    if text in ERRORS:
        raise Spoilt(_("The spreadsheet shows an error here instead of a value."))
    if text == xlsx.NO_RESULT:
        raise Spoilt(_("A formula without its result: open the file once in Excel and save it."))
    return "" if text.lower() in NOTHING else text


def key(text: str, *, is_rounded: bool = False, width: int = 0) -> str:
    """A text that names something, with all its digits. `is_rounded`: the column's long numbers end
    in zeros; `width`: it is filled up with zeros to so many digits. Raises Spoilt."""
    if whole := WHOLE(text):
        text = whole[1]
    elif found := SCIENTIFIC(text):
        first, rest, power = found[1], found[2] or "", int(found[3])
        if len(rest) != power or len(rest) < 6 or power >= KNOWN_DIGITS:
            raise Spoilt(
                _(
                    "The spreadsheet has shortened this number, its digits are lost: format the"
                    " column as text where the file is made, and save it again."
                )
            )
        text = first + rest
    if is_rounded and is_cut(text):
        raise Spoilt(
            _(
                "The spreadsheet keeps only 15 digits of a number, the rest became zeros: format"
                " the column as text where the file is made, and save it again."
            )
        )
    return text.zfill(width) if width and text.isdigit() else text


def is_cut(text: str) -> bool:
    """Whether a number has more digits than a spreadsheet keeps, and zeros for the rest."""
    return text.isdigit() and len(text) > KNOWN_DIGITS and set(text[KNOWN_DIGITS:]) == {"0"}


def are_rounded(texts: Sequence[str]) -> bool:
    """Whether the long numbers of a column were cut: all of them end in zeros, and they are several
    or the zeros are many."""
    long = [one for one in texts if one.isdigit() and len(one) > KNOWN_DIGITS]
    return bool(long) and all(map(is_cut, long)) and sum(len(t) - 15 for t in long) >= 3


def lost_zeros(texts: Sequence[str]) -> int:
    """How many digits the numbers of a column should have, where some have lost zeros at their
    beginning: most have so many, a few have fewer; 0 where it does not look so."""
    widths = Counter(len(one) for one in texts if one.isdigit())
    if len(widths) < 2 or sum(widths.values()) < 5:
        return 0
    [(width, most)] = widths.most_common(1)
    is_longest = width == max(widths)
    return width if is_longest and width >= 4 and most * 10 >= sum(widths.values()) * 7 else 0


def serial(text: str) -> str:
    """A spreadsheet's number of days as a date; "" where it is none."""
    if SERIAL(text) and FIRST_SERIAL <= float(text) <= LAST_SERIAL:
        return xlsx.dated(text)
    return ""
