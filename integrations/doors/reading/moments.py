"""When something happened, as foreign clients tell it: by clocks that are wrong, in zones they do
not name."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from customers.models import Source
from events.timing import EPOCH, MOST_AHEAD
from integrations.doors.reading.free_json import Unfit

# A request on its way takes this long; only more says that the sender's clock is wrong.
ON_ITS_WAY = timedelta(seconds=10)
MILLISECONDS_FROM = 10**11

_local = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
).fullmatch


def read(value, path: str, zone: tzinfo) -> datetime | None:
    """The moment behind a text or a number of (milli)seconds; None when nothing is said."""
    if value in (None, ""):
        return None
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return EPOCH + timedelta(
                seconds=value / 1000 if abs(value) >= MILLISECONDS_FROM else value
            )
        said = datetime.fromisoformat(value.strip())
    except (AttributeError, TypeError, ValueError, OverflowError):
        raise Unfit(
            "invalid_time", path, "This is neither an ISO 8601 time nor milliseconds since 1970."
        ) from None
    return said if said.tzinfo else said.replace(tzinfo=zone)


def corrected(at: datetime, sent_at: datetime | None, now: datetime, path: str) -> datetime:
    """`at` by our clock: the sender told what its own showed when it sent."""
    try:
        if sent_at is not None and abs(now - sent_at) > ON_ITS_WAY:
            at += now - sent_at
        if EPOCH <= at <= now + MOST_AHEAD:
            return at.astimezone(UTC)
    except OverflowError:
        pass
    raise Unfit("out_of_range", path, "The time must lie between 1970 and one year from now.")


def sent(value, zone: tzinfo) -> datetime | None:
    """What the sender's clock showed; a sender that cannot say it is not corrected."""
    try:
        return read(value, "", zone)
    except Unfit:
        return None


def zone_of(source: Source, offset_minutes=None) -> tzinfo:
    """The zone of times without one: the phone's where it tells it (minutes behind UTC, as
    JavaScript counts), else the source's."""
    if type(offset_minutes) is int and abs(offset_minutes) < 24 * 60:
        return timezone(timedelta(minutes=-offset_minutes))
    return ZoneInfo(source.time_zone)


def zoned(value, zone: tzinfo):
    """A local time gets its zone, so that it can be compared; everything else stays as it is."""
    if isinstance(value, str) and _local(value):
        try:
            return datetime.fromisoformat(value).replace(tzinfo=zone).isoformat()
        except ValueError:
            return value
    return value
