"""A file of people, read row by row from wherever somebody stopped: CSV or text, UTF-8 or GB18030.

In both no byte of a character is a line's end, so places in the file are bytes and lines are found
before they are decoded. A byte that is no character makes its own row unreadable, and no other.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import islice

from django.utils.translation import gettext as _

ENCODINGS = ("utf-8", "gb18030")
MARK = b"\xef\xbb\xbf"  # of UTF-8
DELIMITERS = ",;\t"
LOOKED_AT = 200  # lines, to find out by what the columns are divided
LONGEST = 1 << 20  # bytes of a line
# Excel's own first line, in whatever quotes and after blank lines.
SAID = re.compile(r"\s*\"?sep=(?P<delimiter>[,;\t|])\"?[ \r]*(?:\n|\Z)", re.IGNORECASE)


class CannotRead(ValueError):
    """The file is not what it should be; in words for a marketer."""


@dataclass(frozen=True)
class Shape:
    """How the file is written, and how many of its first rows are no people."""

    encoding: str
    delimiter: str
    headings: int


@dataclass(slots=True)
class Row:
    """A row that is not blank: its last line's number, the place behind it, its cells."""

    line: int
    after: int
    cells: list[str]


def shape_of(head: bytes, *, has_heading: bool) -> Shape:
    """What the beginning of a file says of the whole. Raises CannotRead."""
    text, encoding = decoded(head)
    if not text.strip():
        raise CannotRead(_("The file is empty."))
    said = SAID.match(text)
    delimiter = said["delimiter"] if said else divided_by(text)
    return Shape(encoding, delimiter, int(has_heading) + bool(said))


def decoded(head: bytes) -> tuple[str, str]:
    """The text and its encoding; the head may end in the middle of a character."""
    for encoding in ENCODINGS if b"\0" not in head else ():
        for cut in range(4):
            try:
                return head[: len(head) - cut].decode(encoding).lstrip("\ufeff"), encoding
            except UnicodeDecodeError:
                continue
    raise CannotRead(_("The file is neither UTF-8 nor GB18030 text: save it as CSV."))


def divided_by(text: str) -> str:
    """What divides the columns: that by which most lines have the same number of them, and then the
    most columns."""

    def fit(delimiter: str) -> tuple[float, int]:
        try:
            widths = [
                len(row)
                for row in islice(
                    csv.reader(StringIO(text, newline=""), delimiter=delimiter), LOOKED_AT
                )
                if any(row)
            ]
        except csv.Error:
            return (0, 0)
        [(width, lines)] = Counter(widths).most_common(1) or [(1, 0)]
        return (lines / len(widths), width) if width > 1 else (0, 0)

    return max(DELIMITERS, key=fit)


class Lines:
    """The lines of pieces of a file, decoded; where one stands, and how many there were."""

    def __init__(self, pieces: Iterable[bytes], encoding: str, *, at: int, line: int):
        self.pieces, self.encoding, self.after, self.number = iter(pieces), encoding, at, line

    def __iter__(self) -> Iterator[str]:
        left = b""
        for piece in self.pieces:
            lines = (left + piece).splitlines(keepends=True)
            # A CR at the end may be half of a CRLF.
            left = b"" if not lines or lines[-1].endswith(b"\n") else lines.pop()
            for whole in lines:
                yield self.line(whole)
            if len(left) > LONGEST:
                raise self.unreadable()
        if left:
            yield self.line(left)

    def line(self, raw: bytes) -> str:
        if len(raw) > LONGEST:
            raise self.unreadable()
        text = raw.removeprefix(MARK) if self.after == 0 else raw
        self.after += len(raw)
        self.number += 1
        return text.decode(self.encoding, "replace")

    def unreadable(self) -> CannotRead:
        return CannotRead(_("Line %(n)d cannot be read as CSV.") % {"n": self.number + 1})


def rows(pieces: Iterable[bytes], shape: Shape, *, at: int = 0, line: int = 0) -> Iterator[Row]:
    """The rows from the byte `at` on, which `pieces` begin with; `line` lines lie before it. The
    first row is no heading if something lies before it. Raises CannotRead."""
    lines = Lines(pieces, shape.encoding, at=at, line=line)
    to_skip, reader = shape.headings if at == 0 else 0, csv.reader(lines, delimiter=shape.delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise lines.unreadable() from error
        if not any(cell.strip() for cell in cells):
            continue
        if to_skip:
            to_skip -= 1
            continue
        yield Row(lines.number, lines.after, cells)
