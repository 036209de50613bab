"""Which days are worked: the holidays of China with their shifted days (调休), as announced, and
the workspace's own days, which stand over them.

The package knows the years that have been announced; of later ones the weekdays are worked, until
an announcement is out and the package brought up to date, or the days are written into the table.
"""

from collections.abc import Iterable
from datetime import date, timedelta

import chinese_calendar

from customers.models import SpecialDay


def own(first: date, last: date) -> dict[date, bool]:
    """The days that the workspace says itself, from the first to the last: worked or not."""
    return dict(
        SpecialDay.objects.filter(day__gte=first, day__lte=last).values_list("day", "is_worked")
    )


def is_worked(day: date, own_days: dict[date, bool]) -> bool:
    if day in own_days:
        return own_days[day]
    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError:
        return day.weekday() < 5


def worked_from(first: date, *, within: int = 60) -> Iterable[date]:
    """The worked days from this one on, of the next so many."""
    last = first + timedelta(days=within)
    own_days = own(first, last)
    days = (first + timedelta(days=n) for n in range(within + 1))
    return (day for day in days if is_worked(day, own_days))
