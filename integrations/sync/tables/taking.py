"""A batch of changes becomes items and captured rows, in one transaction of the caller.

Changes come in any order and more than once. What is older than the captured row is left alone;
what is the same is told on under the same id, and the ledger knows it; of an order the newest lines
and refunds go with it, whichever of them came first.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection

from customers.models import Source
from events.incoming_items import Incoming
from integrations.doors.formats import Rejected
from integrations.doors.reading.free_json import Unfit
from integrations.models import CapturedRow, TableMapping
from integrations.sync.tables import orders, singles
from integrations.sync.tables.changes import Change, is_newer
from integrations.sync.tables.items import check_line
from integrations.sync.tables.reading import Row, mappings_of, read

Kind = TableMapping.Kind
OF_ORDERS = (Kind.ORDERS, Kind.LINES, Kind.REFUNDS)
TICK = timedelta(microseconds=1)
WRITTEN = [
    *("parent", "number", "log", "position", "at", "stated_at", "version", "digest", "values"),
    "is_deleted",
]


@dataclass
class Taken:
    """What came of a batch: items in their order (a refused one has its change as bytes), and how
    many rows belong to no mapping or were older than what is known."""

    items: list[Incoming | Rejected] = field(default_factory=list)
    history: list[Incoming | Rejected] = field(default_factory=list)
    raws: list[bytes] = field(default_factory=list)  # the change behind each item
    history_raws: list[bytes] = field(default_factory=list)
    passed_over: int = 0
    older: int = 0


class Taking:
    """One batch of one source's changes. The caller holds a transaction."""

    def __init__(self, source: Source, now: datetime, *, history_until: datetime | None = None):
        self.source, self.now, self.taken = source, now, Taken()
        self.history_until = history_until
        found = TableMapping.objects.filter(source=source, is_active=True).order_by("pk")
        self.mappings = list(found)
        self.captured: dict[tuple[int, str], CapturedRow] = {}
        self.touched: dict[tuple[int, str], CapturedRow] = {}

    def take(self, changes: Sequence[Change]) -> Taken:
        self.lock()
        rows = [row for change in changes for row in self.rows_of(change)]
        self.load({(row.mapping.pk, row.key) for row in rows})
        newest = [row for row in rows if self.keep(row)]
        of_orders = [row for row in newest if row.kind.key in OF_ORDERS]
        for row in newest:
            if row.kind.key not in OF_ORDERS:
                self.add(row, singles.items(self, row))
        if of_orders:
            orders.Orders(self, of_orders).carry_out()
        self.write()
        return self.taken

    def lock(self) -> None:
        """One batch of a source at a time: rows that belong together may come by two queues."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtext('hutong captured rows'), %s)",
                [self.source.pk],
            )

    def rows_of(self, change: Change) -> list[Row]:
        found, rows = mappings_of(change, self.mappings), []
        self.taken.passed_over += not found
        for mapping in found:
            try:
                row = read(change, mapping)
                if mapping.kind == Kind.LINES and not row.is_deleted:
                    check_line(row)
                rows.append(row)
            except Unfit as unfit:
                why = Rejected(0, None, unfit.code, unfit.path, str(unfit), change.raw)
                self.taken.items.append(why)
                self.taken.raws.append(change.raw)
        return rows

    def load(self, places: set[tuple[int, str]]) -> None:
        """What is known of these rows."""
        by_mapping: dict[int, set[str]] = {}
        for mapping, key in places - self.captured.keys():
            by_mapping.setdefault(mapping, set()).add(key)
        for mapping, keys in by_mapping.items():
            for one in CapturedRow.objects.filter(mapping_id=mapping, key__in=keys):
                self.captured[mapping, one.key] = one

    def keep(self, row: Row) -> bool:
        """The captured row is as this change says; False where something newer is known."""
        change, where = row.change, (row.mapping.pk, row.key)
        known = self.captured.get(where)
        if known and not is_newer(change, known.log, known.position, known.at):
            self.taken.older += 1
            return False
        one = known or CapturedRow(mapping=row.mapping, key=row.key)
        is_same = known is not None and known.digest == row.digest and known.at == change.at
        if not is_same:
            after = known.stated_at + TICK if known else row.at
            one.stated_at = max(row.at, after)
            one.version = max(one.version + 1, int(self.now.timestamp() * 1_000_000))
        row.before, row.stated_at, row.version = dict(one.values), one.stated_at, one.version
        one.log, one.position, one.at = change.log[:120], change.position, change.at
        one.digest, one.is_deleted = row.digest, row.is_deleted
        self.keep_said(one, row)
        self.captured[where] = self.touched[where] = one
        return True

    def keep_said(self, one: CapturedRow, row: Row) -> None:
        """A deleted row that says only its key is as it was."""
        said = row.kept()
        if row.is_deleted:
            said = {**one.values, **{key: v for key, v in said.items() if v is not None}}
        one.values = said
        one.parent = (row.parent or (one.parent if row.is_deleted else ""))[:200]
        one.number = (said.get("number") or "")[:200] if row.kind.key == Kind.ORDERS else ""

    def ident(self, row: Row, *more: str) -> str:
        """The id of what this change says: the same whenever the same change comes again."""
        change = row.change
        said = [row.mapping.pk, row.key, change.log, change.position, change.at.isoformat()]
        whole = repr([*said, row.digest, *more]).encode()
        return f"row:{row.mapping.kind}:{hashlib.sha256(whole).hexdigest()[:40]}"

    def add(self, row: Row, items: Sequence[Incoming | Rejected]) -> None:
        taken, raws = self.taken, [row.change.raw] * len(items)
        is_early = self.history_until is not None and row.change.at < self.history_until
        if row.change.is_snapshot or is_early:
            taken.history.extend(items)
            taken.history_raws.extend(raws)
        else:
            taken.items.extend(items)
            taken.raws.extend(raws)

    def write(self) -> None:
        rows = [self.touched[where] for where in sorted(self.touched)]
        if rows:
            CapturedRow.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["mapping", "key"],
                update_fields=WRITTEN,
                batch_size=1000,
            )
