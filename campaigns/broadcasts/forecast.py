"""Before a launch: who will get it by which channel, who will not and why, what it costs, and how
many messages they have had this week. Afterwards the accounts say the same, person by person, as
long as nothing changes; apart from the hour, the words of single messages, and what coupons run
out.

In sets, in the order in which the rules ask (delivery/policy.py) and messages move on to the next
channel (delivery/fallback.py).
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection
from pyroaring import BitMap

from campaigns import experiments
from campaigns.broadcasts.audience import Audience
from campaigns.delivery import caps
from campaigns.delivery.channels import channels
from campaigns.delivery.costs import Prices
from campaigns.delivery.limits import Limits
from campaigns.delivery.reach import reach
from crm_project.db.sets import literal
from customers.models import Purpose, Workspace
from customers.segments.conditions.base import asked

WEEK = timedelta(days=7)
MOVES_ON = ("no_consent", "suppressed", "unreachable")  # to the next channel, where there is one
FULL = """
SELECT customer_id FROM campaigns_message
 WHERE sent_at > %(since)s AND purpose = %(purpose)s AND NOT is_test
   AND (%(channel)s = '' OR channel = %(channel)s)
 GROUP BY customer_id HAVING count(*) >= %(limit)s
"""
HAD = """
SELECT n, count(*) FROM (
  SELECT least(count(m.id), 5) AS n FROM unnest(%(people)s::int[]) AS p (customer_id)
    LEFT JOIN campaigns_message m ON m.customer_id = p.customer_id AND m.sent_at > %(since)s
     AND m.purpose = 'marketing' AND NOT m.is_test
   GROUP BY p.customer_id) had GROUP BY n ORDER BY n
"""


@dataclass(slots=True)
class Forecast:
    """`sent` by channel and `not_sent` by reason: everybody of `people` is in exactly one."""

    people: BitMap
    sent: dict[str, BitMap] = field(default_factory=dict)
    not_sent: dict[str, BitMap] = field(default_factory=dict)
    # What each channel would have had against whom it was asked about, whoever came after it.
    by_channel: dict[str, dict[str, BitMap]] = field(default_factory=dict)

    @property
    def reached(self) -> BitMap:
        return BitMap().union(*self.sent.values()) if self.sent else BitMap()

    def leave_out(self, reason: str, who: BitMap) -> None:
        if who:
            self.not_sent[reason] = self.not_sent.get(reason, BitMap()) | who


def of(
    audience: Audience,
    chain: list[str],
    purpose: str,
    now: datetime,
    *,
    passes_caps: bool = False,
) -> Forecast:
    """Of the channels in their order: the template's and its fallbacks'."""
    found = Forecast(audience.people(now))
    left = found.people
    if purpose == Purpose.MARKETING:
        held = experiments.held_out_of_all_in(left, Workspace.get())
        found.leave_out("holdout", held)
        left = left - held
    known = [channels[key] for key in chain if key in channels]
    for n, channel in enumerate(known):
        is_last = n == len(known) - 1
        asked_here = reach(channel, left, purpose)
        out = asked_here.left_out()
        found.by_channel[channel.key] = {reason: who for reason, who in out.items() if who}
        following = BitMap()
        for reason, who in out.items():
            if reason in MOVES_ON and not is_last:
                following |= who
            else:
                found.leave_out(reason, who)
        reached = asked_here.reached
        over = () if passes_caps else full(channel.key, purpose, reached, now)
        for reason, who in over:
            found.leave_out(reason, who)
            reached = reached - who
        found.sent[channel.key] = reached
        left = following
    return found


def full(channel: str, purpose: str, among: BitMap, now: datetime):
    """Who has had enough, by the reason of the cap that says so first."""
    for cap in Limits().caps:
        if cap.purpose == purpose and cap.channel in ("", channel) and among:
            values = {
                "since": now - timedelta(seconds=cap.seconds),
                "purpose": purpose,
                "channel": cap.channel,
                "limit": cap.limit,
            }
            who = (asked(FULL, values) if cap.limit else among) & among
            among = among - who
            yield caps.reason(cap), who


def cost(found: Forecast, parts: dict[str, int], now: datetime) -> dict[str, int]:
    """By channel, in 1/100 fen; only of those whose price is set."""
    prices = {key: Prices(key, now).of(None, "") for key in found.sent}
    return {
        key: len(found.sent[key]) * price * parts.get(key, 1)
        for key, price in prices.items()
        if price is not None
    }


def had_this_week(people: BitMap, now: datetime) -> Counter:
    """How many of them have had 0, 1, 2, 3, 4, or 5 and more marketing messages in seven days."""
    with connection.cursor() as cursor:
        cursor.execute(HAD, {"people": literal(people), "since": now - WEEK})
        return Counter(dict(cursor.fetchall()))
