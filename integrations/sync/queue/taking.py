"""A batch of messages is stored, once, in one transaction; whoever fetched them acknowledges them
after it has committed.

Dying in between means that they come again: the ledger, and the captured rows, know them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import F

from crm_project import failpoints
from crm_project.db.clock import database_now
from events.incoming_items import Outcome
from integrations.doors import bisecting, quarantine, webhooks
from integrations.doors.formats import Parsed, Rejected
from integrations.models import QueueSource, QueueState
from integrations.sync.queue.format import QueueFormat
from integrations.sync.queue.message import Message


class QuarantineFull(Exception):
    """What cannot be understood has no room any more: nothing is taken, so that nothing is lost."""


class Counts(NamedTuple):
    """What became of a batch."""

    messages: int
    stored: int
    known: int
    refused: int
    passed_over: int

    def __add__(self, other):
        return Counts(*(one + more for one, more in zip(self, other, strict=True)))


def take(queue: QueueSource, messages: Sequence[Message]) -> Counts:
    """Everything in these messages is committed: stored, known already, passed over, or in the
    quarantine with its reason. What nobody foresaw is found by halving, and is refused alone.
    Raises what passes (the database is away), QuarantineFull: then what is not committed is not
    lost, as it comes again."""
    try:
        return take_together(queue, messages)
    except Exception as error:
        if isinstance(error, QuarantineFull) or not bisecting.is_of_the_item(error):
            raise
        if len(messages) == 1:
            bisecting.alarm(error, "a message could not be stored", queue=queue.pk)
            return set_aside(queue, messages[0])
    middle = len(messages) // 2
    return take(queue, messages[:middle]) + take(queue, messages[middle:])


def set_aside(queue: QueueSource, message: Message) -> Counts:
    """The message is in the quarantine, whole."""
    with transaction.atomic():
        now, counts = database_now(), Counts(1, 0, 0, 1, 0)
        quarantine.keep(
            source=queue.source,
            format_key=QueueFormat.key,
            rejected=[bisecting.rejected(0, None, message.body)],
            now=now,
            door=queue.path,
        )
        note(queue, counts, [message], now)
    return counts


def take_together(queue: QueueSource, messages: Sequence[Message]) -> Counts:
    """In one transaction, or not at all."""
    if not quarantine.has_room(queue.source, sum(len(one.body) + 500 for one in messages)):
        raise QuarantineFull
    with transaction.atomic():
        now, door = database_now(), QueueFormat.of(queue)
        understood = door.understood(queue.source, messages, now)
        results = record(door, queue, understood.parsed, now)
        results += record(door, queue, understood.history, now, is_history=True)
        counts = counted(len(messages), results, understood.passed_over)
        note(queue, counts, messages, now)
        failpoints.reached("queue.stored")
    failpoints.reached("queue.committed")
    return counts


def record(
    door: QueueFormat,
    queue: QueueSource,
    parsed: Parsed,
    now: datetime,
    *,
    is_history: bool = False,
) -> list:
    if not parsed.items:
        return []
    return webhooks.record(door, queue.source, parsed, now, is_history=is_history)


def counted(messages: int, results: list[Outcome | Rejected], passed_over: int) -> Counts:
    refused = sum(1 for one in results if isinstance(one, Rejected))
    stored = sum(1 for one in results if isinstance(one, Outcome) and one.status == Outcome.STORED)
    return Counts(messages, stored, len(results) - refused - stored, refused, passed_over)


def note(queue: QueueSource, counts: Counts, messages: Sequence[Message], now: datetime) -> None:
    """The queue's state says so, in the same transaction."""
    sent = [one.sent_at for one in messages if one.sent_at]
    behind = max((now - min(max(sent), now)).total_seconds(), 0.0) if sent else None
    QueueState.objects.get_or_create(queue=queue)
    QueueState.objects.filter(queue=queue).update(
        taken=F("taken") + counts.messages,
        stored=F("stored") + counts.stored,
        known=F("known") + counts.known,
        refused=F("refused") + counts.refused,
        passed_over=F("passed_over") + counts.passed_over,
        behind_seconds=behind,
        seen_at=now,
        last_ok_at=now,
        last_error="",
        last_error_at=None,
    )
