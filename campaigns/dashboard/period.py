"""What was counted in the last thirty days, read once for the whole page."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.urls import reverse

from campaigns.models import Message
from customers.models import Workspace
from events.insights import activity, figures
from events.models import Stage

DAYS = activity.DAYS
NAMES = (
    *("customer", "event", "order", "order_refunded", "order_net", "attributed"),
    *(f"message:{state}" for state in Message.State.values),
    *("coupon:issued", "coupon:pending", "coupon:withdrawn", "coupon:redeemed"),
    *(f"moved:{stage}" for stage in Stage.values),
)


class Period:
    """The last thirty days of the workspace's zone, up to now, and everything counted in them."""

    def __init__(self, now: datetime):
        self.now, self.workspace = now, Workspace.get()
        self.zone = ZoneInfo(self.workspace.time_zone)
        self.today = now.astimezone(self.zone).date()
        self.days = [self.today - timedelta(days=n) for n in reversed(range(DAYS))]
        self.since = activity.first_day(self.zone, now)
        self.kept = figures.by_day(NAMES, since=self.since, zone=self.zone)

    def n(self, name: str, day: date | None = None) -> int:
        return self.sum(name, 0, day)

    def fen(self, name: str, day: date | None = None) -> int:
        return self.sum(name, 1, day)

    def issued(self, day: date | None = None) -> int:
        """Coupons, without those that were taken back because their message did not leave after
        all."""
        return (
            self.n("coupon:issued", day)
            - self.n("coupon:pending", day)
            - self.n("coupon:withdrawn", day)
        )

    def sum(self, name: str, which: int, day: date | None) -> int:
        """On this day; without one, in the whole period."""
        found = self.kept[name]
        return (
            found.get(day, (0, 0))[which]
            if day
            else sum(found[one][which] for one in self.days if one in found)
        )

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self.zone)


def page(name: str, /, **query) -> str:
    address = reverse(f"admin:{name}_changelist")
    return (
        f"{address}?{'&'.join(f'{key}={value}' for key, value in query.items())}"
        if query
        else address
    )


def during(field: str, first: date, last: date) -> dict:
    """The query of a list's filter by days."""
    return {f"{field}_from": first.isoformat(), f"{field}_to": last.isoformat()}
