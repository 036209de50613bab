"""The rows of one sheet, streamed. Dates come as dates (2024-05-01), numbers with the fifteen
digits that Excel knows, formulas with their last result."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain

from django.utils.translation import gettext as _

from integrations.sync.files.reading.rows import LONGEST_CELL, MOST_COLUMNS, MOST_ROW, Row
from integrations.sync.files.reading.stored import Texts
from integrations.sync.files.reading.workbook import Workbook, fed, reader

HEAD = re.compile(rb"<(?:\w+:)?sheetData[^>]*>")
LONGEST_HEAD = 1 << 20  # bytes before the first row: widths of columns and the like
DIMENSION = re.compile(rb"<(?:\w+:)?dimension\s[^>]*ref=\"[A-Z]+[0-9]+:[A-Z]+([0-9]{1,7})\"")
PLACE = re.compile(r"([A-Z]{1,4})[0-9]+").fullmatch
# A spreadsheet's day is in no zone.
FIRST_DAY, FIRST_DAY_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001
LAST_DAY = 2_958_465  # 9999-12-31
MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s")


class SheetReader:
    """Fed with the XML of a sheet, it leaves finished rows in `found`."""

    def __init__(self, workbook: Workbook, texts: Texts, skip: int):
        self.workbook, self.texts, self.skip = workbook, texts, skip
        self.parser = reader(self.begun, self.ended, self.said)
        self.earlier = 0  # bytes of the sheet that stand before what the parser is fed with
        self.found: list[Row] = []
        self.number, self.column = 0, 0
        self.row: Row | None = None
        self.kind, self.style, self.is_formula = "", "", False
        self.value: list[str] = []
        self.length, self.is_said, self.phonetic = 0, False, 0
        self.row_length = 0

    def begun(self, name: str, attributes: dict) -> None:
        if name == "c":
            self.begin_cell(attributes)
        elif name in ("v", "t"):
            self.is_said = not self.phonetic
        elif name == "f":
            self.is_formula = True
        elif name == "rPh":
            self.phonetic += 1
        elif name == "row":
            said = attributes.get("r", "")
            self.number = int(said) if said.isdigit() else self.number + 1
            place = max(self.parser.CurrentByteIndex + self.earlier, 0)
            self.row, self.column, self.row_length = Row(self.number, place), 0, 0

    def begin_cell(self, attributes: dict) -> None:
        place = PLACE(attributes.get("r", ""))
        self.column = number_of(place[1]) if place else self.column + 1
        self.kind, self.style = attributes.get("t", "n"), attributes.get("s", "")
        self.value, self.length, self.is_formula = [], 0, False

    def said(self, data: str) -> None:
        if self.is_said and self.length <= LONGEST_CELL:
            self.value.append(data)
            self.length += len(data)

    def ended(self, name: str) -> None:
        if name in ("v", "t"):
            self.is_said = False
        elif name == "rPh":
            self.phonetic -= 1
        elif name == "c" and self.row is not None:
            self.end_cell(self.row)
        elif name == "row" and self.row is not None:
            if not self.row.is_blank and self.number > self.skip:
                self.found.append(self.row)
            self.row = None

    def end_cell(self, row: Row) -> None:
        if row.problem or self.number <= self.skip:
            return
        if self.column > MOST_COLUMNS:
            if self.value:
                row.cells, row.problem = [], _("More than %(n)d columns.") % {"n": MOST_COLUMNS}
        elif self.length > LONGEST_CELL:
            words = _("A cell has more than %(n)d characters.") % {"n": LONGEST_CELL}
            row.cells, row.problem = [], words
        elif text := self.text("".join(self.value)):
            self.row_length += len(text)
            if len(text) > LONGEST_CELL:
                words = _("A cell has more than %(n)d characters.") % {"n": LONGEST_CELL}
                row.cells, row.problem = [], words
                return
            if self.row_length > MOST_ROW:
                row.cells, row.problem = [], _("This row is far too long.")
                return
            row.cells += [""] * (self.column - len(row.cells) - 1)
            row.cells.append(text)

    def text(self, raw: str) -> str:
        if self.kind == "s":
            known = raw.isdigit() and int(raw) < len(self.texts)
            return self.texts[int(raw)] if known else ""
        if self.kind == "b":
            return "TRUE" if raw == "1" else "FALSE"
        if self.kind == "n":
            return self.number_text(raw)
        return raw.replace("T", " ") if self.kind == "d" else raw

    def number_text(self, raw: str) -> str:
        if not raw:
            return NO_RESULT if self.is_formula else ""
        if self.style.isdigit() and int(self.style) in self.workbook.dates:
            return dated(raw, is_1904=self.workbook.is_1904)
        return plain(raw)


NO_RESULT = "#FORMULA!"  # of a formula that nobody has worked out yet


def number_of(letters: str) -> int:
    """A is 1, Z is 26, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def plain(raw: str) -> str:
    """A number as Excel shows it where there is room: fifteen digits, no exponent unless digits are
    lost."""
    if raw.isdigit() and len(raw) <= 15:
        return raw
    try:
        value = float(raw)
    except ValueError:
        return raw
    if abs(value) >= 1e15:
        return f"{value:.14E}"  # spoilt: said so wherever it should be a number that names somebody
    text = f"{value:.15g}"
    return f"{value:.15f}".rstrip("0").rstrip(".") if "e" in text else text


def dated(raw: str, *, is_1904: bool = False) -> str:
    """The day that a number of days means, with its time where it has one."""
    try:
        days = float(raw)
    except ValueError:
        return raw
    if not 0 < days < LAST_DAY:
        return plain(raw)
    at = (FIRST_DAY_1904 if is_1904 else FIRST_DAY) + timedelta(days=days, milliseconds=500)
    if not is_1904 and days < 60:
        at += timedelta(days=1)  # Excel believes in the 29th of February 1900
    at = at.replace(microsecond=0)
    if days < 1:
        return f"{at:%H:%M:%S}"
    return f"{at:%Y-%m-%d}" if at.time().isoformat() == "00:00:00" else f"{at:%Y-%m-%d %H:%M:%S}"


def rows(workbook: Workbook, sheet: int, *, at: int = 0, after: int = 0) -> Iterator[Row]:
    """The rows behind the one of the number `after` that are not blank. `at`: the place that this
    row told; what stands before it is unpacked and not looked at. Raises CannotRead."""
    texts = workbook.texts()
    try:
        sheet_reader = SheetReader(workbook, texts, after)
        part = workbook.sheets[sheet].part
        head = head_of(workbook, part) if at else b""
        if head and at > len(head):
            sheet_reader.earlier, sheet_reader.number = at - len(head), max(after - 1, 0)
            chunks: Iterator[bytes] = chain([head], workbook.chunks(part, at))
        else:
            chunks = workbook.chunks(part)
        for _nothing in fed(sheet_reader.parser, chunks):
            yield from sheet_reader.found
            sheet_reader.found = []
    finally:
        texts.close()


def head_of(workbook: Workbook, part: str) -> bytes:
    """What stands before the first row; empty where the sheet cannot be entered in its middle: its
    bytes are no UTF-8, or it has no rows near its beginning."""
    head = b""
    for chunk in workbook.chunks(part):
        head += chunk
        if b"\0" in head[:100]:
            return b""
        if found := HEAD.search(head):
            return head[: found.end()]
        if len(head) > LONGEST_HEAD:
            break
    return b""


def said_rows(workbook: Workbook, sheet: int) -> int | None:
    """The number of the last row, where the sheet says it; some say nonsense."""
    head = next(workbook.chunks(workbook.sheets[sheet].part), b"")
    found = DIMENSION.search(head)
    return int(found[1]) if found else None


def has_merged_cells(workbook: Workbook, sheet: int) -> bool:
    """Whether some cells are one: only the first of them holds what people see in all."""
    tail = b""
    for chunk in workbook.chunks(workbook.sheets[sheet].part):
        if MERGED.search(tail + chunk):
            return True
        tail = chunk[-20:]
    return False
