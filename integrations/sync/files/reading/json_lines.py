"""JSON Lines: an object in each line. Objects inside become columns by their path ("address.city"),
lists of plain values a text with commas; whatever else stays JSON."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import msgspec
from django.utils.translation import gettext as _

from integrations.sync.files.reading.lines import lines
from integrations.sync.files.reading.rows import LONGEST_CELL, MOST_COLUMNS, Row

DEEPEST = 5
PLAIN = (str, int, float, bool)


def objects(pieces: Iterable[bytes], *, at: int = 0, line: int = 0) -> Iterator[tuple[Row, dict]]:
    """Each line that is not blank: its row without cells, and what stands in it."""
    for found in lines(pieces, "utf-8", at=at):
        line, at = line + 1, at + found.size
        if found.is_too_long:
            yield Row(line, at, problem=_("This line is far too long.")), {}
        elif text := found.text.strip():
            try:
                value = msgspec.json.decode(text)
            except (msgspec.DecodeError, UnicodeError, RecursionError):
                yield Row(line, at, problem=_("This line is no JSON.")), {}
                continue
            if isinstance(value, dict):
                found_here = dict(islice(flat(value), MOST_COLUMNS + 1))
                if len(found_here) > MOST_COLUMNS:
                    words = _("More than %(n)d columns.") % {"n": MOST_COLUMNS}
                    yield Row(line, at, problem=words), {}
                else:
                    yield Row(line, at), found_here
            else:
                yield Row(line, at, problem=_("This line is no JSON object {…}.")), {}


def flat(value: dict, before: str = "", depth: int = 1) -> Iterator[tuple[str, str]]:
    for key, inner in value.items():
        name = f"{before}{key}"
        if isinstance(inner, dict) and depth < DEEPEST:
            yield from flat(inner, f"{name}.", depth + 1)
        else:
            yield name, text_of(inner)


def text_of(value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, PLAIN):
        return str(value)
    if isinstance(value, list) and all(isinstance(one, PLAIN) for one in value):
        return ",".join(map(text_of, value))
    return msgspec.json.encode(value).decode()


def rows(
    pieces: Iterable[bytes], columns: Sequence[str], *, at: int = 0, line: int = 0
) -> Iterator[Row]:
    """The rows from the byte `at` on, their cells in the order of these columns."""
    for row, found in objects(pieces, at=at, line=line):
        if not row.problem:
            row.cells = [found.get(column, "") for column in columns]
            if any(len(cell) > LONGEST_CELL for cell in row.cells):
                words = _("A cell has more than %(n)d characters.") % {"n": LONGEST_CELL}
                row.cells, row.problem = [], words
        yield row


def columns_of(found: Iterable[dict]) -> tuple[str, ...]:
    """All that are named in these objects, in the order in which they first come."""
    return tuple(dict.fromkeys(name for one in found for name in one))[:MOST_COLUMNS]
