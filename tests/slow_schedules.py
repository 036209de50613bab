"""What a schedule means, in plain Python: every minute is looked at."""

from calendar import monthrange
from datetime import datetime, time, timedelta

MINUTE = timedelta(minutes=1)


def slots(schedule, after, until, zone):
    """The moments in (after, until] at which it comes round: of each of its days the first minute
    whose local time has reached the time of day, wherever the clocks go."""
    found, waiting = [], []
    at = (after - timedelta(days=3)).replace(second=0, microsecond=0)
    seen_days = set()
    while at <= until:
        local = at.astimezone(zone).replace(tzinfo=None)
        for day in (local.date() - timedelta(days=1), local.date()):  # a day may be left out
            if day not in seen_days:
                seen_days.add(day)
                if falls_on(schedule, day):
                    waiting.append(datetime.combine(day, time.fromisoformat(schedule["time"])))
        for wanted in [one for one in waiting if one <= local]:
            waiting.remove(wanted)
            found.append(at)
        at += MINUTE
    return sorted({at for at in found if after < at})


def falls_on(schedule, day):
    if schedule["kind"] == "weekly":
        return day.isoweekday() in schedule["weekdays"]
    if schedule["kind"] == "monthly":
        last = monthrange(day.year, day.month)[1]
        return day.day == (last if schedule["day"] == "last" else min(schedule["day"], last))
    return True
