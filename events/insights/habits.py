"""How one customer lives with the shop: at which hours and on which days, through which door, in
which price band."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from customers.models import Customer, Workspace
from events.models import Event, OrderLine

MOST_EVENTS, MOST_LINES = 500, 200
ENOUGH = 5  # events, from which on one may speak of a habit
PLATFORM = (
    "platform",
    "app",
    "mp_type",
    "$os",
    "os",
)  # where the context says through which app they came


@dataclass(frozen=True, slots=True)
class Habits:
    """Of the last events and order lines of one customer."""

    events: int
    hours: list[int]  # how many in each hour of the day
    weekdays: list[int]  # Monday first
    channels: list[tuple[str, int]]  # (source, app), the most used first
    prices: (
        tuple[int, int, int] | None
    )  # fen: a quarter of what they bought is cheaper, half, three quarters

    @property
    def hour(self) -> int | None:
        """The hour around which they are most active: its neighbours count half."""
        if self.events < ENOUGH:
            return None
        around = [
            2 * self.hours[h] + self.hours[h - 1] + self.hours[(h + 1) % 24] for h in range(24)
        ]
        return max(range(24), key=lambda h: (around[h], -h))

    @property
    def weekday(self) -> int | None:
        return (
            max(range(7), key=lambda d: (self.weekdays[d], -d)) if self.events >= ENOUGH else None
        )


def habits(customer: Customer, now: datetime) -> Habits:
    """In two queries, each of a bounded number of rows."""
    zone = ZoneInfo(Workspace.get().time_zone)
    latest = Event.objects.filter(customer=customer, occurred_at__lte=now).order_by("-occurred_at")
    seen = list(latest.values_list("occurred_at", "source__name", "context")[:MOST_EVENTS])
    hours, weekdays, channels = Counter(), Counter(), Counter()
    for at, source, context in seen:
        local = at.astimezone(zone)
        hours[local.hour] += 1
        weekdays[local.weekday()] += 1
        channels[app_name(source, context)] += 1
    return Habits(
        len(seen),
        [hours[h] for h in range(24)],
        [weekdays[d] for d in range(7)],
        channels.most_common(3),
        price_band(customer),
    )


def app_name(source: str, context) -> str:
    app = (
        next(
            (str(context[name])[:40] for name in PLATFORM if isinstance(context.get(name), str)), ""
        )
        if isinstance(context, dict)
        else ""
    )
    return f"{source} · {app}" if app else source


def price_band(customer: Customer) -> tuple[int, int, int] | None:
    """Unit prices of what they paid for, the latest orders first."""
    lines = OrderLine.objects.filter(
        order__customer=customer, order__paid_at__isnull=False
    ).exclude(order__status="cancelled")
    prices = sorted(
        price
        for price in lines.order_by("-order__paid_at").values_list("price_fen", flat=True)[
            :MOST_LINES
        ]
        if price > 0
    )
    if not prices:
        return None
    return tuple(prices[(len(prices) - 1) * quarter // 4] for quarter in (1, 2, 3))
