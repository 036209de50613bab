"""Days of the workspace: whole, local, weeks from Monday; and the moment that an attribute's text
stands for."""

from calendar import isleap, monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from customers.models import Workspace

ONE_DAY = timedelta(days=1)
# Four digits of a year, as MOMENT reads them; a day inside, so that every zone can say them.
FIRST, LAST = datetime(1000, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)

TEXT = "(value #>> '{}')"
DAY = "[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?"
ZONE = "(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)"
# A date is the midnight it begins with; what names no zone is in the workspace's; anything else,
# also the 30th of February, is no moment and never an error: each cast stands behind the test that
# it cannot fail.
MOMENT = f"""
CASE WHEN jsonb_typeof(value) = 'string' AND {TEXT} ~ '^{DAY}([T ]{CLOCK}{ZONE}?)?$' THEN
    CASE WHEN substr({TEXT}, 9, 2)::int <= extract(day FROM (substr({TEXT}, 1, 7) || '-01')::date + interval '1 month' - interval '1 day') THEN
        CASE WHEN {TEXT} ~ '{CLOCK}{ZONE}$' THEN {TEXT}::timestamptz ELSE {TEXT}::timestamp AT TIME ZONE %(zone)s END
    END
END
"""  # noqa: E501


def zone() -> ZoneInfo:
    return ZoneInfo(Workspace.get().time_zone)


def today(now: datetime) -> date:
    return now.astimezone(zone()).date()


def moved(day: date, n: int, unit: str) -> date:
    """`day` and n days, weeks or months; where the month has no such day it is its last. Not beyond
    the years that are read."""
    if unit == "months":
        months = day.year * 12 + day.month - 1 + n
        if not FIRST.year * 12 < months < LAST.year * 12:
            return FIRST.date() if n < 0 else LAST.date()
        year, month = divmod(months, 12)
        return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    ordinal = day.toordinal() + (n * 7 if unit == "weeks" else n)
    return date.fromordinal(min(max(ordinal, FIRST.toordinal()), LAST.toordinal()))


def week(day: date, n: int = 0) -> tuple[date, date]:
    """Monday and Sunday of the week that `day` lies in, or of the nth after it."""
    monday = moved(day, 7 * n - day.weekday(), "days")
    return monday, monday + timedelta(days=6)


def begins(day: date) -> datetime:
    """The local midnight that the day begins with."""
    return datetime.combine(day, time.min, zone())


def anniversaries(first: date, n: int) -> set[str]:
    """ "MM-DD" of the days from `first` to n days later; who was born on 29 February has the 28th
    in other years."""
    days = [first + timedelta(days=ahead) for ahead in range(n + 1)]
    return {f"{day:%m-%d}" for day in days} | {
        "02-29" for day in days if f"{day:%m-%d}" == "02-28" and not isleap(day.year)
    }
