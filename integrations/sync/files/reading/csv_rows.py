"""CSV, row by row. A quote that is opened and never closed spoils its own line only."""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from integrations.sync.files.reading.lines import Line, lines
from integrations.sync.files.reading.rows import LONGEST_CELL, MOST_COLUMNS, MOST_ROW, Row

# Excel's own first line, in whatever quotes.
SAID = re.compile(r"\s*\"?sep=(?P<delimiter>[,;\t|])\"?\s*\Z", re.IGNORECASE)


class TooLong(Exception):
    """No row is that long: a quote stands open."""


class Fed:
    """What the CSV reader is fed with. The lines of the row it is at are remembered, so that they
    can be read once more, the first one left out."""

    def __init__(self, source: Iterable[Line]):
        self.source, self.again = iter(source), deque[Line]()
        self.taken: list[Line] = []
        self.length, self.is_at_end = 0, False

    def __iter__(self):
        return self

    def __next__(self) -> str:
        try:
            line = self.again.popleft() if self.again else next(self.source)
        except StopIteration:
            self.is_at_end = True
            raise
        self.taken.append(line)
        self.length += len(line.text)
        if line.is_too_long or self.length > MOST_ROW:
            raise TooLong
        return line.text

    def begin(self) -> None:
        self.taken, self.length, self.is_at_end = [], 0, False

    def spoil_first(self) -> Line:
        """Only the first line of this row is lost."""
        first, *rest = self.taken
        self.again.extendleft(reversed(rest))
        self.taken = [first]
        return first


def rows(
    pieces: Iterable[bytes], encoding: str, delimiter: str, *, at: int = 0, line: int = 0
) -> Iterator[Row]:
    """The rows from the byte `at` on, which `pieces` begin with; `line` lines lie before it. Blank
    ones are left out, and so is Excel's `sep=`."""
    fed = Fed(lines(pieces, encoding, at=at))
    reader = csv.reader(fed, delimiter=delimiter)
    while True:
        fed.begin()
        cells, problem = next_row(fed, reader)
        if not fed.taken:
            return
        number, line = line + 1, line + len(fed.taken)
        at += sum(one.size for one in fed.taken)
        row = Row(number, at, cells, problem, len(fed.taken) - 1)
        if not row.is_blank and not (number == 1 and SAID.match(fed.taken[0].text)):
            yield row


def next_row(fed: Fed, reader) -> tuple[list[str], str]:
    """The cells; else none, and why."""
    try:
        cells = next(reader)
    except StopIteration:
        return [], ""
    except (csv.Error, TooLong):
        return [], spoilt(fed)
    if fed.is_at_end and len(fed.taken) > 1:
        return [], spoilt(fed)
    return whole(cells)


def whole(cells: list[str]) -> tuple[list[str], str]:
    """The cells, unless they are too many or too long."""
    if len(cells) > MOST_COLUMNS:
        return [], _("More than %(n)d columns.") % {"n": MOST_COLUMNS}
    if any(len(cell) > LONGEST_CELL for cell in cells):
        return [], _("A cell has more than %(n)d characters.") % {"n": LONGEST_CELL}
    return cells, ""


def spoilt(fed: Fed) -> str:
    """The row's first line is lost; why."""
    is_open = len(fed.taken) > 1
    first = fed.spoil_first()
    if first.is_too_long or len(first.text) > MOST_ROW:
        return _("This line is far too long.")
    if is_open:
        return _("A quotation mark is opened here and never closed.")
    return _("A cell has more than %(n)d characters.") % {"n": LONGEST_CELL}
