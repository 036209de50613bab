"""The months of the events table: made ahead by a tick, and on demand for history."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.db import connection

RETENTION_MONTHS = 25
MONTHS_AHEAD = 3
FUTURE = timedelta(hours=1)
LATE = timedelta(days=7)

_made: set[date] = set()


def month_of(moment: datetime) -> date:
    return moment.astimezone(UTC).date().replace(day=1)


def months_later(month: date, months: int) -> date:
    number = month.year * 12 + month.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def is_odd(occurred_at: datetime, now: datetime) -> bool:
    """Too old for the months that are kept, or from a clock that runs ahead: apart from the rest."""
    return occurred_at > now + FUTURE or month_of(occurred_at) < months_later(month_of(now), -RETENTION_MONTHS)


def ensure(months: Iterable[date]) -> None:
    """A partition exists for each of these months. Called outside of any transaction that holds rows."""
    missing = set(months) - _made
    if not missing:
        return
    with connection.cursor() as cursor:
        for month in sorted(missing):
            cursor.execute("SELECT events_make_month(%s)", [month])
    _made.update(missing)


def forget() -> None:
    """Look again which months exist."""
    _made.clear()


def keep_ahead(now: datetime) -> None:
    ensure(months_later(month_of(now), n) for n in range(MONTHS_AHEAD + 1))
