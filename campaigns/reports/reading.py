"""A report, read from the kept figures in three questions."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
SELECT of, subject, goal, arm, sum(places)::bigint, sum(people)::bigint, sum(converted)::bigint,
       sum(orders)::bigint, sum(net_fen)::bigint, sum(net_squares), sum(gain_fen)::bigint,
       sum(gain_squares), sum(discount_fen)::bigint, max(last_at)
  FROM campaigns_armfigure WHERE of = ANY(%(of)s) GROUP BY of, subject, goal, arm
"""
SENT = f"""
SELECT of, version_id, step, channel, arm, state, reason, {", ".join(f"sum({c})::bigint" for c in MOVED)}
  FROM campaigns_sendingfigure WHERE of = ANY(%(of)s)
 GROUP BY of, version_id, step, channel, arm, state, reason
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
    sums: Counter = field(default_factory=Counter)


def load(reports: Iterable["Report"]) -> None:
    """The figures of all of them are there."""
    by_name = {report.of: report for report in reports}
    with connection.cursor() as cursor:
        cursor.execute(ARMS, {"of": list(by_name)})
        for of, subject, goal, arm, *counted in cursor:
            by_name[of].arms[subject, goal, arm] = People(*counted)
        cursor.execute(SENT, {"of": list(by_name)})
        for of, *about in cursor:
            sums = Counter(dict(zip(MOVED, about[6:], strict=True)))
            by_name[of].sent.append(Sending(*about[:6], sums))
        cursor.execute(COSTS, {"of": list(by_name)})
        for of, *costs, as_of in cursor:
            report = by_name[of]
            report.coupons, report.redeemed, report.discount_fen, report.given_fen = costs
            report.as_of = as_of


class Report:
    """Of one campaign or journey, from its first day on. `of` is "campaign:7"; `percent` of its
    people were planned to be held out (None: it cannot be said, as it was changed)."""

    def __init__(
        self, of: str, *, percent: int | None, now: datetime, window: timedelta, is_open: bool
    ):
        self.of, self.percent, self.now, self.window = of, percent, now, window
        self.is_open = is_open
        self.arms: dict[tuple[str, str, str], People] = {}  # by subject, goal, arm
        self.sent: list[Sending] = []
        self.coupons = self.redeemed = self.discount_fen = self.given_fen = 0
        self.as_of: datetime | None = None

    @cached_property
    def days(self) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(BY_DAY, {"of": self.of})
            return [(day, n or 0, orders, net) for day, n, orders, net in cursor]

    # -- people

    def people(self, arms, goal: str = "") -> People:
        """Of its own subjects; arms of splits inside a journey are another comparison."""
        total = People()
        for (subject, of, arm), one in self.arms.items():
            if not subject.startswith("split:") and of == goal and arms(arm):
                total += one
        return total

    @cached_property
    def treated(self) -> People:
        return self.people(is_treated)

    @cached_property
    def held_out(self) -> People:
        return self.people(lambda arm: arm == HELD_OUT)

    @cached_property
    def of_all(self) -> People:
        return self.people(lambda arm: arm == OF_ALL)

    @property
    def targeted(self) -> int:
        """Everybody assigned; two places of one person after a merge are two."""
        return self.treated.places + self.held_out.places + self.of_all.places

    @cached_property
    def split(self) -> Split:
        if not self.percent:
            return split({}, {})
        return split(
            {"treated": self.treated.people, "held_out": self.held_out.people},
            {"treated": 100 - self.percent, "held_out": self.percent},
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
        return money.fen_of_cost(self.total("cost"))

    @property
    def cost_fen(self) -> int:
        return self.sending_fen + self.given_fen

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
            self.gain, sending_fen=self.sending_fen, given_fen=self.given_fen
        )

    @property
    def attributed_profit_fen(self) -> int:
        """Where nobody is held out: of money that followed, which is another thing."""
        return self.total("gain_fen") - self.cost_fen

    # -- the word

    @cached_property
    def over_at(self) -> datetime | None:
        """When the last order that may count can have come."""
        last = max((at for at in (self.treated.last_at, self.held_out.last_at) if at), default=None)
        return last + self.window if last else None

    @property
    def is_over(self) -> bool:
        return not self.is_open and self.over_at is not None and self.over_at <= self.now

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
