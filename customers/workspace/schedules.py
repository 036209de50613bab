"""When something recurs: one form of schedule for everything that has one.

    {"kind": "once", "at": "2026-05-01T09:00"}              with a zone, or in the workspace's
    {"kind": "daily", "time": "09:00"}
    {"kind": "weekly", "time": "09:00", "weekdays": [1, 5]}   Monday is 1
    {"kind": "monthly", "time": "09:00", "day": 15}           or "last"; where a month has no such
                                                              day, its last

and in each `"missed"`: what becomes of slots that came while nobody looked. A local time that a
change of clocks leaves out is the next minute there is; one that comes twice is the first.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from customers.workspace.moments import moment_in

SKIP, LAST, ALL = "skip", "last", "all"
LAST_DAY = "last"
GRACE = timedelta(minutes=5)  # who looks no later than this has missed nothing
MOST_AT_ONCE = 100  # slots that are made up for in one look, the oldest first
DAY = timedelta(days=1)
LATEST = date(9998, 12, 31)


def next_slots(schedule: dict, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The moments after `after` at which it comes round, in order, in UTC."""
    if schedule["kind"] == "once":
        at = datetime.fromisoformat(schedule["at"])
        at = at.astimezone(UTC) if at.tzinfo else moment_in(zone, at)
        if at > after:
            yield at
        return
    at = time.fromisoformat(schedule["time"])
    # A time that is left out may be a day later, where a whole day is.
    for day in days(schedule, after.astimezone(zone).date() - DAY):
        slot = moment_in(zone, datetime.combine(day, at))
        if slot > after:
            yield slot
            after = slot


def days(schedule: dict, first: date) -> Iterator[date]:
    """The days of the calendar on which it comes round, from the first on."""
    if schedule["kind"] == "monthly":
        year, month = first.year, first.month
        while (day := day_of(schedule["day"], year, month)) < LATEST:
            if day >= first:
                yield day
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        return
    weekdays = schedule["weekdays"] if schedule["kind"] == "weekly" else range(1, 8)
    while first < LATEST:
        if first.isoweekday() in weekdays:
            yield first
        first += DAY


def day_of(day: int | str, year: int, month: int) -> date:
    most = monthrange(year, month)[1]
    return date(year, month, most if day == LAST_DAY else min(day, most))


def due_slots(schedule: dict, after: datetime, now: datetime, zone: ZoneInfo) -> list[datetime]:
    """Those after `after` whose time has come, without what is missed as the schedule says."""
    came = list(takewhile(lambda slot: slot <= now, next_slots(schedule, after, zone)))
    missed = schedule.get("missed", LAST)
    if missed == ALL:
        return came[:MOST_AT_ONCE]
    return [slot for slot in came[-1:] if missed == LAST or now - slot <= GRACE]
