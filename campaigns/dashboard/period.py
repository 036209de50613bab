"""What was counted in a span of days and in the one before, read once for the whole page."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Message
from customers.models import Workspace
from events.insights import activity, figures
from events.insights.people import People
from events.models import Stage

DAYS = activity.DAYS
LONGEST = 366
NAMES = (
    *("customer", "event", "order", "order_refunded", "order_net", "attributed"),
    *(f"message:{state}" for state in Message.State.values),
    *("coupon:issued", "coupon:pending", "coupon:withdrawn", "coupon:redeemed"),
    *(f"moved:{stage}" for stage in Stage.values),
)
OFFERED = (7, DAYS, 90, 365)


@dataclass(frozen=True)
class Span:
    """From a day to a day, both among them."""

    first: date
    last: date

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def before(self) -> "Span":
        """As many days, right before."""
        last = self.first - timedelta(days=1)
        return Span(last - (self.last - self.first), last)


def asked(query, today: date) -> Span:
    """The days that an address names (`?days=7`, `?from=2026-11-01&to=2026-11-15`); the last thirty
    where it names none, or what is no span of at most a year."""
    if query.get("days", "").isdigit() and 1 <= int(query["days"][:4]) <= LONGEST:
        return Span(today - timedelta(days=int(query["days"][:4]) - 1), today)
    try:
        first, last = (date.fromisoformat(query.get(name, "")) for name in ("from", "to"))
    except ValueError:
        return Span(today - timedelta(days=DAYS - 1), today)
    last = min(last, today)
    if not timedelta() <= last - first < timedelta(days=LONGEST):
        return Span(today - timedelta(days=DAYS - 1), today)
    return Span(first, last)


class Period:
    """These days of the workspace's zone, up to now, and everything counted in them; without
    any, the last thirty."""

    def __init__(self, now: datetime, query=None):
        self.now, self.workspace = now, Workspace.get()
        self.zone = ZoneInfo(self.workspace.time_zone)
        self.today = now.astimezone(self.zone).date()
        self.span = asked(query or {}, self.today)
        self.days = self.span.days
        self.since = self.midnight(self.span.first)
        self.kept = figures.by_day(
            NAMES,
            since=self.midnight(min(self.span.before.first, self.today)),
            zone=self.zone,
        )

    @cached_property
    def people(self) -> People:
        return People()

    @property
    def is_usual(self) -> bool:
        """The last thirty days, of which also those figures are kept that are of people."""
        return self.span == asked({}, self.today)

    @property
    def label(self) -> str:
        if self.span.last == self.today:
            n = len(self.days)
            return _("The last %(n)d days") % {"n": n} if n > 1 else _("Today")
        words = {"first": shown(self.span.first), "last": shown(self.span.last)}
        return _("%(first)s to %(last)s") % words

    def offered(self) -> list[dict]:
        """The spans that are chosen most."""
        return [
            {
                "label": LABELS[days],
                "query": f"?days={days}",
                "is_chosen": self.span.last == self.today and len(self.days) == days,
            }
            for days in OFFERED
        ]

    def n(self, name: str, day: date | None = None) -> int:
        return self.sum(name, 0, day)

    def fen(self, name: str, day: date | None = None) -> int:
        return self.sum(name, 1, day)

    def n_before(self, name: str) -> int:
        return self.over(self.span.before.days, name, 0)

    def fen_before(self, name: str) -> int:
        return self.over(self.span.before.days, name, 1)

    def issued(self, day: date | None = None) -> int:
        """Coupons, without those that were taken back because their message did not leave after
        all."""
        return without_withdrawn(lambda name: self.n(name, day))

    def issued_before(self) -> int:
        return without_withdrawn(self.n_before)

    def sum(self, name: str, which: int, day: date | None) -> int:
        """On this day; without one, in the whole period."""
        return self.over([day] if day else self.days, name, which)

    def over(self, days: list[date], name: str, which: int) -> int:
        found = self.kept[name]
        return sum(found[one][which] for one in days if one in found)

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self.zone)


LABELS = {
    7: gettext_lazy("7 days"),
    30: gettext_lazy("30 days"),
    90: gettext_lazy("90 days"),
    365: gettext_lazy("1 year"),
}


def without_withdrawn(n) -> int:
    return n("coupon:issued") - n("coupon:pending") - n("coupon:withdrawn")


def shown(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")


def change(now: int, before: int) -> dict | None:
    """By how much a figure is another than in the days before, in percent; nothing where there was
    nothing to compare with."""
    if before <= 0:
        return None
    percent = round(100 * (now - before) / before)
    arrow = "↑" if percent > 0 else "↓" if percent < 0 else "→"
    return {"percent": percent, "text": f"{arrow} {abs(percent):,} %"}


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
