"""The readers: a thread for each queue that is switched on, wherever `manage.py consume` runs.

One reader at a time reads a queue, on whatever host: its place is an advisory lock of its session,
so that one that was killed is followed by another. A reader that fails closes everything, waits
longer each time, and begins anew.
"""

import logging
import random
import threading
import time
from contextlib import suppress

from django.db import close_old_connections, connection
from django.db.models import Exists, OuterRef, Q

from crm_project.db.clock import Now, database_now
from crm_project.queue import worker_loops
from integrations.models import QueueSource, QueueState, TableMapping
from integrations.sync.queue import problems
from integrations.sync.queue.brokers import open_for
from integrations.sync.queue.taking import QuarantineFull, take

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds between two tries
LOOK = 1.0  # seconds in which a message is awaited; the session asks something at least as often
NOTED_EVERY = 2.0  # seconds between two notes of how much waits
RATE_SECONDS = 60.0  # over which the rate is told
STANDS_BY = 3.0  # seconds between two tries to take over from another reader
LONGEST_STEP = 120.0  # seconds: a reader that took longer for one step hangs


class Reader(threading.Thread):
    """Reads one queue until it is told to stop."""

    def __init__(self, queue: QueueSource, version: tuple):
        super().__init__(name=f"queue {queue.pk}", daemon=True)
        self.queue_id, self.version = queue.pk, version
        self.stopping = threading.Event()
        self.progress = time.monotonic()
        self.pause = FIRST_PAUSE

    def run(self):
        while not self.stopping.is_set():
            try:
                self.stand_by()
            except Exception as error:  # noqa: BLE001 -- the next try begins from nothing
                self.failed(error)
            finally:
                with suppress(Exception):
                    close_old_connections()
        connection.close()

    def stand_by(self):
        """In our turn the queue is read."""
        self.progress = time.monotonic()
        with worker_loops.place("consume", self.queue_id) as is_ours:
            if is_ours:
                with worker_loops.awake():
                    self.read()
                return
        self.stopping.wait(STANDS_BY)

    def read(self):
        session = connection.connection
        queue = QueueSource.objects.select_related("source__namespace", "connection").get(
            pk=self.queue_id
        )
        broker = open_for(queue)
        try:
            pace = Pace(queue)
            pace.note(broker)
            while not self.stopping.is_set() and connection.connection is session:
                messages = broker.take(queue.at_once, LOOK)
                if messages:
                    take(queue, messages)
                    broker.settle(messages)
                    pace.count(len(messages))
                    self.pause = FIRST_PAUSE
                pace.note_if_due(broker)
                self.progress = time.monotonic()
        finally:
            broker.close()

    def failed(self, error: Exception) -> None:
        """It is written down for whoever looks, and the next try comes later than the last."""
        is_known = isinstance(error, QuarantineFull | OSError)
        log.warning(
            "a queue cannot be read",
            extra={"queue": self.queue_id, "error": type(error).__name__},
            exc_info=None if is_known else error,
        )
        with suppress(Exception):
            connection.close()
            note_failure(self.queue_id, problems.stored(error))
        self.progress = time.monotonic()
        self.stopping.wait(self.pause * random.uniform(0.7, 1.3))  # noqa: S311 -- no secret
        self.pause = min(self.pause * 2, LONGEST_PAUSE)
        self.progress = time.monotonic()


class Pace:
    """How fast a queue is read, and how much waits: told every few seconds."""

    def __init__(self, queue: QueueSource):
        self.queue, self.noted_at = queue, time.monotonic()
        self.counted: list[tuple[float, int]] = []

    def count(self, messages: int) -> None:
        self.counted.append((time.monotonic(), messages))

    def note_if_due(self, broker) -> None:
        """Asking is a sign of life of the session, too."""
        if time.monotonic() - self.noted_at >= NOTED_EVERY:
            self.note(broker)
        else:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")

    def note(self, broker) -> None:
        self.noted_at = now = time.monotonic()
        self.counted = [(at, n) for at, n in self.counted if now - at < RATE_SECONDS]
        waiting = broker.waiting()
        QueueState.objects.get_or_create(queue=self.queue)
        said = {
            "waiting": waiting,
            "per_minute": sum(n for _at, n in self.counted),
            "seen_at": Now(),
        }
        if waiting == 0:
            said["behind_seconds"] = 0
        QueueState.objects.filter(queue=self.queue).update(
            **said, last_error="", last_error_at=None
        )


def note_failure(queue_id: int, said: str) -> None:
    if not QueueSource.objects.filter(pk=queue_id).exists():
        return
    QueueState.objects.get_or_create(queue_id=queue_id)
    QueueState.objects.filter(queue_id=queue_id).update(
        last_error=said[:300], last_error_at=database_now(), per_minute=0
    )


class Readers:
    """All that run here: those that are wanted, and none that is not."""

    def __init__(self):
        self.readers: dict[int, Reader] = {}

    def follow(self) -> None:
        """What was switched on is read from now on; what was changed is opened anew; what was
        switched off is left."""
        wanted = {queue.pk: (queue, version_of(queue)) for queue in wanted_queues()}
        for pk, reader in list(self.readers.items()):
            if pk not in wanted or wanted[pk][1] != reader.version:
                reader.stopping.set()
            if not reader.is_alive():
                del self.readers[pk]
        for pk, (queue, version) in wanted.items():
            if pk not in self.readers:
                self.readers[pk] = reader = Reader(queue, version)
                reader.start()

    def are_well(self) -> bool:
        """None stands still in the middle of a step."""
        now = time.monotonic()
        return all(now - one.progress < LONGEST_STEP for one in self.readers.values())

    def stop(self, seconds: float) -> None:
        """All have ended what they had begun, or had so many seconds for it."""
        until = time.monotonic() + seconds
        for reader in self.readers.values():
            reader.stopping.set()
        for reader in self.readers.values():
            reader.join(max(0.0, until - time.monotonic()))


def wanted_queues():
    """Those that are switched on. Changes of tables wait at the broker until one table is mapped:
    else every row would be passed over."""
    mapped = TableMapping.objects.filter(source=OuterRef("source"), is_active=True)
    return QueueSource.objects.filter(
        Q(content=QueueSource.Content.NATIVE) | Exists(mapped),
        is_active=True,
        source__is_active=True,
        connection__is_active=True,
    ).select_related("connection", "source")


def version_of(queue: QueueSource) -> tuple:
    """Whatever changes how it is read."""
    return (
        queue.connection_id,
        queue.connection.settings_revision,
        queue.source_id,
        queue.queue,
        queue.group,
        queue.content,
        queue.door,
        queue.at_once,
        queue.is_history,
    )
