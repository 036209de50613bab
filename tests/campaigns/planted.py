"""Campaigns whose effect is known, written as rows: assignments drawn as the product draws them,
orders and exchanged coupons by dice of PostgreSQL with a fixed seed.

The same seed makes the same people, arms and orders in any database.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from pyroaring import BitMap

from campaigns import experiments
from campaigns.models import Campaign, CampaignSlot, CampaignVersion, CouponBatch
from campaigns.reports import finding, reading
from campaigns.reports.kept import deriving
from customers.models import Source, Workspace
from tests.factories import a_batch, a_source, a_workspace

AT = datetime(2026, 10, 5, 2, tzinfo=UTC)
LATER = AT + timedelta(days=20)
FIRST = 10_000_000  # numbers that nothing else has, so that every draw is the same
TOGETHER = 50  # campaigns that lie in the tables at once
MEAN_FEN = 10_000
COST_FEN = 700

PEOPLE = """
INSERT INTO customers_customer (id, public_id, name, language, is_provisional, first_seen_at,
  created_at)
SELECT %(first)s + n, gen_random_uuid(), '', '', false, %(at)s, %(at)s
  FROM generate_series(0, %(count)s - 1) n
"""
# What they leave has a long tail: ¥30 and an exponential with ¥70 on average.
ORDERS = """
INSERT INTO events_order (customer_id, origin_customer_id, namespace_id, number, source_id, status,
  occurred_at, placed_at, paid_at, total_fen, discount_fen, paid_fen, refunded_fen,
  coupon_code_digest)
SELECT customer_id, customer_id, %(namespace)s, %(subject)s || ':' || customer_id, %(source)s,
  'paid', at, at, at, fen, 0, fen, 0, ''
  FROM (SELECT customer_id, at + when_ * interval '119 hours' AS at,
               (3000 - 7000 * ln(1 - amount))::bigint AS fen
          FROM (SELECT customer_id, at, arm, random() AS buys, random() AS amount,
                       random() AS when_
                  FROM (SELECT * FROM campaigns_assignment WHERE subject = %(subject)s
                         ORDER BY customer_id) a) d
         WHERE buys < CASE WHEN arm = 'held_out' THEN %(rate)s ELSE %(rate)s + %(lift)s END) b
"""
COUPONS = """
INSERT INTO campaigns_coupon (batch_id, customer_id, origin_customer_id, code, code_digest, state,
  effect_key, issued_by, issued_at, valid_from, expires_at, promised_fen, order_number,
  redeemed_at, discount_fen)
SELECT %(batch)s, a.customer_id, a.customer_id, ''::bytea,
  left(md5(a.subject || a.customer_id), 24),
  CASE WHEN o.id IS NULL THEN 'issued' ELSE 'redeemed' END, a.subject || ':' || a.customer_id,
  'campaign:' || %(campaign)s, a.at, a.at, a.at + interval '30 days', 0, coalesce(o.number, ''),
  o.paid_at, 0
  FROM campaigns_assignment a LEFT JOIN events_order o
    ON o.number = a.subject || ':' || a.customer_id AND a.customer_id %% 3 = 0
 WHERE a.subject = %(subject)s AND a.arm = 'treated'
"""
MOVES = """
INSERT INTO campaigns_couponmove (coupon_id, state, order_number, amount_fen, by, at)
SELECT id, state, order_number, 0, '', coalesce(redeemed_at, issued_at) FROM campaigns_coupon
 WHERE issued_by = 'campaign:' || %(campaign)s
"""
CLEAN = "TRUNCATE campaigns_assignment, campaigns_coupon, events_order CASCADE"


@dataclass(frozen=True, slots=True)
class Planted:
    """`rate` of those held out buy, `lift` more of the others."""

    people: int = 640
    rate: float = 0.4
    lift: float = 0.0
    held_out: int = 50
    has_coupon: bool = False

    @property
    def each_fen(self) -> float:
        """Net a head that is there because of it."""
        return self.lift * MEAN_FEN


@dataclass(slots=True)
class World:
    source: Source
    batch: CouponBatch

    @classmethod
    def made(cls, planted: Planted) -> "World":
        a_workspace(time_zone="UTC", holdout_salt="planted", attribution_days=5)
        Workspace.get()
        with connection.cursor() as cursor:
            cursor.execute(PEOPLE, {"first": FIRST, "count": planted.people * TOGETHER, "at": AT})
        batch = a_batch(kind="exchange", amount_off_fen=None, given_cost_fen=COST_FEN)
        return cls(a_source(), batch)

    def reports(self, planted: Planted, seeds: range):
        """One for each seed, read by the product's own code."""
        for start in range(seeds.start, seeds.stop, TOGETHER):
            some = range(start, min(start + TOGETHER, seeds.stop))
            campaigns = [self.lived(planted, seed, n) for n, seed in enumerate(some)]
            while deriving.keep(LATER):
                pass
            found = [finding.of_campaign(one, now=LATER) for one in campaigns]
            reading.load(found)
            yield from found
            self.clean()

    def lived(self, planted: Planted, seed: int, n: int) -> Campaign:
        campaign = Campaign.objects.create(
            pk=FIRST + seed,
            name=f"planted {seed}",
            holdout_percent=planted.held_out,
            status="done",
            purpose="marketing",
            channel="in_app",
            launched_at=AT,
        )
        version = CampaignVersion.objects.create(
            pk=FIRST + seed, campaign=campaign, number=1, definition={}, made_at=AT
        )
        subject = f"campaign:{campaign.pk}:{FIRST + seed}"
        CampaignSlot.objects.create(
            pk=FIRST + seed,
            campaign=campaign,
            version=version,
            at=AT,
            subject=subject,
            state="done",
        )
        first = FIRST + n * planted.people
        experiments.assign_people(
            subject,
            BitMap(range(first, first + planted.people)),
            now=AT,
            is_marketing=True,
            holdout_percent=planted.held_out,
        )
        values = {
            "subject": subject,
            "campaign": campaign.pk,
            "namespace": self.source.namespace_id,
            "source": self.source.pk,
            "batch": self.batch.pk,
            "rate": planted.rate,
            "lift": planted.lift,
        }
        with connection.cursor() as cursor:
            cursor.execute("SELECT setseed(%s)", [seed / 1_000_000])
            cursor.execute(ORDERS, values)
            if planted.has_coupon:
                cursor.execute(COUPONS, values)
                cursor.execute(MOVES, values)
        return campaign

    def clean(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(CLEAN)
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
