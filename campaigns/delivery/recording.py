"""What became of a batch once its provider has answered, or did not."""

import logging
from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction

from campaigns import coupons
from campaigns.delivery import costs, early_receipts, receipts, records
from campaigns.delivery.channels import Channel, SendFailed, Sent, WaitsForPerson
from campaigns.delivery.sending import Batch
from campaigns.delivery.states import State, again, finish, repeatable, stop
from campaigns.models import Message, Suppression
from crm_project import failpoints
from crm_project.queue.due import STUCK_AFTER, database_now, raise_if_away, storable
from customers import connection_health

log = logging.getLogger(__name__)


def record(channel: Channel, batch: Batch) -> None:
    """What became of each, once the provider has answered; nothing where the lease was lost
    meanwhile. A permanent refusal suppresses the address."""
    with batch.kept:
        results = batch.answer.result()
    failpoints.reached("send.answered")
    messages, now = batch.messages, database_now()
    token = messages[0].token
    refused: dict[int, str] = {}
    for m in messages:
        result = results.get(m.pk)
        if conclude_or_unknown(m, channel, result, now) and isinstance(result, SendFailed):
            refused[m.pk] = result.suppresses
    write_in_halves(messages, partial(write_down, channel, token, refused, now))
    note_health(messages[0].connection_id, list(results.values()), now)


def note_health(connection_id: int | None, results: Collection, now: datetime) -> None:
    """The account works where it took one of them; what one address was refused for says nothing
    of it."""
    if connection_id is None:
        return
    if any(isinstance(one, str | Sent | WaitsForPerson) for one in results):
        connection_health.worked([connection_id], now)
    elif failures := [f for f in results if isinstance(f, SendFailed) and f.is_of_account]:
        connection_health.failed({connection_id: str(failures[0])}, now)


def write_in_halves(messages: list[Message], write: Callable[[list[Message]], None]) -> None:
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
            write_in_halves(messages, write)
            return
        if len(messages) == 1:
            log.exception(
                "what became of a message cannot be recorded", extra={"row": messages[0].pk}
            )
            return
        middle = len(messages) // 2
        for half in (messages[:middle], messages[middle:]):
            write_in_halves(half, write)


def is_taken(error: Exception) -> bool:
    return isinstance(error, IntegrityError) and "message_of_provider" in str(error)


@transaction.atomic
def write_down(
    channel: Channel,
    token: UUID,
    refused: dict[int, str],
    now: datetime,
    messages: list[Message],
) -> None:
    written = records.write(token, messages, records.OUTCOME)
    through = messages[0].connection_id
    early_receipts.wake_for(through, [m.provider_id for m in messages], now)
    for purpose in sorted({refused[m.pk] for m in messages if m.pk in refused}):
        gone = [m for m in messages if m.pk in written and refused.get(m.pk) == purpose]
        suppress(gone, channel.key, purpose=purpose, reason="refused", now=now)
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


def conclude_or_unknown(message: Message, channel: Channel, result, now: datetime) -> bool:
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
    if failure.is_of_text:
        stop(message, State.FAILED, "content", error=str(failure))
    elif failure.permanent or message.attempts >= STUCK_AFTER:
        stop(
            message, State.FAILED, "refused" if failure.permanent else "gave_up", error=str(failure)
        )
    else:
        again(message, now, "temporary", failure)


def suppress(
    messages: list[Message], channel_key: str, *, purpose: str = "", reason: str, now: datetime
) -> None:
    rows = {m.origin_customer_id: m.customer_id for m in messages}
    Suppression.objects.bulk_create(
        [
            Suppression(
                customer_id=customer,
                origin_customer_id=origin,
                channel=channel_key,
                purpose=purpose,
                reason=reason,
                at=now,
            )
            for origin, customer in sorted(rows.items())
        ],
        ignore_conflicts=True,
    )
