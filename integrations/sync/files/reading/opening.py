"""From a stored file to its rows: which form it has, and reading on from a place."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from crm_project.files import storing
from crm_project.files.models import File
from customers.lists.csv_jobs import pieces
from integrations.sync.files.reading import csv_rows, json_lines, xlsx
from integrations.sync.files.reading.rows import CannotRead, Row, Shape, bounded
from integrations.sync.files.reading.stored import Stored
from integrations.sync.files.reading.workbook import OLD, Workbook

CSV, XLSX, JSONL = "csv", "xlsx", "jsonl"
HEAD = 1 << 18  # bytes that tell how a text is written
LOOKED_AT = 200  # rows that tell what its columns are
ZIP = b"PK\x03\x04"
# What people bring that is none of these.
OTHERS = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
    b"\x1f\x8b": "gzip",
}


def head_of(file: File) -> bytes:
    return next(storing.pieces(file), b"")[:HEAD]


def form_of(head: bytes) -> str:
    """What kind of file begins like this. Raises CannotRead."""
    if head.startswith((ZIP, OLD)):
        return XLSX
    for begin, name in OTHERS.items():
        if head.startswith(begin):
            raise CannotRead(
                _("This is a %(form)s file: bring CSV, Excel (.xlsx) or JSON Lines.")
                % {"form": name}
            )
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if begin == b"[":
        raise CannotRead(
            _("This is one JSON list: write each object in a line of its own (JSON Lines).")
        )
    return JSONL if begin == b"{" else CSV


def rows(file: File, shape: Shape, *, at: int = 0, line: int = 0) -> Iterator[Row]:
    """The rows from this place on, whose first is no heading; `line` lines lie before it. Raises
    CannotRead, StoreFailed."""
    if shape.form == XLSX:
        found = xlsx.rows(Workbook(Stored(file)), shape.sheet, at=at, after=line)
    elif shape.form == JSONL:
        found = json_lines.rows(pieces(file, at), shape.columns, at=at, line=line)
    else:
        found = csv_rows.rows(pieces(file, at), shape.encoding, shape.delimiter, at=at, line=line)
    for row in found:
        if row.number > shape.heading:
            yield row


def size(file: File, shape: Shape) -> int:
    """What the places of its rows are measured against. Raises CannotRead."""
    if shape.form != XLSX:
        return storing.size(file)
    workbook = Workbook(Stored(file))
    return workbook.size(workbook.sheets[shape.sheet].part)


def said_rows(file: File, shape: Shape) -> int | None:
    """How many rows there are, where the file says it. Raises CannotRead."""
    return xlsx.said_rows(Workbook(Stored(file)), shape.sheet) if shape.form == XLSX else None


def first_rows(file: File, shape: Shape, most: int) -> list[Row]:
    return list(bounded(rows(file, shape), most))
