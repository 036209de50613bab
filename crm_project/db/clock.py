"""What time it is: one SQL function, and nothing that decides anything reads another clock.

`hutong_now()` is the moment at which the statement began. It is STABLE and inlined by the planner,
so `due_at <= hutong_now()` is a condition of an index (docs/decisions/clock.md). Tests replace the
function in their database and so move the clock of every process that works on it
(tests/clock.py); production never does.
"""

import time
from datetime import UTC, date, datetime, timedelta

from django.db import connection, models
from django.utils import timezone

NOW = "hutong_now()"  # inside of a statement


class Now(models.Func):
    """`hutong_now()` in a query, or as a column's default."""

    template = NOW
    output_field = models.DateTimeField()


def database_now() -> datetime:
    """The clock, asked by a statement of its own."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {NOW}")
        return noted(cursor.fetchone()[0])


# How far the database's clock is ahead of this host's.
_ahead = timedelta()


def noted(now: datetime) -> datetime:
    """The same, once this process has learned from it how far its own clock is off."""
    global _ahead  # noqa: PLW0603 -- one number of the process
    _ahead = now - datetime.fromtimestamp(time.time(), UTC)
    return now


def reckoned_now() -> datetime:
    """The database's clock as it was last noted, without asking for it: right to the time that an
    answer travels. For places that a request walks through every time, and where the database may
    be away; whatever brought the request there (its session, its source) has noted the clock."""
    return datetime.fromtimestamp(time.time(), UTC) + _ahead


def today() -> date:
    """The day of now in the zone that is shown."""
    return timezone.localdate(reckoned_now())
