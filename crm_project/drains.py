"""A drain works a queue's rows off as they come: it looks, works, and sleeps until the doorbell rings (decision 10).

One drain per queue listens. Its place is an advisory lock of its database session, so a killed process gives it up by itself; a tick that
finds the place taken returns at once, or helps. A drain ends after a while, or within a second when its worker is told to stop, and a
successor is asked for. One that fails ends with its error in the log. Whatever is lost, the next tick, within a second, begins another.
"""

import logging
import mmap
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from celery import Task
from celery.signals import worker_shutting_down
from django.db import DatabaseError, connection

from crm_project import doorbell
from crm_project.celery import EXPIRES, heartbeat

log = logging.getLogger(__name__)

LIFE = 10.0  # seconds
LONGEST_SLEEP = 1.0  # what the loss of every doorbell costs
LONGEST_SILENCE = 8  # of a session that looks every second, whatever a provider does; inside a transaction too
LIMIT = 45  # its life, the 20 seconds that a provider is given at its end, and a step each way: Celery ends the process of a drain that takes longer

# One byte that the processes of a worker's pool share with their parent, who alone is told to stop.
_stopping = mmap.mmap(-1, 1)


@worker_shutting_down.connect
def _say_that_we_stop(**_kwargs):
    _stopping[0] = 1


def drain(
    task: Task, queue: str, work: Callable[..., bool], *, rest: float = 0.0, also: Collection[int] = (), places: int | None = None
) -> bool:
    """`work()` was called until it found nothing, and again whenever somebody rang, until our time was over. False when another drain is at it.

    `rest`: seconds between two looks, for work that is cheaper in larger pieces. `also`: descriptors that wake us as the doorbell does.
    `places`: so many drains share the queue, and `work` is told the number of our place.
    """
    for number in range(places or 1):
        with place(queue, number) as is_ours:
            if not is_ours:
                continue
            with awake(), doorbell.listening(queue):
                attend(work if places is None else partial(work, number), rest, also)
        if not _stopping[0]:
            succeed(task, queue)
        return True
    return False


def attend(work, rest, also) -> None:
    """A session that was lost and made anew (by Django, after a failure that was dealt with) has neither place nor doorbell."""
    session, until = connection.connection, time.monotonic() + LIFE
    while connection.connection is session and time.monotonic() < until and not _stopping[0]:
        heartbeat()
        if not work() and connection.connection is session:
            time.sleep(rest)
            doorbell.wait(LONGEST_SLEEP, also)


def assist(queue: str, work: Callable[[], bool], *, helpers: int) -> None:
    """Beside the drain, on whatever machine: `work()` was called until it found nothing, by at most so many helpers at once."""
    for number in range(1, helpers + 1):
        with place(queue, number) as is_ours:
            if is_ours:
                until = time.monotonic() + LIFE
                with awake():
                    while work() and time.monotonic() < until and not _stopping[0]:
                        heartbeat()
                return


@contextmanager
def awake() -> Iterator[None]:
    """Who asks the database nothing for so long stands still: PostgreSQL ends his session, and his place and locks are free for others."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET idle_session_timeout = '{LONGEST_SILENCE}s'; SET idle_in_transaction_session_timeout = '{LONGEST_SILENCE}s'")
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("RESET idle_session_timeout; RESET idle_in_transaction_session_timeout")


def succeed(task: Task, queue: str) -> None:
    """The next drain begins now and not with the next tick."""
    try:
        task.apply_async(queue=queue, expires=EXPIRES, retry=False)
    except Exception as error:  # noqa: BLE001 (whatever the broker does, the tick comes)
        log.info("successor not asked for: %s", type(error).__name__)


@contextmanager
def place(name: str, number: int = 0) -> Iterator[bool]:
    """True for one database session at a time."""
    key = [f"hutong {name}", number]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s), %s)", key)
        is_ours = cursor.fetchone()[0]
    try:
        yield is_ours
    finally:
        if is_ours:
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s), %s)", key)
