"""How a file is written, guessed from its beginning; people correct it."""

import codecs
import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from io import StringIO
from itertools import islice

from django.utils.translation import gettext as _

from crm_project.files.models import File
from integrations.sync.files.reading import json_lines, opening, xlsx
from integrations.sync.files.reading.csv_rows import SAID
from integrations.sync.files.reading.lines import MARKS
from integrations.sync.files.reading.rows import MOST_COLUMNS, CannotRead, Row, Shape
from integrations.sync.files.reading.stored import Stored
from integrations.sync.files.reading.workbook import Workbook

ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
DELIMITERS = (",", ";", "\t", "|")
UTF_32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)  # begins like UTF-16; nobody writes it
HEADING_WITHIN = 10  # rows: above the heading stand titles
VALUE = re.compile(r"[+\-¥￥$]?[0-9][0-9.,:/\- TZ%年月日]*|\S+@\S+\.\S+")


def shape_of(file: File, *, known: frozenset[str] = frozenset(), sheet: int | None = None) -> Shape:
    """What the file's beginning says of the whole. `known`: headings as some kind knows them, told
    apart from titles by them. Raises CannotRead."""
    head = opening.head_of(file)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \r\n\t\0"):
        raise CannotRead(_("The file is empty."))
    form = opening.form_of(head)
    if form == opening.JSONL:
        return of_json(file)
    shape = of_workbook(file, sheet) if form == opening.XLSX else of_text(head)
    found = opening.first_rows(file, shape, opening.LOOKED_AT)
    if not found:
        raise CannotRead(_("The file is empty."))
    return with_heading(shape, found, known)


def of_json(file: File) -> Shape:
    found = islice(json_lines.objects(opening.pieces(file, 0)), opening.LOOKED_AT)
    columns = json_lines.columns_of(inner for _row, inner in found)  # one object after another
    if not columns:
        raise CannotRead(_("No line of this file is a JSON object."))
    return Shape(opening.JSONL, columns, encoding="utf-8", heading=0)


def of_workbook(file: File, sheet: int | None) -> Shape:
    """Its first sheet that people see, unless another is asked for."""
    sheets = Workbook(Stored(file)).sheets
    if sheet is None or not 0 <= sheet < len(sheets):
        sheet = next((n for n, one in enumerate(sheets) if not one.is_hidden), 0)
    return Shape(opening.XLSX, heading=0, sheet=sheet)


def sheets_of(file: File, shape: Shape) -> list[str]:
    return [one.name for one in Workbook(Stored(file)).sheets] if shape.form == opening.XLSX else []


def has_merged_cells(file: File, shape: Shape) -> bool:
    return shape.form == opening.XLSX and xlsx.has_merged_cells(Workbook(Stored(file)), shape.sheet)


def of_text(head: bytes) -> Shape:
    encoding = encoding_of(head)
    text = head.decode(encoding, "replace").lstrip("\ufeff")
    return Shape(opening.CSV, encoding=encoding, delimiter=delimiter_of(text), heading=0)


def encoding_of(head: bytes) -> str:
    """By its mark, by where zeros stand, else by what it can be. Raises CannotRead."""
    if head.startswith(UTF_32):
        raise CannotRead(_("This is no text: bring CSV, Excel (.xlsx) or JSON Lines."))
    for encoding, mark in MARKS.items():
        if head.startswith(mark):
            return encoding
    if b"\0" in head:
        evens, odds = head[::2].count(0), head[1::2].count(0)
        if min(evens, odds) * 8 > max(evens, odds) or max(evens, odds) * 16 < len(head):
            raise CannotRead(_("This is no text: bring CSV, Excel (.xlsx) or JSON Lines."))
        return "utf-16-le" if odds > evens else "utf-16-be"
    for encoding in ("utf-8", "gb18030"):
        for cut in range(4):  # the head may end in the middle of a character
            try:
                head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return encoding
    # Some byte is damaged: what fewer places are damaged by.
    damaged = {one: head.decode(one, "replace").count("\ufffd") for one in ("utf-8", "gb18030")}
    best = min(damaged, key=lambda one: damaged[one])
    if damaged[best] * 10 > len(head):
        raise CannotRead(_("This is no text: bring CSV, Excel (.xlsx) or JSON Lines."))
    return best


def delimiter_of(text: str) -> str:
    """What Excel says in `sep=`, else that by which most lines have the same number of columns,
    and then the most columns."""
    if said := SAID.match(text.partition("\n")[0]):
        return said["delimiter"]

    def fit(delimiter: str) -> tuple[float, int]:
        reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
        try:
            widths = [len(row) for row in islice(reader, opening.LOOKED_AT) if any(row)]
        except csv.Error:
            return (0, 0)
        [(width, lines)] = Counter(widths).most_common(1) or [(1, 0)]
        return (lines / len(widths), width) if width > 1 else (0, 0)

    return max(DELIMITERS, key=fit)


# -- the heading


def with_heading(shape: Shape, found: Sequence[Row], known: frozenset[str]) -> Shape:
    """Which row names the columns: the one in which most known headings stand, else the first,
    unless values stand in it."""
    best = max(
        (row for row in found[:HEADING_WITHIN]),
        key=lambda row: len({simplified(cell) for cell in row.cells} & known),
    )
    if not {simplified(cell) for cell in best.cells} & known:
        best = found[0]
        if any(VALUE.fullmatch(cell.strip()) for cell in best.cells):
            return headed(shape, found, 0)
    return headed(shape, found, best.number)


def headed(shape: Shape, found: Sequence[Row], number: int) -> Shape:
    """The same file, its columns named by this row; by their letters where the number is 0."""
    width = max((len(row.cells) for row in found if row.number >= number), default=0)
    named = next((row.cells for row in found if row.number == number), [])
    return Shape(
        shape.form, named_apart(named, width), shape.encoding, shape.delimiter, number, shape.sheet
    )


def named_apart(cells: Sequence[str], width: int) -> tuple[str, ...]:
    """Each column has a name of its own: what has none is called by its letters, what has another's
    is numbered."""
    names: dict[str, None] = {}
    numbers: Counter = Counter()
    for place in range(min(max(width, len(cells)), MOST_COLUMNS)):
        cell = " ".join(cells[place].split())[:100] if place < len(cells) else ""
        name = base = cell or lettered(place)
        while name in names:
            numbers[base] += 1
            name = f"{base} ({numbers[base] + 1})"
        names[name] = None
    return tuple(names)


def lettered(place: int) -> str:
    """A, B … Z, AA as in a spreadsheet."""
    letters, place = "", place + 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def simplified(heading: str) -> str:
    """A heading as it is compared: without case, width, white space, marks and what stands in
    brackets."""
    text = unicodedata.normalize("NFKC", heading).lower()
    bare = re.sub(r"[(\[【].*?[)\]】]", "", text)
    return re.sub(r"[\W_]+", "", bare) or re.sub(r"[\W_]+", "", text)
