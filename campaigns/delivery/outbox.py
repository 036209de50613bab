"""The way in: what someone is to be told becomes a row, exactly once per effect key."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from campaigns.delivery.channels import channels
from campaigns.models import Message
from crm_project.queue import wakeups

State = Message.State


@dataclass(frozen=True, slots=True)
class Intent:
    """One message to one customer. `content` is Liquid per field of the channel, `facts` what it
    may use beside the customer.

    Held out, or with a `skip` reason: the row is written all the same, as skipped, so that the
    accounts add up.
    """

    customer_id: int
    origin_customer_id: int
    effect_key: str
    channel: str
    purpose: str
    content: dict[str, str]
    facts: dict = field(default_factory=dict)
    campaign_id: int | None = None
    slot_id: int | None = None
    journey_id: int | None = None
    run_id: int | None = None
    step: str = ""
    assignment_id: int | None = None
    coupon_id: int | None = None
    connection_id: int | None = None  # None: one of those by which the customer can be reached
    alternatives: list[dict] = field(default_factory=list)  # fallback.alternatives
    is_urgent: bool = False  # of service: also at night
    passes_caps: bool = False  # by a right of whoever launched it
    held_out: bool = False
    skip: str = ""
    is_test: bool = False  # delivery/trying.py
    content_digest: str = ""  # of content that is filled in already


def queue(intents: Iterable[Intent], *, now: datetime) -> None:
    """Each intent has its message; a second time changes nothing. Workers are told once the
    transaction commits."""
    # In the order of the keys, so that two workers queueing the same intents do not wait for each
    # other in a circle.
    messages = [message(i, now) for i in sorted(intents, key=lambda i: i.effect_key)]
    route(messages)
    Message.objects.bulk_create(messages, batch_size=2000, ignore_conflicts=True)
    if any(m.due_at for m in messages):
        wakeups.wake("deliver")


@dataclass(frozen=True, slots=True)
class Own:
    """What one of many messages that say the same has of its own, by its assignment."""

    assignment_id: int
    coupon_id: int | None = None
    connection_id: int | None = None
    reason: str = ""  # it is skipped


@dataclass(frozen=True, slots=True)
class Queued:
    """How many people were looked at, and the last of them."""

    people: int
    last: int | None


# In one statement, so that a campaign to very many is queued nearly as fast as rows can be written.
ALIKE = """
WITH {people},
said AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset(%(said)s::jsonb)
    AS s (variant text, channel text, content jsonb, alternatives jsonb)),
own AS MATERIALIZED (
  SELECT * FROM unnest(%(assignments)s::bigint[], %(coupons)s::bigint[], %(connections)s::bigint[],
    %(reasons)s::text[]) AS o (assignment, coupon, connection, reason)),
told AS (
  INSERT INTO campaigns_message (customer_id, origin_customer_id, effect_key, assignment_id,
    coupon_id, connection_id, reason, state, due_at, channel, purpose, content, alternatives,
    campaign_id, slot_id, is_urgent, passes_caps, is_test, created_at, facts, tried, step,
    content_digest, provider_id, attempts, error)
  SELECT p.customer_id, p.origin, p.key, p.id, o.coupon, o.connection, r.reason,
    CASE WHEN r.reason = '' THEN 'queued' ELSE 'skipped' END,
    CASE WHEN r.reason = '' THEN %(now)s::timestamptz END, s.channel, %(purpose)s, s.content,
    s.alternatives, %(campaign)s, %(slot)s, %(urgent)s, %(passes)s, false, %(now)s, '{{}}', '[]',
    '', '', '', 0, ''
    FROM placed p JOIN said s ON s.variant = p.variant LEFT JOIN own o ON o.assignment = p.id
   CROSS JOIN LATERAL (SELECT coalesce(nullif(p.reason, ''), o.reason, '') AS reason) r
   ORDER BY p.origin
  ON CONFLICT DO NOTHING RETURNING due_at)
SELECT count(*), max(origin), (SELECT bool_or(due_at IS NOT NULL) FROM told) FROM placed
"""


def queue_alike(
    said: dict[str, Intent], people: str, values: dict, own: list[Own], *, now: datetime
) -> Queued:
    """Each place has its message, as `said` to its variant; a second time changes nothing.

    `people` are the tables of a WITH, the last of them placed (id of the assignment, customer_id,
    origin, key, variant, reason); `said` differ in channel and words only. Whoever calls it twice
    for the same places holds a lock, so that nobody waits in a circle.
    """
    one = next(iter(said.values()))
    words = [
        {
            "variant": key,
            "channel": intent.channel,
            "content": intent.content,
            "alternatives": intent.alternatives,
        }
        for key, intent in said.items()
    ]
    values = {
        **values,
        "now": now,
        "said": as_json(words),
        "purpose": one.purpose,
        "campaign": one.campaign_id,
        "slot": one.slot_id,
        "urgent": one.is_urgent,
        "passes": one.passes_caps,
        "assignments": [each.assignment_id for each in own],
        "coupons": [each.coupon_id for each in own],
        "connections": [each.connection_id for each in own],
        "reasons": [each.reason for each in own],
    }
    with connection.cursor() as cursor:
        cursor.execute(ALIKE.format(people=people), values)
        number, last, is_due = cursor.fetchone()
    if is_due:
        wakeups.wake("deliver")
    return Queued(number, last)


def as_json(value: object) -> str:
    return json.dumps(value)


def is_routed(key: str) -> bool:
    """Has the channel accounts, one of which each message leaves by?"""
    return key in channels and channels[key].has_connections


def connections_of(key: str, content: dict[str, str], customers: set[int]) -> dict[int, int | None]:
    """By which connection each of them is told this, where the channel has any (as `route`)."""
    if not is_routed(key) or not customers:
        return {}
    channel, found = channels[key](), {}
    bound = channel.connection_of(content)
    for customer, known in channel.addresses(customers).items():
        able = (a.connection_id for a in known if channel.may_carry(a.connection_id, content))
        found[customer] = (bound or next(able, None)) if known else None
    return found


def message(intent: Intent, now: datetime) -> Message:
    reason = intent.skip or ("holdout" if intent.held_out else "")
    return Message(
        customer_id=intent.customer_id,
        origin_customer_id=intent.origin_customer_id,
        effect_key=intent.effect_key,
        channel=intent.channel,
        purpose=intent.purpose,
        content=intent.content,
        facts=intent.facts,
        campaign_id=intent.campaign_id,
        slot_id=intent.slot_id,
        journey_id=intent.journey_id,
        run_id=intent.run_id,
        step=intent.step,
        assignment_id=intent.assignment_id,
        coupon_id=intent.coupon_id,
        connection_id=intent.connection_id,
        is_urgent=intent.is_urgent,
        passes_caps=intent.passes_caps,
        is_test=intent.is_test,
        content_digest=intent.content_digest,
        alternatives=intent.alternatives,
        state=State.SKIPPED if reason else State.QUEUED,
        reason=reason,
        due_at=None if reason else now,
        created_at=now,
    )


def route(messages: Iterable[Message]) -> None:
    """Each has the connection that it is to leave by, where its channel has any: the first by
    which its customer can be reached and which can carry what it says. Whoever can be reached by
    none is found when it leaves."""
    open_ones = defaultdict(list)
    for m in messages:
        if is_routed(m.channel) and m.due_at and m.connection_id is None:
            open_ones[m.channel].append(m)
    for key, those in open_ones.items():
        channel = channels[key]()
        addresses = channel.addresses({m.customer_id for m in those})
        for m in those:
            known = addresses.get(m.customer_id, ())
            able = (a.connection_id for a in known if channel.may_carry(a.connection_id, m.content))
            bound = channel.connection_of(m.content) if known else None
            m.connection_id = bound or next(able, None)
