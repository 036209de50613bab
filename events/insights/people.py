"""Who counts as a customer, as new, as active: said once, for every figure of the first page.

A **customer** is one living person as we know them: neither merged into another nor erased, and
also somebody of whom only an anonymous id or an unconfirmed claim is known. That is whoever stands
in the list of customers (`Customer.objects.alive()`), and the figure `customer`.

A customer is **new** on the day on which they were first seen (`first_seen_at`), which for somebody
whose history was sent later is long ago. The new ones of any days are among the customers.

A customer is **active** on the days on which an event of theirs happened (`occurred_at`); odd
events are not counted. The active ones of any days are among the customers.
"""

from datetime import date

from events.insights import activity, figures
from events.models import DayCustomers, Reach


class People:
    """How many customers there are, and how many were active on each of the last thirty days and in
    all of them."""

    def __init__(self):
        self.all = figures.total("customer")
        days = DayCustomers.objects.filter(step=activity.ACTIVE).values_list("day", "size")
        self._by_day = dict(days)
        reach = Reach.objects.filter(step=activity.ACTIVE).values_list("size", flat=True)
        self._reach = reach.first() or 0

    # Who was active is measured every few seconds; since then some of them may have become one.

    def active(self, day: date) -> int:
        return min(self._by_day.get(day, 0), self.all)

    @property
    def active_lately(self) -> int:
        """In the last thirty days."""
        return min(self._reach, self.all)
