"""What the columns of a file mean: guessed from headings and values, corrected by people, kept for
the next file, and turned into how each cell is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from customers.models import Workspace
from integrations.sync.files import spoilt, values
from integrations.sync.files.guessing import simplified
from integrations.sync.files.kinds.base import Draft, Field, ImportKind, Refusal
from integrations.sync.files.kinds.customers import DELETES
from integrations.sync.files.reading.rows import Row
from integrations.sync.files.spoilt import Spoilt

EXTRA = "extra:"  # before the name of an attribute or a property
IGNORED = ""
LONGEST_NAME = 100
TYPES = ("text", "number", "money", "date", "moment", "flag", "many")
FENNISH, YUANISH = ("分", "fen", "cent"), ("元", "yuan", "rmb", "¥", "￥")


# -- guessing


def headings_of(kinds: Sequence[ImportKind]) -> frozenset[str]:
    """Every heading that some field is known by."""
    return frozenset(word for kind in kinds for one in kind.fields for word in words_of(one))


def words_of(field: Field) -> list[str]:
    return [simplified(word) for word in (*field.headings, str(field.label), field.key)]


def kind_of(columns: Sequence[str], kinds: Sequence[ImportKind]) -> ImportKind:
    """Which kind most of these headings belong to."""
    said = {simplified(column) for column in columns}
    return max(kinds, key=lambda kind: len(said & headings_of([kind])))


def guessed(kind: ImportKind, columns: Sequence[str], rows: Sequence[Row]) -> dict[str, dict]:
    """By the name of each column, what it means and how it is read: {"to", "type", …}."""
    found: dict[str, dict] = {}
    taken: set[str] = set()
    for place, column in enumerate(columns):
        cells = cells_of(rows, place)
        field = by_heading(kind, column, taken) or by_values(kind, cells, taken)
        if field is not None:
            taken.add(field.key)
            found[column] = {"to": field.key, **details(field.type, column, cells)}
        elif kind.extra and cells:
            type_ = type_of(cells)
            found[column] = {"to": f"{EXTRA}{column}", **details(type_, column, cells)}
        else:
            found[column] = {"to": IGNORED}
    return found


def meaning(kind: ImportKind, column: str, to: str, cells: Sequence[str]) -> dict:
    """What a column is read as that was said to mean this."""
    if not to:
        return {"to": IGNORED}
    if to.startswith(EXTRA):
        return {"to": to, **details(type_of(cells), column, cells)}
    return {"to": to, **details(kind.field(to).type, column, cells)}


def cells_of(rows: Sequence[Row], place: int) -> list[str]:
    """What stands in a column, without what stands for nothing."""
    found = []
    for row in rows:
        try:
            cell = spoilt.clean(row.cells[place]) if place < len(row.cells) else ""
        except Spoilt:
            continue
        if cell:
            found.append(cell)
    return found


def by_heading(kind: ImportKind, column: str, taken: set[str]) -> Field | None:
    said = simplified(column)
    free = [one for one in kind.fields if one.key not in taken]
    return next((one for one in free if said in words_of(one)), None)


def by_values(kind: ImportKind, cells: Sequence[str], taken: set[str]) -> Field | None:
    """A column of phones or of e-mails, whatever it is called."""
    if len(cells) < 3:
        return None
    for key, looks in (("identities.phone", is_phone), ("identities.email", is_email)):
        fitting = key not in taken and sum(map(looks, cells)) * 10 >= len(cells) * 8
        if fitting and any(one.key == key for one in kind.fields):
            return kind.field(key)
    return None


def is_phone(cell: str) -> bool:
    return len(cell) == 11 and cell.isdigit() and cell[0] == "1" and cell[1] in "3456789"


def is_email(cell: str) -> bool:
    return "@" in cell and "." in cell.rpartition("@")[2]


def type_of(cells: Sequence[str]) -> str:
    """Numbers, days or texts; numbers that begin with a zero or are long name something."""

    def all_are(type_: str) -> bool:
        try:
            for cell in cells:
                values.read(type_, cell, values.Reading())
        except Spoilt:
            return False
        return True

    names = any(cell.isdigit() and (cell[0] == "0" != cell or len(cell) > 9) for cell in cells)
    if not names and all_are("number"):
        return "number"
    written = all(not cell.isdigit() for cell in cells) and values.order_of(cells) == values.YMD
    if written and all_are("date"):
        has_time = any(":" in cell for cell in cells)
        return "moment" if has_time else "date"
    return "text"


def details(type_: str, column: str, cells: Sequence[str]) -> dict:
    """How a column is read: its unit, the order of its dates, what a spreadsheet did to it."""
    found: dict[str, Any] = {"type": type_}
    if type_ == "money":
        found["unit"] = unit_of(column, cells)
    elif type_ in ("moment", "date"):
        found["order"] = values.order_of(cells)
    elif type_ == "key":
        found["is_rounded"] = spoilt.are_rounded(cells)
        if width := spoilt.lost_zeros(cells):
            found["lost_zeros"] = width
    return found


def unit_of(column: str, cells: Sequence[str]) -> str:
    """By its heading, else yuan: people who write tables count in yuan."""
    said = column.lower()
    if any(word in said for word in YUANISH) or any("." in cell for cell in cells):
        return values.YUAN
    return values.FEN if any(word in said for word in FENNISH) else values.YUAN


# -- what is wrong with it


def problems(kind: ImportKind, columns: dict[str, dict]) -> list[str]:
    """Why this mapping cannot be used, in words."""
    targets = [one["to"] for one in columns.values() if one.get("to")]
    found = [
        _("No column says: %(field)s.") % {"field": word} for word in kind.missing(set(targets))
    ]
    for to in dict.fromkeys(targets):
        if targets.count(to) > 1:
            found.append(_("Two columns say: %(field)s.") % {"field": label_of(kind, to)})
    for column, one in columns.items():
        if one.get("type") in ("moment", "date") and one.get("order") == "" and one.get("to"):
            found.append(
                _("“%(column)s”: say whether the day or the month comes first.")
                % {"column": column}
            )
    return found


def label_of(kind: ImportKind, to: str) -> str:
    return to.removeprefix(EXTRA) if to.startswith(EXTRA) else str(kind.field(to).label)


# -- reading


@dataclass(frozen=True)
class Column:
    place: int
    name: str
    to: str
    type: str
    how: values.Reading
    field: Field | None

    @property
    def extra(self) -> str:
        return self.to.removeprefix(EXTRA) if self.to.startswith(EXTRA) else ""


def columns_of(kind: ImportKind, names: Sequence[str], said: dict[str, dict]) -> list[Column]:
    """The columns of a file that mean something, in their order."""
    zone = ZoneInfo(Workspace.get().time_zone)
    found = []
    for place, name in enumerate(names):
        one = said.get(name) or {}
        to = one.get("to") or ""
        known = {field.key: field for field in kind.fields}
        if to.startswith(EXTRA) or to in known:
            field = known.get(to)
            how = values.Reading(
                unit=one.get("unit") or values.YUAN,
                order=one.get("order") or values.YMD,
                is_rounded=bool(one.get("is_rounded")),
                width=int(one.get("width") or 0),
                zone=zone,
            )
            type_ = field.type if field else one.get("type") or "text"
            found.append(Column(place, name, to, type_, how, field))
    return found


def draft_of(kind: ImportKind, columns: Sequence[Column], row: Row, options: dict, at) -> Draft:
    """One row, read. Raises Refusal."""
    if row.problem:
        raise Refusal(row.problem)
    draft = Draft([row.number], "", {}, at=at)
    line: dict[str, Any] = {}
    for column in columns:
        cell = row.cells[column.place] if column.place < len(row.cells) else ""
        try:
            text = spoilt.clean(cell)
            value = read(column, text) if text else None
        except Spoilt as why:
            raise Refusal(str(why), column.name, cell) from None
        if text or (options.get("empty") == DELETES and is_deleted(column)):
            put(draft, line, column, value)
    if line:
        draft.lines = [line]
    for field in kind.fields:
        if field.is_needed and draft.values.get(field.key) is None and not field.of_line:
            raise Refusal(_("“%(field)s” is missing.") % {"field": field.label})
    draft.key = str(draft.values.get(kind.number, "")) if kind.number else ""
    return draft


def read(column: Column, text: str):
    return values.read(column.type, text, column.how, column.field and column.field.choices)


def is_deleted(column: Column) -> bool:
    """Only what is known of a customer can be deleted by an empty cell."""
    return bool(column.extra) or column.to.startswith("attributes.")


def put(draft: Draft, line: dict, column: Column, value) -> None:
    if column.extra:
        draft.extra[column.extra[:LONGEST_NAME]] = attribute(value)
    elif column.field and column.field.of_line:
        line[column.to] = value
    else:
        draft.values[column.to] = value


def attribute(value):
    return value.isoformat() if hasattr(value, "isoformat") else value
