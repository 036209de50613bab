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


def kept(now: datetime) -> tuple[datetime, datetime]:
    """Moments from the first to the last stand in the table's months. What is older, or from a clock that runs ahead, is odd: apart from the rest."""
    oldest = months_later(month_of(now), -RETENTION_MONTHS)
    return datetime(oldest.year, oldest.month, 1, tzinfo=UTC), now + FUTURE


def months_of(moments: Iterable[datetime], now: datetime) -> set[date]:
    """The months in which those of the moments stand that are not odd."""
    first, last = kept(now)
    inside = [at for at in moments if first <= at <= last]
    if not inside:
        return set()
    earliest, latest = month_of(min(inside)), month_of(max(inside))
    return {earliest} if earliest == latest else {month_of(at) for at in inside}


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
