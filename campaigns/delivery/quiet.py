"""When a message would disturb: in the quiet hours and on the quiet days of the workspace, and
outside of the hours that the law leaves its channel."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from campaigns.delivery.channels import Channel
from campaigns.delivery.limits import Limits
from campaigns.models import QuietHours
from customers.models import Purpose

BEIJING = ZoneInfo("Asia/Shanghai")  # whose time the law means
EVERY_DAY = frozenset(range(1, 8))
# Windows that follow each other without a gap: the message looks again after the last of so many.
MOST = 10
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Until when nothing may disturb; `is_dropped`: what comes now is not sent later either."""

    until: datetime
    is_dropped: bool = False


class Window:
    """A time in which nothing may disturb."""

    is_dropped: bool

    def end_of(self, moment: datetime) -> datetime | None:
        """When the window that the moment lies in is over; None where it lies in none."""
        raise NotImplementedError


@dataclass(frozen=True)
class Hours(Window):
    begins: time
    ends: time
    zone: ZoneInfo
    weekdays: frozenset[int] = EVERY_DAY  # on which they begin
    is_dropped: bool = False

    def end_of(self, moment):
        local = moment.astimezone(self.zone).replace(tzinfo=None)
        for day in (local.date(), local.date() - ONE_DAY):
            begin = datetime.combine(day, self.begins)
            end = datetime.combine(day + ONE_DAY * (self.begins >= self.ends), self.ends)
            if day.isoweekday() in self.weekdays and begin <= local < end:
                return end.replace(tzinfo=self.zone)
        return None


def quiet(now: datetime, windows: Collection[Window]) -> Quiet | None:
    """What `now` lies in, through windows that follow each other; None: it may be sent."""
    ends = [(end, w.is_dropped) for w in windows if (end := w.end_of(now))]
    if not ends:
        return None
    until = now
    for _window in range(MOST):
        further = [end for w in windows if (end := w.end_of(until))]
        if not further:
            break
        until = max(further)
    return Quiet(until, any(dropped for _end, dropped in ends))


def windows(
    channel: Channel, purpose: str, limits: Limits, zone: ZoneInfo, *, now: datetime, urgent: bool
) -> Iterator[Window]:
    """Those that bind messages of this purpose on this channel. What is urgent is held up by the
    law alone."""
    if channel.is_pull or not channel.quiet_hours_apply:
        return
    if allowed := channel.lawful_hours.get(purpose):
        yield Hours(allowed[1], allowed[0], BEIJING)
    if urgent and purpose == Purpose.SERVICE:
        return
    for row in limits.hours:
        if row.purpose == purpose and row.channel in ("", channel.key):
            yield Hours(
                row.begins,
                row.ends,
                zone,
                frozenset(row.weekdays) or EVERY_DAY,
                row.act == QuietHours.Act.DROP,
            )
    if purpose == Purpose.MARKETING:
        yield from of_days(limits.days, zone, now.astimezone(zone).date())


def of_days(days: Collection[date], zone: ZoneInfo, today: date) -> Iterator[Window]:
    """The quiet days that may matter to what would be sent today."""
    for n in range(MOST):
        if (day := today + n * ONE_DAY) in days:
            yield OneDay(day, zone)


@dataclass(frozen=True)
class OneDay(Window):
    day: date
    zone: ZoneInfo
    is_dropped: bool = False

    def end_of(self, moment):
        if moment.astimezone(self.zone).date() != self.day:
            return None
        return datetime.combine(self.day + ONE_DAY, time(), self.zone)
