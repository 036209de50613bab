"""Before a launch: whether so many people can tell anything, and how many it would take."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.broadcasts.forecast import Forecast
from campaigns.broadcasts.variants import Variant
from campaigns.models import Campaign, SendingFigure
from campaigns.reports.arithmetic.verdicts import FEWEST_CONVERSIONS, people_to_plan, rounded
from crm_project.bounds import whole_in
from crm_project.db.sets import literal
from customers.segments import rights
from customers.segments.conditions.base import asked

Metric = Campaign.Metric
LATELY = timedelta(days=60)  # by whose messages it is reckoned how many open and click
SEEN = 0.2  # a fifth more than without it: less is seldom worth knowing, more is seldom there
BOUGHT = """
SELECT DISTINCT p.customer_id FROM unnest(%(people)s::int[]) AS p (customer_id)
 WHERE EXISTS (SELECT FROM events_order o WHERE o.customer_id = p.customer_id
   AND o.paid_at > %(since)s AND o.paid_at <= %(until)s)
"""
TOO_FEW_TRIED = gettext_lazy(
    "Too few to tell the variants apart, unless one is very much better: %(there)s are in the"
    " test, and a fifth more than the usual %(share)s would be seen among about %(n)s."
)
ENOUGH_TRIED = gettext_lazy(
    "Enough to tell the variants apart: %(there)s are in the test, and a fifth more than the usual"
    " %(share)s is seen among about %(n)s."
)
TOO_FEW_MEANT = gettext_lazy(
    "Too few to see what this does, unless it does very much: %(share)s of these %(there)s buy"
    " anyway, and a fifth more would be seen among about %(n)s. Holding nobody out sends it to all"
    " of them."
)
ENOUGH_MEANT = gettext_lazy(
    "Enough to see what this does: %(share)s of these %(there)s buy anyway, and a fifth more is"
    " seen among about %(n)s."
)


@dataclass(frozen=True, slots=True)
class Test:
    """In percent: of the people, who is held out; of the others, who is in the test."""

    __test__ = False  # nothing for pytest

    held: int
    percent: int
    metric: str
    hours: int
    shares: dict[str, int]

    @classmethod
    def typed(cls, data, tried: list[Variant], held: int) -> "Test":
        """Of a form that is not saved yet; what cannot be read is as it would be proposed."""
        is_test = len(tried) > 1
        percent = whole_in(data.get("test_percent", "")) if is_test else 100
        metric = data.get("metric", "")
        return cls(
            held=held,
            percent=min(max(percent or 100, 1), 100),
            metric=metric if metric in Metric.values else Metric.BOUGHT,
            hours=min(max(whole_in(data.get("decide_hours", "")) or 72, 1), 24 * 60),
            shares={one.key: one.share for one in tried},
        )

    def part(self, key: str) -> float:
        """How many percent of those who are not held out are in this variant."""
        return self.shares[key] * self.percent / 100


def said(test: Test, found: Forecast, chain: list[str], now: datetime) -> list[tuple[bool, str]]:
    """Of the variants and of the control group: whether there are enough, and in words."""
    people = len(found.people)
    lines = []
    if len(test.shares) > 1:
        share = share_of(test, found, chain, now)
        tried = round(people * (100 - test.held) * test.percent / 10_000)
        needed = wanted(share, test.shares)
        lines.append((needed is not None and tried >= needed, of_variants(share, tried, needed)))
    if test.held:
        share = bought(found, timedelta(days=5), now)
        needed = enough(share, test.held / 100)
        lines.append((needed is not None and people >= needed, of_held(share, people, needed)))
    return lines


def wanted(share: float, shares: dict[str, int]) -> int | None:
    """Of all variants together: the smallest is as large as one of two alike would have to be."""
    two, smallest = enough(share, 0.5), max(min(shares.values()), 1) / 100
    return None if two is None else rounded(round(two / 2 / smallest))


def enough(share: float, held: float) -> int | None:
    """So that a fifth more is seen, and the smaller group has its hundred conversions."""
    needed = people_to_plan(share, share * SEEN, held)
    if needed is None:
        return None
    return max(needed, rounded(round(FEWEST_CONVERSIONS / share / min(held, 1 - held))))


def share_of(test: Test, found: Forecast, chain: list[str], now: datetime) -> float:
    """Which part of people do what counts, by what they did before."""
    if test.metric == Metric.BOUGHT:
        return bought(found, timedelta(hours=test.hours), now)
    column = "clicked" if test.metric == Metric.CLICKED else "opened"
    lately = SendingFigure.objects.filter(
        state="sent", channel__in=chain[:1], day__gt=(now - LATELY).date()
    )
    sums = lately.aggregate(n=Sum("n"), did=Sum(column))
    return (sums["did"] or 0) / sums["n"] if sums["n"] else 0.0


def bought(found: Forecast, window: timedelta, now: datetime) -> float:
    """Who of them bought something in as many days, lately; 0 where that is not for these eyes."""
    values = {"people": literal(found.people), "since": now - window, "until": now}
    n = len(asked(BOUGHT, values)) if found.people else 0
    return 0.0 if rights.is_untold(n) else n / len(found.people)


def of_variants(share: float, tried: int, needed: int | None) -> str:
    if needed is None:
        return _(
            "Nobody can say how many people it takes to tell the variants apart: too few did what"
            " counts lately."
        )
    said = TOO_FEW_TRIED if tried < needed else ENOUGH_TRIED
    return said % {"n": f"{needed:,}", "there": rights.numbered(tried), "share": f"{share:.1%}"}


def of_held(share: float, people: int, needed: int | None) -> str:
    if needed is None:
        return _(
            "Nobody can say how many people it takes to see what this does: too few of them bought"
            " lately."
        )
    said = TOO_FEW_MEANT if people < needed else ENOUGH_MEANT
    return said % {"n": f"{needed:,}", "there": rights.numbered(people), "share": f"{share:.1%}"}
