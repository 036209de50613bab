"""A report, read from the kept figures in three questions."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from django.db import connection

from campaigns.models import Assignment, Message
from campaigns.reports.arithmetic import money, verdicts
from campaigns.reports.arithmetic.arms import Arm
from campaigns.reports.arithmetic.intervals import (
    Interval,
    difference_of_means,
    difference_of_shares,
)
from campaigns.reports.arithmetic.split import Split, split

HELD_OUT, OF_ALL = Assignment.Arm.HELD_OUT.value, Assignment.Arm.HELD_OUT_ALL.value
REST = "rest"  # everybody to whom the winner was sent: in no comparison (models 5)
MOVED = (
    *("n", "delivered", "opened", "clicked", "machine_opened", "machine_clicked"),
    *("unsubscribed", "cost", "orders", "net_fen", "gain_fen"),
)
ARMS = """
SELECT of, subject, goal, arm, month, sum(places)::bigint, sum(people)::bigint,
       sum(converted)::bigint, sum(orders)::bigint, sum(net_fen)::bigint, sum(net_squares),
       sum(gain_fen)::bigint, sum(gain_squares), sum(discount_fen)::bigint, sum(given_fen)::bigint,
       max(last_at)
  FROM campaigns_armfigure WHERE of = ANY(%(of)s) GROUP BY of, subject, goal, arm, month
"""
SENT = f"""
SELECT of, version_id, step, channel, arm, state, reason, coalesce(cohort, month), {", ".join(f"sum({c})::bigint" for c in MOVED)}
  FROM campaigns_sendingfigure WHERE of = ANY(%(of)s)
 GROUP BY of, version_id, step, channel, arm, state, reason, coalesce(cohort, month)
"""  # noqa: E501, S608 -- constants
COSTS = """
SELECT split_part(subject, ':', 1) || ':' || split_part(subject, ':', 2) AS of,
       sum(coupons)::bigint, sum(redeemed)::bigint, sum(discount_fen)::bigint,
       sum(given_fen)::bigint, max(derived_at)
  FROM campaigns_reportstate
 WHERE split_part(subject, ':', 1) || ':' || split_part(subject, ':', 2) = ANY(%(of)s) GROUP BY 1
"""
BY_DAY = """
SELECT day, sum(n) FILTER (WHERE state = 'sent')::bigint, sum(orders)::bigint, sum(net_fen)::bigint
  FROM campaigns_sendingfigure WHERE of = %(of)s GROUP BY day ORDER BY day
"""


@dataclass(slots=True)
class People:
    """Everybody of one arm, of one subject and goal."""

    places: int = 0
    people: int = 0
    converted: int = 0
    orders: int = 0
    net_fen: int = 0
    net_squares: int = 0
    gain_fen: int = 0
    gain_squares: int = 0
    discount_fen: int = 0
    given_fen: int = 0
    last_at: datetime | None = None

    def __add__(self, other: "People") -> "People":
        sums = [getattr(self, name) + getattr(other, name) for name in COUNTED]
        known = [at for at in (self.last_at, other.last_at) if at]
        return People(*sums, max(known, default=None))

    @property
    def by_net(self) -> Arm:
        return Arm(self.people, self.converted, self.net_fen, int(self.net_squares))

    @property
    def by_gain(self) -> Arm:
        return Arm(self.people, self.converted, self.gain_fen, int(self.gain_squares))


COUNTED = [name for name in People.__slots__ if name != "last_at"]


@dataclass(slots=True)
class Sending:
    """What became of some messages; the sums of columns of SendingFigure."""

    version_id: int = 0
    step: str = ""
    channel: str = ""
    arm: str = ""
    state: str = ""
    reason: str = ""
    month: date | None = None  # in which its people were assigned
    sums: Counter = field(default_factory=Counter)


def load(reports: Iterable["Report"]) -> None:
    """The figures of all of them are there."""
    by_name = {report.of: report for report in reports}
    with connection.cursor() as cursor:
        cursor.execute(ARMS, {"of": list(by_name)})
        for of, subject, goal, arm, month, *counted in cursor:
            by_name[of].arms[subject, goal, arm, month] = People(*counted)
        cursor.execute(SENT, {"of": list(by_name)})
        for of, *about in cursor:
            sums = Counter(dict(zip(MOVED, about[7:], strict=True)))
            by_name[of].sent.append(Sending(*about[:7], sums))
        cursor.execute(COSTS, {"of": list(by_name)})
        for of, *costs, as_of in cursor:
            report = by_name[of]
            report.coupons, report.redeemed, report.discount_fen, report.given_fen = costs
            report.as_of = as_of


@dataclass(frozen=True, slots=True)
class Tried:
    """Several variants against each other. `shares` is percent of those who were not held out, by
    variant; `counted` what was found at the decision, over all firings that were decided."""

    shares: dict[str, float]
    metric: str
    decide_at: datetime | None
    counted: dict[str, list[int]] | None
    has_rest: bool
    winners: tuple[tuple[str, datetime, object], ...] = ()  # what the rest got, when, said by whom


class Report:
    """Of one campaign or journey, from its first day on. `of` is "campaign:7"; `percent` of its
    people were planned to be held out (None: it cannot be said, as it was changed).

    Where people come for ever (`is_continuous`), those are compared who came in months whose last
    orders have been counted: so it has a verdict, with its date.
    """

    def __init__(
        self,
        of: str,
        *,
        percent: int | None,
        now: datetime,
        window: timedelta,
        is_open: bool,
        is_continuous: bool = False,
        tried: Tried | None = None,
    ):
        self.of, self.percent, self.now, self.window = of, percent, now, window
        self.is_open, self.is_continuous, self.tried = is_open, is_continuous, tried
        self.arms: dict[tuple[str, str, str, date], People] = {}  # by subject, goal, arm, month
        self.sent: list[Sending] = []
        self.coupons = self.redeemed = self.discount_fen = self.given_fen = 0
        self.as_of: datetime | None = None

    @cached_property
    def days(self) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(BY_DAY, {"of": self.of})
            return [(day, n or 0, orders, net) for day, n, orders, net in cursor]

    # -- people

    def people(self, arms, goal: str = "", *, of_all_months: bool = False) -> People:
        """Of its own subjects; arms of splits inside a journey are another comparison."""
        total = People()
        for (subject, of, arm, month), one in self.arms.items():
            is_meant = of_all_months or self.until is None or month <= self.until
            if is_meant and not subject.startswith("split:") and of == goal and arms(arm):
                total += one
        return total

    @cached_property
    def until(self) -> date | None:
        """The last month whose people are compared; None: all of them are."""
        if not self.is_continuous or self.is_all_over:
            return None
        settled = [month for *_of, month in self.arms if end_of(month) + self.window <= self.now]
        return max(settled, default=None)

    @cached_property
    def is_all_over(self) -> bool:
        """Of whoever was ever assigned, the last order that may count has come."""
        known = [one.last_at for (_s, _g, arm, _m), one in self.arms.items() if is_compared(arm)]
        last = max((at for at in known if at), default=None)
        return not self.is_open and last is not None and last + self.window <= self.now

    @cached_property
    def treated(self) -> People:
        return self.people(is_treated)

    @cached_property
    def held_out(self) -> People:
        return self.people(lambda arm: arm == HELD_OUT)

    @cached_property
    def of_all(self) -> People:
        return self.people(lambda arm: arm == OF_ALL)

    @cached_property
    def rest(self) -> People:
        """Who got the winner afterwards."""
        return self.people(lambda arm: arm == REST)

    def of_arm(self, arm: str, goal: str = "") -> People:
        return self.people(lambda one: one == arm, goal)

    @cached_property
    def later(self) -> int:
        """Who came in months that are in no comparison yet."""
        if self.until is None:
            return 0
        return self.people(is_compared, of_all_months=True).people - self.people(is_compared).people

    @property
    def targeted(self) -> int:
        """Everybody assigned; two places of one person after a merge are two."""
        return self.people(lambda _arm: True, of_all_months=True).places

    @cached_property
    def split(self) -> Split:
        held = self.percent or 0
        if self.tried:
            people = {key: self.of_arm(key).people for key in self.tried.shares}
            shares = {key: share * (100 - held) / 100 for key, share in self.tried.shares.items()}
            if held:
                people[HELD_OUT], shares[HELD_OUT] = self.held_out.people, held
            return split(people, shares)
        if not held:
            return split({}, {})
        return split(
            {"treated": self.treated.people, "held_out": self.held_out.people},
            {"treated": 100 - held, "held_out": held},
        )

    # -- messages

    def total(self, column: str, **only) -> int:
        return sum(
            one.sums[column]
            for one in self.sent
            if all(getattr(one, name) == value for name, value in only.items())
        )

    @cached_property
    def by_state(self) -> dict[str, int]:
        return {state: self.total("n", state=state) for state in Message.State.values}

    @cached_property
    def reasons(self) -> dict[tuple[str, str], int]:
        found: dict = defaultdict(int)
        for one in self.sent:
            if one.reason:
                found[one.state, one.reason] += one.sums["n"]
        return dict(sorted(found.items()))

    # -- money, fen

    @cached_property
    def sending_fen(self) -> int:
        """Of messages to those who are compared."""
        return money.fen_of_cost(self.cost_of(is_treated))

    def cost_of(self, arms) -> int:
        """1/100 fen."""
        return sum(
            one.sums["cost"]
            for one in self.sent
            if arms(one.arm)
            and (self.until is None or one.month is None or one.month <= self.until)
        )

    @property
    def cost_fen(self) -> int:
        """Of the same people: sending, and what was given for nothing."""
        return self.sending_fen + self.treated.given_fen

    @property
    def attributed_fen(self) -> int:
        return self.total("net_fen")

    @cached_property
    def conversion(self) -> Interval | None:
        """Of shares, treated less held out; None where nobody is held out."""
        if min(self.treated.people, self.held_out.people) < 2:
            return None
        return difference_of_shares(self.treated.by_net, self.held_out.by_net)

    @cached_property
    def incremental(self) -> Interval | None:
        """Net that would not have been there without it."""
        one = difference_of_means(self.treated.by_net, self.held_out.by_net)
        return one and one.times(self.treated.people)

    @cached_property
    def gain(self) -> Interval | None:
        """What margins leave of that."""
        one = difference_of_means(self.treated.by_gain, self.held_out.by_gain)
        return one and one.times(self.treated.people)

    @cached_property
    def profit(self) -> Interval | None:
        return self.gain and money.profit(
            self.gain, sending_fen=self.sending_fen, given_fen=self.treated.given_fen
        )

    def profit_of(self, arm: str) -> Interval | None:
        """Of one variant, against whoever was held out."""
        one = self.of_arm(arm)
        gain = difference_of_means(one.by_gain, self.held_out.by_gain)
        sending = money.fen_of_cost(self.cost_of(lambda other: other == arm))
        return gain and money.profit(
            gain.times(one.people), sending_fen=sending, given_fen=one.given_fen
        )

    @property
    def attributed_profit_fen(self) -> int:
        """Where nobody is held out: of money that followed, which is another thing."""
        return self.total("gain_fen") - money.fen_of_cost(self.total("cost")) - self.given_fen

    # -- the word

    @cached_property
    def over_at(self) -> datetime | None:
        """When the last order that may count can have come."""
        last = max((at for at in (self.treated.last_at, self.held_out.last_at) if at), default=None)
        return last + self.window if last else None

    @property
    def is_over(self) -> bool:
        return self.is_all_over or self.until is not None

    @cached_property
    def said(self) -> verdicts.Said:
        return verdicts.said(
            self.treated.by_net,
            self.held_out.by_net,
            self.profit,
            split=self.split,
            is_over=self.is_over,
        )


def is_treated(arm: str) -> bool:
    return arm not in (HELD_OUT, OF_ALL, REST)


def is_compared(arm: str) -> bool:
    return arm not in (OF_ALL, REST)


def end_of(month: date) -> datetime:
    """Months of figures are UTC's."""
    return datetime(month.year + month.month // 12, month.month % 12 + 1, 1, tzinfo=UTC)
