"""Three campaigns of the past, half of each held out: one helps, one does nothing, one loses money.

Written as rows of the tables that a real one would have filled, in sets; the draw is the product's
own. What people of an arm did is laid out evenly over them, so that every shop with this past reads
the same three sentences.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import connection, transaction
from pyroaring import BitMap

from campaigns import experiments
from campaigns.coupons import codes
from campaigns.models import (
    Assignment,
    Campaign,
    CampaignSlot,
    CampaignVersion,
    Coupon,
    CouponBatch,
    CouponMove,
    Template,
)
from customers.models import Customer, Identity, ListMember, Segment, Source
from demo.simulator.people import GIVEN, SURNAMES

DAY = timedelta(days=1)
HELD_OUT = 50
PEOPLE = 640  # of each: a hundred of either half buy
PRICE_FEN = 8_900


@dataclass(frozen=True, slots=True)
class Story:
    """`without` and `with_it` of a hundred people buy; whoever got it pays so many percent less."""

    name: str
    days_ago: int
    title: str
    body: str
    without: int = 40
    with_it: int = 40
    percent_off: int = 0


STORIES = (
    Story("新茶上架", 75, "新茶到了", "今年的第一批已经在店里。", with_it=62),
    Story("周末问候", 55, "周末愉快", "愿您有一个安静的周末。"),
    Story("全场六折", 35, "全场六折", "凭券全场六折，仅此一次。", percent_off=40),
)
SENT = """
INSERT INTO campaigns_message (customer_id, origin_customer_id, channel, purpose, state, reason,
  effect_key, campaign_id, slot_id, assignment_id, coupon_id, content, facts, content_digest, step,
  provider_id, created_at, sent_at, delivered_at, opened_at, attempts, error)
SELECT a.customer_id, a.customer_id, 'in_app', 'marketing',
  CASE WHEN got THEN 'sent' ELSE 'skipped' END, CASE WHEN got THEN '' ELSE 'holdout' END,
  a.subject || ':' || a.customer_id, %(campaign)s, %(slot)s, a.id, c.id, %(content)s::jsonb, '{}',
  '', '', '', a.at, CASE WHEN got THEN a.at END, CASE WHEN got THEN a.at END,
  CASE WHEN got AND a.customer_id %% 3 = 0 THEN a.at + interval '1 hour' END, 0, ''
  FROM (SELECT *, arm = 'treated' AS got FROM campaigns_assignment WHERE subject = %(subject)s) a
  LEFT JOIN campaigns_coupon c ON c.effect_key = a.subject || ':' || a.customer_id
"""
# Every so many of an arm, in an order of chance: the same shares and sums in both.
BOUGHT = """
INSERT INTO events_order (customer_id, origin_customer_id, namespace_id, number, source_id, status,
  occurred_at, placed_at, paid_at, total_fen, discount_fen, paid_fen, refunded_fen,
  coupon_code_digest)
SELECT customer_id, customer_id, %(namespace)s, %(subject)s || ':' || customer_id, %(source)s,
  'completed', at, at, at, price, price * off / 100, price - price * off / 100, 0,
  coalesce(digest, '')
  FROM (SELECT p.customer_id, p.at + make_interval(mins => (7 * p.place %% 6600)::int) AS at,
               %(price)s + 100 * ((p.place * 100 / p.share / p.people) %% 50) AS price,
               CASE WHEN p.arm = 'treated' THEN %(off)s ELSE 0 END AS off, c.code_digest AS digest
          FROM (SELECT *, row_number() OVER (PARTITION BY arm ORDER BY md5(customer_id::text))
                         AS place, count(*) OVER (PARTITION BY arm) AS people,
                       CASE WHEN arm = 'treated' THEN %(with_it)s ELSE %(without)s END AS share
                  FROM campaigns_assignment WHERE subject = %(subject)s) p
          LEFT JOIN campaigns_coupon c ON c.effect_key = p.subject || ':' || p.customer_id
         WHERE p.place * 100 <= p.share * p.people) bought
"""
REDEEMED = """
UPDATE campaigns_coupon c SET state = 'redeemed', order_number = o.number, redeemed_at = o.paid_at,
       discount_fen = o.discount_fen
  FROM events_order o WHERE o.coupon_code_digest = c.code_digest AND c.batch_id = %(batch)s
"""


@transaction.atomic
def tell(source: Source, now: datetime, *, people: int = PEOPLE) -> list[Campaign]:
    """The three are there, each with its own people, who came before it."""
    return [told(story, source, now, people) for story in STORIES]


def told(story: Story, source: Source, now: datetime, people: int) -> Campaign:
    at = now - story.days_ago * DAY
    members = settled(story, source, at - 60 * DAY, people)
    campaign, slot = launched(story, source, members, at)
    experiments.assign_people(
        slot.subject,
        BitMap(one.pk for one in members),
        now=at,
        is_marketing=True,
        holdout_percent=HELD_OUT,
    )
    values = {
        "campaign": campaign.pk,
        "slot": slot.pk,
        "subject": slot.subject,
        "batch": campaign.coupon_batch_id,
        "content": f'{{"title": "{story.title}", "body": "{story.body}"}}',
        "namespace": source.namespace_id,
        "source": source.pk,
        "price": PRICE_FEN,
        "off": story.percent_off,
        "without": story.without,
        "with_it": story.with_it,
    }
    if campaign.coupon_batch:
        give(campaign.coupon_batch, campaign, slot, at)
    with connection.cursor() as cursor:
        cursor.execute(SENT, values)
        cursor.execute(BOUGHT, values)
        if campaign.coupon_batch:
            cursor.execute(REDEEMED, values)
    if campaign.coupon_batch:
        settle(campaign.coupon_batch)
    return campaign


def settled(story: Story, source: Source, since: datetime, people: int) -> list[Customer]:
    """Members of the shop; their names go round, like everything here."""
    members = Customer.objects.bulk_create(
        Customer(
            name=SURNAMES[n % len(SURNAMES)] + GIVEN[n // len(SURNAMES) % len(GIVEN)],
            first_seen_at=since,
        )
        for n in range(people)
    )
    Identity.objects.bulk_create(
        Identity(
            customer=one,
            origin_customer=one,
            kind="member_id",
            scope=source.namespace.key,
            value=f"P{story.days_ago}-{n:06}",
            source=source,
            first_seen_at=since,
            is_strong=True,
        )
        for n, one in enumerate(members)
    )
    return members


def launched(
    story: Story, source: Source, members: list[Customer], at: datetime
) -> tuple[Campaign, CampaignSlot]:
    """Over, with what its launch fixed."""
    segment = Segment.objects.create(name=f"{story.name}：收件人", kind=Segment.Kind.LIST)
    ListMember.objects.bulk_create(
        ListMember(segment=segment, customer=one, origin_customer=one, since=at) for one in members
    )
    content = {"title": story.title, "body": story.body}
    template = Template.objects.create(name=story.name, channel="in_app", content=content)
    batch = (
        CouponBatch.objects.create(
            namespace=source.namespace,
            name=story.name,
            kind=CouponBatch.Kind.PERCENT,
            percent_off=story.percent_off,
            stock=None,
            valid_until=at + 6 * DAY,
            is_active=False,
        )
        if story.percent_off
        else None
    )
    campaign = Campaign.objects.create(
        name=story.name,
        segment=segment,
        template=template,
        coupon_batch=batch,
        holdout_percent=HELD_OUT,
        status=Campaign.Status.DONE,
        content=content,
        channel="in_app",
        purpose="marketing",
        audience=len(members),
        launched_at=at,
        ended_at=at,
    )
    variant = {"key": "a", "share": 100, "hours": 0, "channel": "in_app", "content": content}
    version = CampaignVersion.objects.create(
        campaign=campaign,
        number=1,
        made_at=at,
        definition={
            "v": 1,
            "audience": {
                "segments": [segment.pk],
                "without": [],
                "after": None,
                "after_what": "",
                "store": None,
                "owner": None,
            },
            "purpose": "marketing",
            "variants": [variant | {"alternatives": [], "coupon": batch and batch.pk}],
            "schedule": None,
            "per_hour": None,
            "is_urgent": False,
            "passes_caps": False,
            "holdout_percent": HELD_OUT,
        },
    )
    slot = CampaignSlot.objects.create(
        campaign=campaign,
        version=version,
        at=at,
        state=CampaignSlot.State.DONE,
        audience=len(members),
        began_at=at,
        ended_at=at,
    )
    slot.subject = f"campaign:{campaign.pk}:{slot.pk}"
    slot.save(update_fields=["subject"])
    return campaign, slot


def give(batch: CouponBatch, campaign: Campaign, slot: CampaignSlot, at: datetime) -> None:
    """Whoever got the message has a coupon, which ended with the campaign unless it was used."""
    places = Assignment.objects.filter(subject=slot.subject, arm=Assignment.Arm.TREATED)
    Coupon.objects.bulk_create(
        Coupon(
            batch=batch,
            customer_id=place.customer_id,
            origin_customer_id=place.customer_id,
            code=(code := uuid4().hex.upper()),
            code_digest=codes.digest(code),
            state=Coupon.State.EXPIRED,
            effect_key=f"{slot.subject}:{place.customer_id}",
            issued_by=f"campaign:{campaign.pk}",
            issued_at=at,
            valid_from=at,
            expires_at=at + 6 * DAY,
        )
        for place in places
    )


def settle(batch: CouponBatch) -> None:
    """The batch's sums and every coupon's moves are what became of them."""
    coupons = list(batch.coupons.all())
    begun = [
        CouponMove(coupon=one, state=Coupon.State.ISSUED, by=one.issued_by, at=one.issued_at)
        for one in coupons
    ]
    ended = [
        CouponMove(
            coupon=one,
            state=one.state,
            order_number=one.order_number,
            amount_fen=one.discount_fen,
            at=one.redeemed_at or one.expires_at,
        )
        for one in coupons
    ]
    CouponMove.objects.bulk_create(begun + ended)
    batch.issued = len(coupons)
    batch.spent_fen = sum(one.discount_fen for one in coupons)
    batch.save(update_fields=["issued", "spent_fen"])
