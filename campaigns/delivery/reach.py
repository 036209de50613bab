"""Whom a channel reaches, over sets: what the rules of sending ask (policy.py), apart from the hour
and the caps."""

from collections import defaultdict
from dataclasses import dataclass

from django.db import connection
from pyroaring import BitMap

from campaigns.delivery import minors
from campaigns.delivery.channels import Channel, channels
from crm_project.queue.due import database_now
from customers.models import Purpose
from customers.segments.conditions.base import asked

LATEST = """
SELECT customer_id FROM (SELECT DISTINCT ON (customer_id) customer_id, is_granted
  FROM customers_consent WHERE channel = %(channel)s AND purpose = %(purpose)s {among}
  ORDER BY customer_id, occurred_at DESC, id DESC) AS latest WHERE is_granted <> %(is_default)s
"""
# As Suppression.objects.in_force.
SILENCED = """
SELECT s.customer_id FROM campaigns_suppression s
 WHERE s.channel = %(channel)s AND s.purpose IN ('', %(purpose)s)
   AND NOT EXISTS (SELECT FROM customers_consent c WHERE c.customer_id = s.customer_id
     AND c.channel = s.channel AND c.purpose = s.purpose AND c.is_granted AND c.occurred_at > s.at)
   {among}
"""
BARRED = "SELECT customer_id FROM (SELECT id AS customer_id FROM customers_customer WHERE is_barred) AS c WHERE true {among}"  # noqa: E501

# Of a few: what they stated last by channel, and where they are silenced.
SAID = """
SELECT * FROM (SELECT DISTINCT ON (customer_id, channel) channel, customer_id, is_granted
  FROM customers_consent WHERE purpose = %(purpose)s AND customer_id = ANY(%(people)s)
 ORDER BY customer_id, channel, occurred_at DESC, id DESC) AS latest
UNION ALL
SELECT s.channel, s.customer_id, NULL FROM campaigns_suppression s
 WHERE s.customer_id = ANY(%(people)s) AND s.purpose IN ('', %(purpose)s)
   AND NOT EXISTS (SELECT FROM customers_consent c WHERE c.customer_id = s.customer_id
     AND c.channel = s.channel AND c.purpose = s.purpose AND c.is_granted AND c.occurred_at > s.at)
"""


@dataclass(frozen=True)
class Reach:
    """Everybody of a set is in exactly one of these."""

    channel: type[Channel]
    reached: BitMap
    no_consent: BitMap
    suppressed: BitMap
    erased: BitMap
    minor: BitMap
    unreachable: BitMap

    @property
    def everybody(self) -> int:
        return sum(map(len, (self.reached, *self.left_out().values())))

    def left_out(self) -> dict[str, BitMap]:
        """By the reasons of messages that are not sent (reasons.py)."""
        names = ("no_consent", "suppressed", "erased", "minor", "unreachable")
        return {name: getattr(self, name) for name in names}


def allowed(channel: str, purpose: str, among: BitMap) -> BitMap:
    """Who allows it: the latest statement counts; without one, service is allowed and marketing is
    as the channel says."""
    is_default = purpose == Purpose.SERVICE or channels[channel].granted_by_default
    words = {"channel": channel, "purpose": purpose, "is_default": is_default}
    otherwise = asked(LATEST, words, among=among)
    return among - otherwise if is_default else otherwise


def silenced(channel: str, purpose: str, among: BitMap) -> BitMap:
    """Whom nothing of this purpose is sent to there."""
    return asked(SILENCED, {"channel": channel, "purpose": purpose}, among=among)


def reach(channel: type[Channel], members: BitMap, purpose: str = Purpose.MARKETING) -> Reach:
    """Of these customers, who would be written to now, and why the others would not, in the order
    in which the rules ask."""
    willing = allowed(channel.key, purpose, members)
    silent = silenced(channel.key, purpose, willing)
    left = willing - silent
    is_marketing = purpose == Purpose.MARKETING
    barred = asked(BARRED, {}, among=left) if is_marketing else BitMap()
    left -= barred
    young = minors.minors(left, database_now()) if is_marketing else BitMap()
    left -= young
    reached = channel().reached(left)
    return Reach(channel, reached, members - willing, silent, barred, young, left - reached)


def each(people: BitMap, purpose: str) -> dict[str, BitMap]:
    """Whom of a few customers each channel reaches: as `reach` says, with one query for what they
    stated on all channels, and those of the addresses."""
    stated: dict[str, dict[int, bool]] = defaultdict(dict)
    silent: dict[str, set[int]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(SAID, {"purpose": purpose, "people": list(people)})
        for channel, customer, is_granted in cursor:
            if is_granted is None:
                silent[channel].add(customer)
            else:
                stated[channel][customer] = is_granted
    is_marketing = purpose == Purpose.MARKETING
    left = people
    if is_marketing:
        left = people - asked(BARRED, {}, among=people) - minors.minors(people, database_now())
    found = {}
    for channel in channels:
        is_default = not is_marketing or channel.granted_by_default
        willing = BitMap(who for who in left if stated[channel.key].get(who, is_default))
        found[channel.key] = channel().reached(willing - BitMap(silent[channel.key]))
    return found
