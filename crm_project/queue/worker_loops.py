"""A worker loop works a queue's rows off as they come: it looks, works, and sleeps until the
wake-up rings (decision 10).

One loop per queue listens. Its place is an advisory lock of its database session, so a killed
process gives it up by itself; a tick that finds the place taken returns at once, or helps. A worker
loop ends after a while, or within a second when its worker is told to stop, and a successor is
asked for. One that fails ends with its error in the log. Whatever is lost, the next tick, within a
second, begins another.
"""

import logging
import mmap
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from celery import Task
from celery.signals import worker_shutting_down
from django.db import DatabaseError, OperationalError, connection
from psycopg import errors

from crm_project.celery import EXPIRES, heartbeat
from crm_project.queue import steps, wakeups

log = logging.getLogger(__name__)

LIFE = 20.0  # seconds
OVERLAP = 0.5  # of its end, in which the successor comes and waits for the place
PATIENCE = 2.0  # how long he waits
# What the loss of every wake-up costs where no beat asks each second what is due (looks.py).
LONGEST_SLEEP = 5.0
LONGEST_SILENCE = (
    8  # of a session that looks every second, whatever a provider does; inside a transaction too
)
# its life, the 20 seconds that a provider is given at its end, and a step each way: Celery ends the
# process of a worker loop that takes longer
LIMIT = 55

# One byte that the processes of a worker's pool share with their parent, who alone is told to stop.
_stopping = mmap.mmap(-1, 1)


@worker_shutting_down.connect
def _say_that_we_stop(**_kwargs):
    _stopping[0] = 1


def run(
    task: Task,
    queue: str,
    work: Callable[..., bool],
    *,
    rest: float = 0.0,
    also: Collection[int] = (),
    places: int | None = None,
) -> bool:
    """`work()` was called until it found nothing, and again whenever somebody rang, until our time
    was over. False when another loop is at it.

    `rest`: seconds between two looks, for work that is cheaper in larger pieces. `also`:
    descriptors that wake us as the wake-up does. `places`: so many worker loops share the queue,
    and `work` is told the number of our place.
    """
    succeeds = (task.request.kwargs or {}).get("succeeds")
    for number in range(places or 1) if succeeds is None else [succeeds]:
        with place(queue, number, patience=0 if succeeds is None else PATIENCE) as is_ours:
            if not is_ours:
                continue
            with awake(), wakeups.listening(queue):
                step = work if places is None else partial(work, number)
                asked = attend(queue, step, rest, also, ask=partial(succeed, task, queue, number))
        if (
            not _stopping[0] and time.monotonic() > asked + PATIENCE
        ):  # nobody asked, or he has given up
            succeed(task, queue, number)
        return True
    return False


def attend(queue, work, rest, also, ask) -> float:
    """A session that was lost and made anew (by Django, after a failure that was dealt with) has
    neither place nor wake-up.

    Shortly before the end a successor is asked for, who waits for the place: nobody is waited for
    by what comes meanwhile. When that was.
    """
    session, until, asked = connection.connection, time.monotonic() + LIFE, 0.0
    while (
        connection.connection is session and (now := time.monotonic()) < until and not _stopping[0]
    ):
        if not asked and now > until - OVERLAP:
            ask()
            asked = now
        heartbeat()
        steps.note(queue)
        if not work() and connection.connection is session:
            time.sleep(rest)
            left = until - (0 if asked else OVERLAP) - time.monotonic()
            wakeups.wait(max(0, min(LONGEST_SLEEP, left)), also)
    return asked


def assist(
    queue: str, work: Callable[[], bool], *, helpers: int, life: float | None = None
) -> None:
    """Beside the worker loop, on whatever machine: `work()` was called until it found nothing, by
    at most so many helpers at once, for `life` seconds at most."""
    for number in range(1, helpers + 1):
        with place(queue, number) as is_ours:
            if is_ours:
                until = time.monotonic() + (life or LIFE)
                with awake():
                    while work() and time.monotonic() < until and not _stopping[0]:
                        heartbeat()
                return


@contextmanager
def awake() -> Iterator[None]:
    """Who asks the database nothing for so long stands still: PostgreSQL ends his session, and his
    place and locks are free for others."""
    stay_awake()
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("RESET idle_session_timeout; RESET idle_in_transaction_session_timeout")


def stay_awake() -> None:
    """From here on this session must ask something now and then."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SET idle_session_timeout = '{LONGEST_SILENCE}s'; SET"
            f" idle_in_transaction_session_timeout = '{LONGEST_SILENCE}s'"
        )


def succeed(task: Task, queue: str, number: int) -> None:
    """The next loop of this place begins now and not with the next tick."""
    try:
        task.apply_async(kwargs={"succeeds": number}, queue=queue, expires=EXPIRES, retry=False)
    except Exception as error:  # noqa: BLE001 (whatever the broker does, the tick comes)
        log.info("successor not asked for: %s", type(error).__name__)


@contextmanager
def place(name: str, number: int = 0, *, patience: float = 0) -> Iterator[bool]:
    """True for one database session at a time; for whoever has patience, once it is free within so
    many seconds."""
    key = [lock(name), number]
    is_ours = taken(key, patience)
    try:
        yield is_ours
    finally:
        if is_ours:
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s), %s)", key)


def lock(name: str) -> str:
    return f"hutong {name}"


def taken(key: list, patience: float) -> bool:
    with connection.cursor() as cursor:
        if not patience:
            cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s), %s)", key)
            return cursor.fetchone()[0]
        cursor.execute(f"SET lock_timeout = '{patience}s'")
        try:
            cursor.execute("SELECT pg_advisory_lock(hashtext(%s), %s)", key)
        except OperationalError as error:
            if not isinstance(error.__cause__, errors.LockNotAvailable):
                raise
            return False
        finally:
            with suppress(DatabaseError):
                cursor.execute("RESET lock_timeout")
        return True
