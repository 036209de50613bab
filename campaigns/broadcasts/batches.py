"""One step of a firing as sets: its next people, what is in the way of each, and a message for each
of them, in one statement. Rows pass through Python only where a coupon or an account has to be
found for each."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from campaigns import coupons
from campaigns.broadcasts import variants
from campaigns.delivery import outbox
from campaigns.models import Assignment, CampaignSlot
from campaigns.models.coupon import CouponBatch

# Left out are the held out; those of the rest, where it gets nothing; and, after a merge, the
# second place of a customer who stands in the audience twice: what left first is what they got.
# The other places are found by the customer: by the subject (hence the || '') all of the audience
# would be read for each batch while PostgreSQL does not know yet how large it is.
PLACED = """
batch AS MATERIALIZED (
  SELECT id, customer_id, origin_customer_id AS origin, arm FROM campaigns_assignment
   WHERE subject = %(subject)s AND origin_customer_id > %(cursor)s
     AND (%(arms)s::text[] IS NULL OR arm = ANY(%(arms)s::text[]))
   ORDER BY origin_customer_id LIMIT %(size)s),
placed AS MATERIALIZED (
  SELECT b.id, b.customer_id, b.origin, %(subject)s || ':' || b.origin AS key,
         CASE WHEN t.wanted = ANY(%(variants)s::text[]) THEN t.wanted ELSE %(first)s END AS variant,
         CASE WHEN p.first[2] <> b.origin THEN 'merged' WHEN p.is_held_out THEN 'holdout'
           WHEN b.arm = %(rest)s AND %(winner)s = %(nobody)s THEN 'not_chosen' ELSE '' END AS reason
    FROM batch b
   CROSS JOIN LATERAL (
     SELECT CASE WHEN b.arm = %(rest)s THEN %(winner)s ELSE b.arm END AS wanted) t
   CROSS JOIN LATERAL (
     SELECT bool_or(a.arm = ANY(%(held_out)s::text[])) AS is_held_out,
            min(ARRAY[coalesce((%(order)s::jsonb ->> a.arm)::int, 0), a.origin_customer_id])
       FROM campaigns_assignment a
      WHERE a.customer_id = b.customer_id AND a.subject || '' = %(subject)s
     ) p (is_held_out, first))
"""
READ = f"WITH {PLACED} SELECT id, customer_id, origin, key, variant, reason FROM placed ORDER BY origin"  # noqa: E501, S608 -- constants


@dataclass(slots=True)
class Batch:
    """The next `size` people of a firing, after its cursor."""

    slot: CampaignSlot
    plan: dict
    said: dict[str, outbox.Intent]  # by variant
    waves: list[variants.Wave]
    size: int = 0

    @property
    def values(self) -> dict:
        arms = self.waves[self.slot.wave].arms if len(self.waves) > 1 else None
        order = {arm: n for n, wave in enumerate(self.waves) for arm in wave.arms}
        return {
            "subject": self.slot.subject,
            "cursor": self.slot.cursor,
            "size": self.size,
            "arms": arms and list(arms),
            "order": outbox.as_json(order),
            "variants": list(self.said),
            "first": next(iter(self.said)),
            "winner": self.slot.winner or "",
            "rest": variants.REST,
            "nobody": CampaignSlot.NOBODY,
            "held_out": list(Assignment.HELD_OUT),
        }

    def queue(self, by: str, now: datetime) -> outbox.Queued:
        """Everybody has a message: to be sent, with a coupon that travels in it, or skipped with
        the reason."""
        own = self.found(by, now) if self.asks_for_each else []
        return outbox.queue_alike(self.said, PLACED, self.values, own, now=now)

    @property
    def asks_for_each(self) -> bool:
        has_coupons = any(one["coupon"] for one in self.plan["variants"])
        return has_coupons or any(outbox.is_routed(one.channel) for one in self.said.values())

    def found(self, by: str, now: datetime) -> list[outbox.Own]:
        """What each of those to be told has of their own."""
        with connection.cursor() as cursor:
            cursor.execute(READ, self.values)
            rows = [Place(*row) for row in cursor.fetchall()]
        of_variant: dict[str, list[Place]] = defaultdict(list)
        for one in rows:
            if not one.reason:
                of_variant[one.variant].append(one)
        coupon_of = {one["key"]: one["coupon"] for one in self.plan["variants"]}
        of_coupon: dict[int, list[Place]] = defaultdict(list)
        for variant, those in of_variant.items():
            if batch := coupon_of[variant]:
                of_coupon[batch] += those
        given: dict[str, int] = {}
        refused: dict[str, str] = {}
        for batch, those in sorted(of_coupon.items()):
            issued = issue(batch, those, by, now)
            given |= {key: coupon.pk for key, coupon in issued.items()}
            refused |= {key: f"coupon_{reason}" for key, reason in issued.refusals.items()}
        found = []
        for variant, those in sorted(of_variant.items()):
            told = [one for one in those if one.key not in refused]
            intent = self.said[variant]
            people = {one.customer_id for one in told}
            accounts = outbox.connections_of(intent.channel, intent.content, people)
            found += [
                outbox.Own(one.id, given.get(one.key), accounts.get(one.customer_id))
                for one in told
            ]
            found += [
                outbox.Own(one.id, reason=refused[one.key]) for one in those if one.key in refused
            ]
        return found


@dataclass(frozen=True, slots=True)
class Place:
    """One assignment. `key` goes by its origin, so that one assignment is one message, whatever is
    merged meanwhile."""

    id: int
    customer_id: int
    origin: int
    key: str
    variant: str
    reason: str


def issue(batch_id: int, those: list[Place], by: str, now: datetime) -> coupons.Issued:
    wanted = [coupons.Wanted(one.customer_id, one.origin, one.key) for one in those]
    batch = CouponBatch.objects.get(pk=batch_id)
    return coupons.issue(batch, wanted, by=by, now=now, travels=True)
