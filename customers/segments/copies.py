"""The rows of a few customers, copied once for all the conditions that are about to read them.

A pass asks some hundred conditions about the same customers. Each by itself would look the same
rows up again in the big tables (and plan over all their partitions); a copy is read in a fraction
of that time, by the very same SQL.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

import structlog
from django.db import connection, transaction
from pyroaring import BitMap

from crm_project.db.sets import literal
from crm_project.queue.due import raise_if_away
from customers.segments.conditions.base import FEW, Condition, Copied, Rows, asking

log = structlog.get_logger("hutong.segments")

WORTH = 6  # conditions that read the same columns of a table, from which on copying pays


@contextmanager
def copied(among: BitMap, conditions: Iterable[Condition], now: datetime) -> Iterator[BitMap]:
    """`among`, with copies of their rows while the context lasts, where that pays. Inside a
    transaction."""
    wanted = worth_copying(conditions, now) if 0 < len(among) <= FEW else []
    if not wanted:
        yield among
        return
    few = made(among, wanted)
    yield few or among
    if few:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {', '.join(few.names.values())}")


def made(among: BitMap, wanted: list[Rows]) -> Copied | None:
    """None where the rows cannot be copied: then each condition reads them by itself, and fails by
    itself."""
    few, names = Copied(among), [f"few_{number}" for number in range(len(wanted))]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for name, rows in zip(names, wanted, strict=True):
                copy(cursor, name, rows, literal(among))
    except Exception as error:
        raise_if_away(error)
        log.exception("rows cannot be copied")
        return None
    few.names = {(rows.table, rows.columns): name for name, rows in zip(names, wanted, strict=True)}
    return few


def worth_copying(conditions: Iterable[Condition], now: datetime) -> list[Rows]:
    """What enough of the conditions read, each group as the union of its parts."""
    groups = defaultdict(list)
    for condition in conditions:
        with asking(condition):
            rows = condition.rows(now)
        if rows:
            groups[rows.table, rows.columns].append(rows)
    return [union(group) for group in groups.values() if len(group) >= WORTH]


def union(group: list[Rows]) -> Rows:
    first = group[0]
    beginnings = [rows.since for rows in group if rows.since]
    return Rows(
        first.table,
        first.columns,
        pick=first.pick if all(rows.pick for rows in group) else "",
        values=frozenset().union(*(rows.values for rows in group)),
        at=first.at,
        since=min(beginnings) if len(beginnings) == len(group) else None,
    )


def copy(cursor, name: str, rows: Rows, among: str) -> None:
    columns = ", ".join(sorted(rows.columns | {"customer_id"}))
    picked = f"AND {rows.pick} = ANY(%(values)s)" if rows.pick else ""
    since = f"AND {rows.at} >= %(since)s" if rows.since else ""
    # Everything but the values is constants of the conditions.
    cursor.execute(
        f"CREATE TEMPORARY TABLE {name} ON COMMIT DROP AS SELECT {columns} FROM {rows.table} "  # noqa: S608
        f"WHERE customer_id = ANY(%(among)s::int[]) {picked} {since}",
        {"among": among, "values": list(rows.values), "since": rows.since},
    )
    if rows.pick:
        cursor.execute(f"CREATE INDEX ON {name} ({rows.pick}, customer_id)")
