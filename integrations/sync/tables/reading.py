"""A changed row read through its mapping: our fields, in our units, or why not."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase

import msgspec

from integrations.doors.reading.free_json import Unfit
from integrations.models import TableMapping
from integrations.sync.tables import values
from integrations.sync.tables.changes import Change
from integrations.sync.tables.kinds import IDENTITIES, KINDS, READ, STATUS, TableKind

LONGEST_KEY = 200


@dataclass(slots=True)
class Row:
    """What a change says in our terms. `said` holds the fields that its mapping names and that say
    something; `attributes` what else is known of a customer."""

    change: Change
    mapping: TableMapping
    kind: type[TableKind]
    key: str
    said: dict = field(default_factory=dict)
    attributes: dict = field(default_factory=dict)
    is_deleted: bool = False
    is_ignored: bool = False  # its state means nothing here: a draft
    digest: str = ""
    # Of the captured row: what it said before, when this is told to have happened, its version.
    before: dict = field(default_factory=dict)
    stated_at: datetime | None = None
    version: int = 0

    @property
    def at(self) -> datetime:
        """When it happened: its own column, where it has one."""
        return self.said.get("occurred_at") or self.change.at

    @property
    def parent(self) -> str:
        """The order that it belongs to: the order's key, or # and its number."""
        if self.said.get("order_key"):
            return self.said["order_key"]
        return f"#{self.said['order_number']}" if self.said.get("order_number") else ""

    def identities(self) -> dict:
        return {key: self.said[key] for key in IDENTITIES if self.said.get(key)}

    def kept(self) -> dict:
        """What stays with the captured row, as JSON has it."""
        return msgspec.to_builtins({key: self.said.get(key) for key in self.kind.kept})


def mappings_of(change: Change, mappings: Sequence[TableMapping]) -> list[TableMapping]:
    """Those that are meant by the name of its table, with or without its database."""
    full, _dot, plain = change.table, *change.table.rpartition(".")[1:]
    return [one for one in mappings if fnmatchcase(full if "." in one.table else plain, one.table)]


def read(change: Change, mapping: TableMapping) -> Row:
    """Raises Unfit, whose path is table.column."""
    row = Row(change, mapping, KINDS[mapping.kind], key_of(change, mapping))
    row.is_deleted = change.is_deletion or bool(value_of(row, "deleted", "flag"))
    for one in row.kind.fields:
        if one.key != "deleted":
            read_field(row, one)
    for column, attribute in mapping.attributes.items():
        if column in change.row:
            row.attributes[attribute] = free_value(change.row[column], place(mapping, column))
    row.digest = digest_of(row)
    return row


def read_field(row: Row, one) -> None:
    """A row that is gone need not say more than its key; a value that is wrong there is none."""
    column = row.mapping.columns.get(one.key)
    if column is None:
        return
    try:
        found = value_of(row, one.key, one.type)
        if found is None or found == "":
            if one.is_needed:
                raise Unfit("missing_field", place(row.mapping, column), "This column is needed.")
            return
        if one.type == STATUS:
            found = state_of(row, found, column)
        row.said[one.key] = found
    except Unfit:
        if not row.is_deleted:
            raise


def value_of(row: Row, key: str, kind: str):
    column = row.mapping.columns.get(key)
    if column is None or column not in row.change.row:
        return None
    return READ[kind](row.change.row[column], row.mapping, place(row.mapping, column))


def state_of(row: Row, said: str, column: str) -> str:
    """What this value of theirs means here; one that the mapping leaves empty means nothing."""
    known = row.mapping.statuses
    if said in known:
        row.is_ignored = not known[said]
        return known[said]
    if said in row.kind.states:
        return said
    raise Unfit(
        "unknown_value",
        place(row.mapping, column),
        "The mapping does not say what this state means.",
    )


def place(mapping: TableMapping, column: str) -> str:
    return f"{mapping.table.rpartition('.')[2]}.{column}"


def key_of(change: Change, mapping: TableMapping) -> str:
    """By which the row is known again: the mapping's columns, else those that the log names."""
    columns = [one.strip() for one in mapping.key.split(",") if one.strip()]
    if not all(column in change.row for column in columns):
        columns = list(change.key_columns)
    if not columns or any(change.row.get(column) in (None, "") for column in columns):
        raise Unfit("missing_field", place(mapping, mapping.key), "The row has no key.")
    said = ",".join(values.text(change.row[c], place(mapping, c)) for c in columns)
    if len(said) > LONGEST_KEY:
        raise Unfit("wrong_length", place(mapping, mapping.key), "The key is too long.")
    return said


def free_value(value, path: str):
    """What an attribute may hold; null deletes it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return values.text(value, path)


def digest_of(row: Row) -> str:
    """The same for two changes that say the same of the row."""
    said = [row.said, row.attributes, row.is_deleted]
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()[:32]
