"""The format of what comes by a queue: it has no address, a reader fetches it.

What is refused stands in the quarantine under the queue's path, and is tried again as the queue's
content says.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.utils.translation import gettext_lazy as _

from customers.models import Source
from events.incoming_items import Incoming
from integrations.doors.formats import GZIP, Format, Parsed, Rejected
from integrations.doors.problems import Refused
from integrations.models import QueueSource
from integrations.native.format import NativeFormat
from integrations.sync.queue.contents import CHANGES
from integrations.sync.queue.message import Message
from integrations.sync.tables.changes import NotAChange
from integrations.sync.tables.taking import Taking

DOORS = tuple(path.rpartition("/")[2] for path in NativeFormat.served)
MOST_BYTES = 4 << 20  # of one message
CUSTOMERS = "customers"  # whose items need not name themselves


@dataclass
class Understood:
    """What messages hold: items of now and of history (a snapshot), and rows of no mapping."""

    parsed: Parsed
    history: Parsed = field(default_factory=Parsed)
    passed_over: int = 0


class QueueFormat(Format):
    key = "queue"
    label = _("message queue")
    has_address = False
    keeps_rejected = True
    money_unit = Source.MoneyUnit.FEN

    def __init__(self, path: str, queue: QueueSource | None = None):
        super().__init__(path)
        self.queue = queue

    @classmethod
    def of(cls, queue: QueueSource) -> "QueueFormat":
        return cls(queue.path, queue)

    @classmethod
    def doors(cls):
        return []

    @classmethod
    def door_at(cls, path):
        """`queue/<number>`, and behind it the door that the message named."""
        _word, _slash, rest = path.partition("/")
        number, _slash, _door = rest.partition("/")
        queue = QueueSource.objects.filter(pk=int(number) if number.isdigit() else 0).first()
        return cls(path, queue) if queue else None

    @property
    def is_for_pages(self):
        return False

    def authenticate(self, request, body):
        raise Refused("Nothing is sent here.", code="not_found")

    def ack(self, request, parsed, results):
        raise Refused("Nothing is sent here.", code="not_found")

    # -- our own format

    def parse(self, body: bytes, source: Source, now: datetime) -> Parsed:
        """A body of our own format by the door that the path names, else by the queue's own."""
        door = self.path.split("/")[2] if self.path.count("/") == 2 else self.queue.door
        if door not in DOORS:
            raise Refused(
                "The message does not say what it is: a header or field “door” names one of ours.",
                code="unknown_door",
            )
        if body[:2] == GZIP:
            body = self.unpack(None, body)
        return NativeFormat.served[f"api/v1/{door}"].parse(body, source, now)

    # -- changes of tables

    @property
    def takes_changes(self) -> bool:
        return self.queue is not None and self.queue.content in CHANGES

    @property
    def is_history(self) -> bool:
        return self.queue is not None and self.queue.is_history

    @property
    def history_until(self) -> datetime | None:
        """What the log tells of before its queue was connected is caught up with: nobody is written
        to because of it, nor of a snapshot, which Canal does not tell from other inserts."""
        if self.queue is None:
            return None
        return datetime.max.replace(tzinfo=UTC) if self.is_history else self.queue.created_at

    def take_again(self, source: Source, raw: bytes, now: datetime) -> Understood:
        """What a row of the quarantine holds, read as changes; captured rows are written."""
        return self.understood_changes(source, [Message(raw, tag=None)], now)

    def understood(self, source: Source, messages: Sequence[Message], now: datetime) -> Understood:
        """All that these messages hold; what cannot be read is rejected, whole, in its place."""
        if self.takes_changes:
            return self.understood_changes(source, messages, now)
        parsed, raws = Parsed(), []
        for message in messages:
            for item, raw in self.items_of(source, message, now):
                parsed.items.append(item)
                raws.append(raw)
        parsed.raw = lambda n: raws[n]
        return Understood(Parsed(), parsed) if self.is_history else Understood(parsed)

    def items_of(self, source: Source, message: Message, now: datetime):
        """Each item with the bytes by which it is tried again."""
        door = QueueFormat(f"queue/{self.queue.pk}/{message.door}", self.queue)
        if self.queue.door or not message.door:
            door = self
        try:
            check(message)
            parsed = door.parse(message.body, source, now)
        except Refused as refused:
            whole = Rejected(0, None, refused.code, refused.path, refused.detail, message.body)
            return [(whole, message.body)]
        if (door.queue.door or message.door) == CUSTOMERS:
            name_items(parsed, door.parse(message.body, source, now), message)
        return [(one, raw_of(one, message)) for one in parsed.items]

    def understood_changes(
        self, source: Source, messages: Sequence[Message], now: datetime
    ) -> Understood:
        changes, rejected = [], []
        for message in messages:
            try:
                check(message)
                changes += CHANGES[self.queue.content](message.body)
            except (NotAChange, Refused) as error:
                why = Rejected(0, None, error.code, error.path, str(error), message.body)
                rejected.append(why)
        taken = Taking(source, now, history_until=self.history_until).take(changes)
        raws = [*(one.raw for one in rejected), *taken.raws]
        return Understood(
            Parsed([*rejected, *taken.items], raw=lambda n: raws[n]),
            Parsed(taken.history, raw=lambda n: taken.history_raws[n]),
            taken.passed_over,
        )


def check(message: Message) -> None:
    if message.problem:
        raise Refused("The entry has no body.", code=message.problem)
    if len(message.body) > MOST_BYTES:
        raise Refused(f"A message may have {MOST_BYTES} bytes.", code="too_large")


def raw_of(item: Incoming | Rejected, message: Message) -> bytes:
    if isinstance(item, Rejected):
        return item.raw or message.body
    return item.content


def name_items(parsed: Parsed, again: Parsed, message: Message) -> None:
    """An item that nothing names would be new whenever its message is delivered again: the message
    names it."""
    whose = message.ident or hashlib.sha256(message.body).hexdigest()[:40]
    for n, (one, other) in enumerate(zip(parsed.items, again.items, strict=True)):
        if isinstance(one, Incoming) and one.id != other.id:
            one.id = f"message:{whose[:90]}:{n}"
