"""Delivery of what is queued: lease, judge, render, fence, send; recording.py does the rest.

The fence is the committed state `sending` with our token: from then on a crash leaves a message
that nobody sends again by mistake (fence.py), and a worker that comes back late writes nothing. A
channel whose messages lie in our own database has no gap between effect and record: both are the
same transaction.
"""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta

from django.db import connection
from django.db.models.functions import Coalesce

from campaigns import coupons
from campaigns.delivery import (
    costs,
    fallback,
    fence,
    outbox,
    policy,
    recording,
    records,
    rendering,
    sending,
    stopping,
)
from campaigns.delivery.channels import (
    Address,
    Channel,
    Later,
    Parcel,
    channels,
)
from campaigns.delivery.origins import origins
from campaigns.delivery.states import State, stop, wait
from campaigns.models import Message
from crm_project import failpoints
from crm_project.db.sets import among
from crm_project.queue.due import (
    kept,
    work_through,
)
from customers.models import Customer, Workspace

log = logging.getLogger(__name__)


# All that is looked at on the way: another column would be read for each message by itself.
COLUMNS = (
    "id",
    "customer_id",
    "origin_customer_id",
    "channel",
    "connection_id",
    "purpose",
    "is_urgent",
    "passes_caps",
    "is_test",
    "state",
    "reason",
    "effect_key",
    "campaign_id",
    "slot_id",
    "journey_id",
    "run_id",
    "coupon_id",
    "content",
    "facts",
    "alternatives",
    "tried",
    "content_digest",
    "parts",
    "cost",
    "provider_id",
    "sent_at",
    "due_at",
    "token",
    "attempts",
    "error",
)
# The lanes in which something is due: a step of the index for each, however much waits in it.
DUE_LANES = """
WITH RECURSIVE lane AS (
  (SELECT channel, COALESCE(connection_id, 0) AS connection, due_at FROM campaigns_message
    WHERE state = 'queued' ORDER BY 1, 2, 3 LIMIT 1)
  UNION ALL
  SELECT further.* FROM lane CROSS JOIN LATERAL (
    SELECT channel, COALESCE(connection_id, 0), due_at FROM campaigns_message m
     WHERE state = 'queued'
       AND (m.channel, COALESCE(m.connection_id, 0)) > (lane.channel, lane.connection)
     ORDER BY 1, 2, 3 LIMIT 1) AS further)
SELECT channel, nullif(connection, 0) FROM lane WHERE due_at <= hutong_now()
"""
BUSY_FOR = timedelta(seconds=1)


def deliver(channel_key: str, *, connection_id: int | None = None, limit: int | None = None) -> int:
    """One batch of this lane's due messages is sent or settled. The number of messages looked
    at."""
    channel = channels[channel_key]()
    taken, batch = claim(
        channel, Workspace.get(), connection_id=connection_id, limit=limit or channel.batch_size
    )
    if batch:
        recording.record(channel, batch)
    return taken


def claim(
    channel: Channel, workspace: Workspace, *, limit: int, connection_id: int | None = None
) -> tuple[int, sending.Batch | None]:
    """The number of due messages that were looked at; those of them that may go are on their
    way."""
    if workspace.is_silent:
        return 0, None
    if (room := channel.room(connection_id)) is not None:
        if room <= 0:
            return 0, None
        limit = min(limit, room)
    fenced: dict[int, tuple[Message, Parcel]] = {}
    queue = sendable(channel.key, connection_id)
    if workspace.stopped_channels:
        queue = queue.exclude(Message.stopped() & stopping.TESTS_ARE_SENT)
    taken = work_through(
        queue,
        claiming(channel, workspace, fenced),
        limit=limit,
        columns=COLUMNS,
    )
    if not fenced:
        return taken, None
    messages = [message for message, _parcel in fenced.values()]
    failpoints.reached("send.fenced")
    lease = ExitStack()
    lease.enter_context(
        kept(
            Message.objects.filter(
                among("pk", [m.pk for m in messages]), token=messages[0].token, state=State.SENDING
            )
        )
    )
    try:
        return taken, sending.Batch(
            messages,
            sending.started(channel, [parcel for _message, parcel in fenced.values()]),
            lease,
        )
    except BaseException:
        lease.close()
        raise


def due_lanes() -> list[tuple[str, int | None]]:
    """The lanes, (channel, connection), in which something is due; those of a channel that is no
    longer installed wait for it."""
    with connection.cursor() as cursor:
        cursor.execute(DUE_LANES)
        return [(channel, through) for channel, through in cursor.fetchall() if channel in channels]


def sendable(channel_key: str, connection_id: int | None = None):
    """What of a lane may leave now: read anew for every batch, so that a pause holds within
    one."""
    waiting = Message.objects.alias(lane=Coalesce("connection_id", 0)).filter(
        channel=channel_key, lane=connection_id or 0, state=State.QUEUED
    )
    for origin in origins:
        waiting = waiting.exclude(origin().held())
    return waiting


def claiming(
    channel: Channel, workspace: Workspace, fenced: dict
) -> Callable[[list[Message], datetime], None]:
    """What work_through does with a leased batch or a part of it; those to be sent are in `fenced`,
    as parcels."""

    def claim(messages: list[Message], now: datetime) -> None:
        for m in messages:
            fenced.pop(m.pk, None)  # from a try whose commit failed
        context = policy.PolicyContext(channel, workspace, now)
        token = messages[0].token
        stopped = stopping.held_now([m.pk for m in messages])
        ours = lock_customers(messages)
        here = [m for m in messages if m.customer_id in ours and m.pk not in stopped]
        going = [m for m in here if not fence.end_if_lapsed(m, channel, now)]
        asked, verdicts = policy.judge(policy.BEFORE_RENDERING, going, context)
        saying, later = policy.judge(
            policy.AFTER_RENDERING, rendering.rendered(asked, context), context
        )
        provided, lacking = reserved(saying, context)
        passed, over = policy.judge(policy.LAST, provided, context)
        if over:
            channel.release([m for m in provided if m.pk in over and not m.sent_at], now=now)
        verdicts |= later | lacking | over
        verdicts |= {pk: policy.Verdict(stopping.REASON, context.now) for pk in stopped}
        moved = settle(messages, ours, verdicts, context)
        parcels = [(m, fence_and_charge(m, context)) for m in passed]
        outbox.route(moved)
        elsewhere = {m.pk for m in moved}
        records.write(token, [m for m in messages if m.pk not in elsewhere])
        if moved:
            records.write(token, moved, records.MOVE)
        coupons.follow([m.pk for m in messages if m.coupon_id], now=now)
        failpoints.reached("claim.fenced")
        if not channel.is_pull:
            fenced.update({m.pk: (m, one) for m, one in parcels})

    return claim


def reserved(
    messages: list[Message], context: policy.PolicyContext
) -> tuple[list[Message], policy.Verdicts]:
    """Those for which their channel has set aside what they need. What left before has it."""
    fresh = [m for m in messages if not m.sent_at]
    found = context.channel.reserve(fresh, now=context.now) if fresh else {}
    lacking = {
        pk: policy.Verdict(why.reason, until=context.now + timedelta(seconds=why.seconds))
        if isinstance(why, Later)
        else policy.Verdict(why, is_of_channel=True)
        for pk, why in found.items()
    }
    return [m for m in messages if m.pk not in lacking], lacking


def lock_customers(messages: list[Message]) -> set[int]:
    """The customers, now locked, whom nobody else sends to or merges at this moment. Not waiting
    for the others rules out deadlocks."""
    rows = Customer.objects.filter(
        among("pk", {m.customer_id for m in messages}), merged_into=None
    ).order_by("pk")
    return set(rows.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))


def settle(
    messages: list[Message],
    ours: set[int],
    verdicts: policy.Verdicts,
    context: policy.PolicyContext,
) -> list[Message]:
    """Those that the rules stopped wait, are skipped, or, returned, are due in another lane."""
    moved = []
    for m in messages:
        if m.customer_id not in ours:
            wait(m, context.now + BUSY_FOR, "customer_busy")
        elif verdict := verdicts.get(m.pk):
            if verdict.via:
                m.connection_id = verdict.via.connection_id
                wait(m, context.now, verdict.reason)
                moved.append(m)
            elif verdict.until:
                wait(m, verdict.until, verdict.reason)
            elif fallback.can_move(m, is_of_channel=verdict.is_of_channel):
                fallback.move(m, verdict.reason)
                wait(m, context.now, "")
                moved.append(m)
            else:
                stop(m, State.SKIPPED, verdict.reason)
    return moved


def fence_and_charge(message: Message, context: policy.PolicyContext) -> Parcel | None:
    """The message is behind the fence, and what it costs is charged; what the channel is given of
    it."""
    fence.enter_fence(message, context.channel, context.now)
    if context.channel.is_pull:
        return None
    address = context.address(message)
    if address is None:  # `reachable` has seen one
        raise LookupError(f"message {message.pk} has no address")
    one = parcel(message, address)
    price = context.facts.prices.of(one.connection_id, context.channel.price_kind(one))
    costs.charge(message, parts=context.channel.parts(one), price=price)
    return one


def parcel(message: Message, address: Address) -> Parcel:
    return Parcel(
        message.pk,
        message.customer_id,
        address.value,
        message.content,
        message.effect_key,
        message.purpose,
        address.connection_id,
    )
