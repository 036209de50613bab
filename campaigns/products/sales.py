"""What a product sold to the people of a campaign before it and after it, beside those who were
held out of it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from django.db import OperationalError, connection

from campaigns.models import Assignment, Campaign, CampaignSlot
from campaigns.reports import finding, reading, shown
from campaigns.reports.arithmetic.arms import Arm
from campaigns.reports.arithmetic.intervals import Interval, difference_of_means
from campaigns.reports.reading import Report
from crm_project.queue.due import database_now
from customers.segments.preview import SECONDS, at_most
from events.models import Product

LATELY = timedelta(days=180)
MOST_CAMPAIGNS = 10
DAYS = 30
HELD_OUT = Assignment.Arm.HELD_OUT.value

# An order's net, shared out to its lines by what was paid for them.
BOUGHT = """
bought AS MATERIALIZED (
  SELECT o.customer_id, o.paid_at, sum(l.quantity) AS units,
         round(o.net_fen * sum(l.quantity::numeric * l.price_fen) / nullif((
           SELECT sum(w.quantity::numeric * w.price_fen) FROM events_orderline w
            WHERE w.order_id = o.id), 0))::bigint AS net
    FROM events_orderline l JOIN events_order o ON o.id = l.order_id
   WHERE l.product_id = %(product)s AND o.namespace_id = %(shop)s AND o.status <> 'cancelled'
     AND o.paid_at >= %(since)s AND o.paid_at <= %(now)s
   GROUP BY o.id
)"""
BY_CAMPAIGN = f"""
WITH {BOUGHT}, subjects AS (
  SELECT * FROM json_to_recordset(%(subjects)s::json) AS r(subject text, of text, seconds float8)
), placed AS (
  SELECT s.of, s.seconds, a.customer_id, min(a.at) AS at,
         CASE WHEN bool_or(a.arm = '{Assignment.Arm.HELD_OUT_ALL}') THEN 'of_all'
              WHEN bool_or(a.arm = '{HELD_OUT}') THEN 'held_out'
              WHEN (array_agg(a.arm ORDER BY a.at, a.id))[1] = '{reading.REST}' THEN 'of_all'
              ELSE 'treated' END AS arm
    FROM (SELECT DISTINCT customer_id FROM bought) b
    JOIN campaigns_assignment a ON a.customer_id = b.customer_id
    JOIN subjects s ON s.subject = a.subject GROUP BY 1, 2, 3
), each AS (
  SELECT p.of, p.arm, p.customer_id, b.paid_at >= p.at AS is_after, sum(b.units) AS units,
         coalesce(sum(b.net), 0) AS net
    FROM placed p JOIN bought b ON b.customer_id = p.customer_id
     AND b.paid_at >= p.at - make_interval(secs => p.seconds)
     AND b.paid_at < p.at + make_interval(secs => p.seconds)
   GROUP BY 1, 2, 3, 4
)
SELECT of, arm, is_after, count(*), sum(units)::bigint, sum(net)::bigint, sum(net * net)
  FROM each WHERE arm <> 'of_all' GROUP BY 1, 2, 3
"""  # noqa: S608 -- constants
BY_MONTH = f"""
WITH {BOUGHT}
SELECT count(*), coalesce(sum(units), 0)::bigint, coalesce(sum(net), 0)::bigint,
       count(DISTINCT customer_id) FROM bought
"""  # noqa: S608 -- constants


@dataclass(slots=True)
class Sold:
    buyers: int = 0
    units: int = 0
    net_fen: int = 0
    squares: int = 0


@dataclass
class Beside:
    """One campaign: `before` and `after` are as many days, of both arms."""

    campaign: Campaign
    report: Report
    sold: dict[tuple[str, bool], Sold] = field(default_factory=dict)

    def of(self, arm: str, is_after: bool) -> Sold:
        return self.sold.get((arm, is_after), Sold())

    @property
    def arms(self) -> list[tuple[str, int, Sold, Sold]]:
        people = {"treated": self.report.treated.people, "held_out": self.report.held_out.people}
        return [
            (arm, n, self.of(arm, False), self.of(arm, True))
            for arm, n in people.items()
            if n or self.of(arm, True).buyers or self.of(arm, False).buyers
        ]

    @property
    def more(self) -> Interval | None:
        """What it sold because of the campaign: what those who got it left after it, against those
        held out."""
        treated, held_out = (
            Arm(report.people, sold.buyers, sold.net_fen, int(sold.squares))
            for report, sold in (
                (self.report.treated, self.of("treated", True)),
                (self.report.held_out, self.of("held_out", True)),
            )
        )
        if min(treated.people, held_out.people) < 2 or not shown.may_compare(self.report):
            return None
        one = difference_of_means(treated, held_out)
        return one and one.times(treated.people)


def lately(product: Product, now: datetime | None = None) -> Sold | None:
    """The last 30 days. None where that takes too long."""
    now = now or database_now()
    found = asked(BY_MONTH, about(product, now - timedelta(days=DAYS), now))
    if found is None:
        return None
    _orders, units, net, buyers = found[0]
    return Sold(buyers, units, net)


def by_campaign(product: Product, now: datetime) -> list[Beside] | None:
    """The newest campaigns whose people bought it in the days before or after. None where that
    takes too long."""
    begun = CampaignSlot.objects.exclude(subject=None).filter(at__range=(now - LATELY, now))
    chosen = Campaign.objects.filter(pk__in=begun.values("campaign")).select_related("template")
    found = {
        f"campaign:{one.pk}": Beside(one, finding.of_campaign(one, now=now))
        for one in chosen.order_by("-launched_at", "-pk")[:MOST_CAMPAIGNS]
    }
    if not found:
        return []
    slots = begun.filter(campaign__in=[one.campaign.pk for one in found.values()])
    subjects = [
        {
            "subject": subject,
            "of": f"campaign:{campaign}",
            "seconds": found[f"campaign:{campaign}"].report.window.total_seconds(),
        }
        for subject, campaign in slots.values_list("subject", "campaign")
    ]
    longest = max(one["seconds"] for one in subjects)
    rows = asked(
        BY_CAMPAIGN,
        {
            **about(product, now - LATELY - timedelta(seconds=longest), now),
            "subjects": msgspec.json.encode(subjects).decode(),
        },
    )
    if rows is None:
        return None
    for of, arm, is_after, *counted in rows:
        found[of].sold[arm, is_after] = Sold(*counted)
    sold = [one for one in found.values() if one.sold]
    reading.load([one.report for one in sold])
    return sold


def about(product: Product, since: datetime, now: datetime) -> dict:
    return {
        "product": product.product_id,
        "shop": product.namespace_id,
        "since": since,
        "now": now,
    }


def asked(sql: str, params: dict) -> list[tuple] | None:
    try:
        with at_most(SECONDS), connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall()
    except OperationalError:
        return None
