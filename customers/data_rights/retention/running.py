"""One tick clears what has had its time: a kind at a time, a piece of a second or less at a time,
each with its place in one transaction.

Where nobody has agreed yet, a sweep only counts. Whoever dies half-way leaves whole pieces behind,
and the next goes on after the last.
"""

import time
from datetime import datetime

from crm_project.queue.due import database_now, work_through
from customers.data_rights.retention import chosen_terms
from customers.data_rights.retention.base import DataKind, Overdue, kinds
from customers.models import AuditEntry, Retention

BUDGET_SECONDS = 5.0
LEASE_SECONDS = 60


def upkeep() -> None:
    """A beat's look."""
    chosen_terms.make(database_now())
    until = time.monotonic() + BUDGET_SECONDS
    while work() and time.monotonic() < until:
        pass


def work() -> int:
    """A piece of the kind that has waited longest; 0 when nothing is due."""
    return work_through(Retention.objects.all(), carry_on, limit=1, seconds=LEASE_SECONDS)


def carry_on(rows: list[Retention], now: datetime) -> None:
    for row in rows:
        kind = kinds[row.kind]() if row.kind in kinds else None
        number = chosen_terms.number(kind) if kind else None
        if number is None:
            row.began_at, row.waiting, row.waiting_oldest = None, 0, None
            row.done()
        else:
            advance(row, kind, kind.cutoff(number, now), now)
        row.save()


def advance(row: Retention, kind: DataKind, before: datetime, now: datetime) -> None:
    only_count = not chosen_terms.may_delete(kind)
    if row.began_at is None or row.only_counts != only_count:
        row.began_at, row.found, row.oldest, row.only_counts = now, 0, None, only_count
        row.cursor, row.last_id = kind.begins()
    found, is_over = kind.step(row, before, only_count=only_count)
    row.found += found.rows
    row.oldest = min(filter(None, (row.oldest, found.oldest)), default=None)
    if is_over:
        conclude(row, before, now)
        row.done(due_at=now + kind.every)
    else:
        row.done(due_at=now)


def conclude(row: Retention, before: datetime, now: datetime) -> None:
    row.began_at, row.ended_at = None, now
    waiting = Overdue(row.found, row.oldest) if row.only_counts else Overdue()
    row.waiting, row.waiting_oldest = waiting
    if row.found and not row.only_counts:
        row.gone += row.found
        details = {
            "rows": row.found,
            "before": before.isoformat(),
            "oldest": row.oldest.isoformat() if row.oldest else "",
        }
        AuditEntry.objects.create(
            by=None, act="retention.delete", subject=f"retention:{row.kind}", details=details
        )
