"""The months of the events table: made ahead by a tick, and on demand for history; dropped by
events/privacy/retention.py."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db import connection

from customers.models import Retention
from events.timing import FUTURE

RETENTION_MONTHS = 25  # unless the workspace says otherwise
MOST_MONTHS = 120
TERM, LOOK_AGAIN_SECONDS = "events", 60.0
MONTHS_AHEAD = 3

_made: set[date] = set()


@dataclass
class Term:
    """How many months this process takes events into the months of the table for, and until when it
    believes so."""

    months: int = RETENTION_MONTHS
    until: float = 0.0


_term = Term()


def month_of(moment: datetime) -> date:
    return moment.astimezone(UTC).date().replace(day=1)


def months_later(month: date, months: int) -> date:
    number = month.year * 12 + month.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def oldest_kept(now: datetime, months: int | None = None) -> datetime:
    """The beginning of the first month of which everything is kept: what is older is apart from the
    rest. Without `months`, as this process believes the workspace to have chosen."""
    oldest = months_later(month_of(now), -(_term.months if months is None else months))
    return datetime(oldest.year, oldest.month, 1, tzinfo=UTC)


def look_at_term() -> None:
    """Now and then: what the workspace says. Called before a transaction."""
    if time.monotonic() >= _term.until:
        chosen = (
            Retention.objects.filter(kind=TERM, is_chosen=True)
            .values_list("number", flat=True)
            .first()
        )
        _term.months, _term.until = (
            chosen or RETENTION_MONTHS,
            time.monotonic() + LOOK_AGAIN_SECONDS,
        )


def months_of(moments: Iterable[datetime], now: datetime) -> set[date]:
    """The months in which those of the moments stand that are in range."""
    first, last = oldest_kept(now), now + FUTURE
    inside = [at for at in moments if first <= at <= last]
    if not inside:
        return set()
    earliest, latest = month_of(min(inside)), month_of(max(inside))
    return {earliest} if earliest == latest else {month_of(at) for at in inside}


def ensure(months: Iterable[date]) -> None:
    """A partition exists for each of these months. Called outside of any transaction that holds
    rows."""
    missing = set(months) - _made
    if not missing:
        return
    with connection.cursor() as cursor:
        for month in sorted(missing):
            cursor.execute("SELECT events_make_month(%s)", [month])
    _made.update(missing)


def forget() -> None:
    """Look again which months exist, and how long they do."""
    _made.clear()
    _term.until = 0.0


def keep_ahead(now: datetime) -> None:
    ensure(months_later(month_of(now), n) for n in range(MONTHS_AHEAD + 1))
