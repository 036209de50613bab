"""Delivery of what is queued: lease, judge, render, fence, send, record.

The fence is the committed state `sending` with our token: from then on a crash leaves a message
that nobody sends again by mistake (recover), and a worker that comes back late writes nothing. A
channel whose messages lie in our own database has no gap between effect and record: both are the
same transaction.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Coalesce

from campaigns import coupons
from campaigns.delivery import (
    calling_off,
    content,
    costs,
    early_receipts,
    fallback,
    fields,
    needs,
    outbox,
    policy,
    receipts,
    records,
    sending,
)
from campaigns.delivery.channels import (
    Address,
    Channel,
    Parcel,
    Results,
    SendFailed,
    Sent,
    WaitsForPerson,
    channels,
)
from campaigns.delivery.origins import origins
from campaigns.models import Message, Suppression
from crm_project import failpoints
from crm_project.db.sets import among
from crm_project.queue.due import (
    STUCK_AFTER,
    database_now,
    kept,
    raise_if_away,
    storable,
    work_through,
)
from customers.models import Customer, Workspace
from customers.privacy import sealing

log = logging.getLogger(__name__)

State = Message.State

COLUMNS = (
    "id",
    "customer_id",
    "origin_customer_id",
    "channel",
    "connection_id",
    "purpose",
    "is_urgent",
    "state",
    "reason",
    "effect_key",
    "run_id",
    "coupon_id",
    "content",
    "facts",
    "alternatives",
    "tried",
    "content_digest",
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
LONGEST_DELAY = timedelta(hours=1)
MOST_OVER = 5_000  # deadlines in one transaction


@dataclass(slots=True)
class Batch:
    """Messages behind the fence: with their provider until `answer` is there; their lease is
    renewed until `kept` is closed."""

    messages: list[Message]
    answer: Future[Results]
    kept: ExitStack


def deliver(channel_key: str, *, connection_id: int | None = None, limit: int | None = None) -> int:
    """One batch of this lane's due messages is sent or settled. The number of messages looked
    at."""
    channel = channels[channel_key]()
    taken, batch = claim(
        channel, Workspace.get(), connection_id=connection_id, limit=limit or channel.batch_size
    )
    if batch:
        record(channel, batch)
    return taken


def claim(
    channel: Channel, workspace: Workspace, *, limit: int, connection_id: int | None = None
) -> tuple[int, Batch | None]:
    """The number of due messages that were looked at; those of them that may go are on their
    way."""
    if workspace.is_silent:
        return 0, None
    fenced: dict[int, tuple[Message, Parcel]] = {}
    taken = work_through(
        sendable(channel.key, connection_id),
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
        return taken, Batch(
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
        ours = lock_customers(messages)
        going = [m for m in messages if m.customer_id in ours and not has_lapsed(m, channel, now)]
        asked, verdicts = policy.judge(policy.BEFORE_RENDERING, going, context)
        saying, later = policy.judge(policy.AFTER_RENDERING, rendered(asked, context), context)
        provided, lacking = reserved(saying, context)
        passed, over = policy.judge(policy.LAST, provided, context)
        if over:
            channel.release([m for m in provided if m.pk in over and not m.sent_at], now=now)
        verdicts |= later | lacking | over
        moved = settle(messages, ours, verdicts, context)
        parcels = [(m, departed(m, context)) for m in passed]
        outbox.route(moved)
        records.write(token, [m for m in messages if m not in moved])
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
    lacking = {pk: policy.Verdict(reason, is_of_channel=True) for pk, reason in found.items()}
    return [m for m in messages if m.pk not in lacking], lacking


def lock_customers(messages: list[Message]) -> set[int]:
    """The customers, now locked, whom nobody else sends to or merges at this moment. Not waiting
    for the others rules out deadlocks."""
    rows = Customer.objects.filter(
        among("pk", {m.customer_id for m in messages}), merged_into=None
    ).order_by("pk")
    return set(rows.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))


def rendered(messages: list[Message], context: policy.PolicyContext) -> list[Message]:
    """Those whose text could be filled in, with their text; the others have failed."""
    wanted = content.wanted(text for m in messages for text in m.content.values())
    contexts = fields.contexts(
        messages, wanted=wanted, workspace=context.workspace, now=context.now
    )
    speaking = [
        m for m in messages if was_filled(m) or has_fields(m, contexts[m.pk], context.channel)
    ]
    return [m for m in speaking if fill(m, contexts[m.pk], is_markup=context.channel.is_markup)]


def was_filled(message: Message) -> bool:
    """It left before, and says what it said then: what people are called is no template."""
    return bool(message.content_digest) and message.content_digest == digest_of(message.content)


def has_fields(message: Message, context: dict, channel: Channel) -> bool:
    """A message with a hole in it is skipped, and says which field is empty."""
    optional = [name for name, field in channel.Content.base_fields.items() if not field.required]
    try:
        lacking = needs.missing(message.content, context, may_be_empty=optional)
    except content.BrokenContent:
        return True  # which the filling in will say
    if lacking:
        stop(message, State.SKIPPED, f"{needs.REASON}{lacking}"[:60])
    return not lacking


def fill(message: Message, context: dict, *, is_markup: bool) -> bool:
    if was_filled(message):
        message.filled = message.content
        return True
    try:
        message.filled = {
            name: content.filled(text, context, is_markup=is_markup)
            for name, text in message.content.items()
        }
        message.content_digest = digest_of(
            message.filled
        )  # kept once it leaves; a message that must wait is filled in anew
    except Exception as error:  # whatever it is, it is this message's
        if not isinstance(error, content.BrokenContent):
            log.exception("a message cannot be filled in", extra={"row": message.pk})
        stop(message, State.FAILED, "content", error=str(error))
        return False
    return True


def digest_of(filled: dict[str, str]) -> str:
    return sealing.digest("content", repr(sorted(filled.items())))


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


def wait(message: Message, until: datetime, reason: str) -> None:
    message.done(due_at=until)
    message.reason = reason


def has_lapsed(message: Message, channel: Channel, now: datetime) -> bool:
    """The provider would not recognise a repeat any more, so there is none; whether the first try
    arrived nobody can know."""
    if message.sent_at is None or repeatable(message, channel, now):
        return False
    finish(message, State.UNKNOWN, "no_answer")
    return True


def stop(message: Message, state: str, reason: str = "", *, error: str = "") -> None:
    """The message comes to this end; but whether one that left before has arrived nobody can
    know."""
    if message.sent_at:
        finish(message, State.UNKNOWN, "no_answer", error=error or reason)
    else:
        finish(message, state, reason, error=error)


def finish(message: Message, state: str, reason: str = "", *, error: str = "") -> None:
    message.done()
    message.state, message.reason, message.error = state, reason, storable(error)[:2000]


def depart(message: Message, channel: Channel, now: datetime) -> None:
    """The fence; for a pull channel already the end. `sent_at` is the first attempt that may have
    arrived, and holds its place in the caps."""
    message.content, message.reason = message.filled, ""
    message.may_have_arrived = message.sent_at is not None
    message.sent_at = message.sent_at or now
    if channel.is_pull:
        finish(message, State.SENT)
    else:
        message.state = State.SENDING


def departed(message: Message, context: policy.PolicyContext) -> Parcel | None:
    """Behind the fence, and what it costs is known; what the channel is given of it."""
    depart(message, context.channel, context.now)
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


def record(channel: Channel, batch: Batch) -> None:
    """What became of each, once the provider has answered; nothing where the lease was lost
    meanwhile. A permanent refusal suppresses the address."""
    with batch.kept:
        results = batch.answer.result()
    failpoints.reached("send.answered")
    messages, now = batch.messages, database_now()
    token = messages[0].token
    refused = {m.pk for m in messages if concluded(m, channel, results.get(m.pk), now)}
    recorded(messages, partial(write_down, channel, token, refused, now))


def recorded(messages: list[Message], write: Callable[[list[Message]], None]) -> None:
    """One whose record the database refuses is found by halving, and ends as one whose holder died;
    the others' answers are kept."""
    try:
        write(messages)
    except Exception as error:
        raise_if_away(error)
        if len(messages) == 1 and is_taken(error):
            # The vendor has named two messages alike: this one left, and no receipt finds it.
            log.exception("a provider's id is taken", extra={"row": messages[0].pk})
            messages[0].provider_id = ""
            recorded(messages, write)
            return
        if len(messages) == 1:
            log.exception(
                "what became of a message cannot be recorded", extra={"row": messages[0].pk}
            )
            return
        middle = len(messages) // 2
        for half in (messages[:middle], messages[middle:]):
            recorded(half, write)


def is_taken(error: Exception) -> bool:
    return isinstance(error, IntegrityError) and "message_of_provider" in str(error)


@transaction.atomic
def write_down(
    channel: Channel, token: UUID, refused: set[int], now: datetime, messages: list[Message]
) -> None:
    written = records.write(token, messages, records.OUTCOME)
    through = messages[0].connection_id
    early_receipts.expected(through, [m.provider_id for m in messages], now)
    suppress(
        [m for m in messages if m.pk in refused & written], channel.key, reason="refused", now=now
    )
    receipts.settle(
        [
            m.pk
            for m in messages
            if m.state == State.UNKNOWN or (m.state == State.QUEUED and m.sent_at)
        ],
        now=now,
    )
    back = [m for m in messages if m.pk in written and not m.sent_at]
    if back:
        channel.release(back, now=now)
    coupons.follow([m.pk for m in messages if m.coupon_id and m.state != State.SENT], now=now)


def concluded(message: Message, channel: Channel, result, now: datetime) -> bool:
    """As `conclude`; of an answer that is none of those foreseen nothing is known."""
    try:
        return conclude(message, channel, result, now)
    except Exception:
        log.exception("an answer is none", extra={"row": message.pk})
        finish(message, State.UNKNOWN, "no_answer")
        return False


def conclude(message: Message, channel: Channel, result, now: datetime) -> bool:
    """The message as its result leaves it; whether the address was refused for good."""
    if isinstance(result, str | Sent):
        finish(message, State.SENT)
        said = result if isinstance(result, Sent) else Sent(result)
        message.provider_id = storable(said.provider_id)[:128]
        costs.recount(message, said.parts)
    elif isinstance(result, WaitsForPerson):
        message.done(due_at=result.until)
        message.state, message.reason = State.WAITING, ""
        message.provider_id = storable(result.provider_id)[:128]
    elif isinstance(result, SendFailed):
        fail(message, result, now)
        return result.permanent
    elif repeatable(message, channel, now):
        again(message, now, "no_answer")
    else:
        finish(message, State.UNKNOWN, "no_answer")
    return False


def fail(message: Message, failure: SendFailed, now: datetime) -> None:
    if not message.may_have_arrived:
        # Nothing arrived: its place in the caps is free again, and nobody is paid.
        message.sent_at = message.parts = message.cost = None
    if failure.permanent or message.attempts >= STUCK_AFTER:
        stop(
            message, State.FAILED, "refused" if failure.permanent else "gave_up", error=str(failure)
        )
    else:
        again(message, now, "temporary", failure)


def again(message: Message, now: datetime, reason: str, failure: SendFailed | None = None) -> None:
    """Due again after the provider's Retry-After, or a delay that doubles with each attempt (the
    lease counted this one)."""
    asked = failure.retry_after if failure else None
    seconds = 2 ** min(message.attempts, 12) if asked is None else asked
    delay = (
        timedelta(seconds=seconds)
        if 0 <= seconds < LONGEST_DELAY.total_seconds()
        else LONGEST_DELAY
    )
    message.state, message.reason, message.token = State.QUEUED, reason, None
    message.due_at, message.error = now + delay, storable(str(failure or ""))[:2000]


def repeatable(message: Message, channel: Channel, now: datetime) -> bool:
    """The provider would still recognise the effect key."""
    return channel.has_idempotency_key and message.sent_at + channel.idempotency_window > now


def suppress(messages: list[Message], channel_key: str, *, reason: str, now: datetime) -> None:
    rows = {m.origin_customer_id: m.customer_id for m in messages}
    Suppression.objects.bulk_create(
        [
            Suppression(
                customer_id=customer,
                origin_customer_id=origin,
                channel=channel_key,
                reason=reason,
                at=now,
            )
            for origin, customer in sorted(rows.items())
        ],
        ignore_conflicts=True,
    )


def recover(now: datetime) -> int:
    """What a dead worker left in `sending` is queued again where the provider knows the key, else
    nobody can know. The number of messages.

    Queued again, it still carries a token, nobody's now: due.py sees that its holder died, and
    stops trying what kills every holder. What its origin had withdrawn, and came back to the queue
    after that, is called off too.
    """
    left = Message.objects.filter(state=State.SENDING, due_at__lte=now)
    ids, found = list(left.values_list("pk", flat=True)), 0
    for channel in channels:
        if channel.idempotency_window:
            known = left.filter(
                channel=channel.key,
                sent_at__gt=now - channel.idempotency_window,
                attempts__lt=STUCK_AFTER,
            )
            found += known.update(state=State.QUEUED, reason="worker_died", token=uuid4())
    found += left.update(state=State.UNKNOWN, reason="worker_died", due_at=None, token=None)
    receipts.settle(ids, now=now)
    found += nobody_sent(now)
    for origin in origins:
        if withdrawn := origin().withdrawn(now):
            theirs, reason = withdrawn
            found += calling_off.call_off(Message.objects.filter(theirs), reason, now=now)
    return found


def nobody_sent(now: datetime) -> int:
    """What waited for a person until its deadline was not sent; a receipt that comes yet says
    otherwise, as ever. The number of messages."""
    with transaction.atomic():
        over = Message.objects.filter(state=State.WAITING, due_at__lte=now).order_by("pk")
        ids = list(over.select_for_update(of=("self",)).values_list("pk", flat=True)[:MOST_OVER])
        Message.objects.filter(among("pk", ids)).update(
            state=State.FAILED, reason="nobody_sent", due_at=None, token=None
        )
        coupons.follow(ids, now=now)
    return len(ids)
