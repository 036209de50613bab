"""The wake-up: "look now", so that work starts at once and not at the next tick.

A ring is a NOTIFY of PostgreSQL, heard by the worker loop that LISTENs
(crm_project/queue/worker_loops.py), whatever the broker is. It is sent by a thread with a
connection of its own, after the caller's commit and off its clock: a NOTIFY inside the caller's
transaction would queue all commits behind one lock. Rings that come together are one. A ring may be
lost at any point: a worker loop looks once a second anyway.
"""

import logging
import os
import select
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

import psycopg
from django.db import DatabaseError, connection, transaction
from psycopg import sql

log = logging.getLogger(__name__)

PAUSE = 0.005  # seconds in which the wake-ups of one process become one
UNANSWERED_MS = 5000  # a database that does not answer for so long is given up


def wake(queue: str) -> None:
    """After the surrounding transaction commits, whoever works this queue off is told to look."""
    transaction.on_commit(lambda: _waker().ask(queue), robust=True)


@contextmanager
def listening(queue: str) -> Iterator[None]:
    """From here on wake-ups reach our database session, also those that come while it does
    something else."""
    name = sql.Identifier(channel(queue))
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("LISTEN {}").format(name))
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute(sql.SQL("UNLISTEN {}").format(name))


def wait(seconds: float, also: Collection[int] = ()) -> None:
    """Until somebody has rung, one of the descriptors `also` has something to read, or the time is
    over."""
    if not heard():
        select.select([connection.connection.fileno(), *also], [], [], seconds)
        heard()


def heard() -> bool:
    """Somebody has rung since the last time."""
    with connection.wrap_database_errors:
        return bool(list(connection.connection.notifies(timeout=0)))


def channel(queue: str) -> str:
    return f"hutong_{queue}"


class Waker:
    """A daemon thread that sends; the caller only sets a flag."""

    def __init__(self):
        self.pid = os.getpid()
        self.wanted = set()
        self.wake = threading.Event()
        self.line: psycopg.Connection | None = None
        threading.Thread(target=self._run, name="wake-up", daemon=True).start()

    def ask(self, queue: str) -> None:
        self.wanted.add(queue)
        self.wake.set()

    def _run(self):
        while True:
            self.wake.wait()
            self.wake.clear()
            while self.wanted:
                self._wake(self.wanted.pop())
            time.sleep(PAUSE)

    def _wake(self, queue):
        try:
            self._send(queue)
        # Whatever the database does, the worker loop looks by itself
        except Exception as error:  # noqa: BLE001
            self.line = None
            log.info("wake-up lost: %s", type(error).__name__)

    def _send(self, queue):
        if self.line is None:
            settings = {
                **connection.get_connection_params(),
                "application_name": "hutong wake-up",
                "tcp_user_timeout": UNANSWERED_MS,
            }
            self.line = psycopg.connect(**settings, autocommit=True)
        self.line.execute("SELECT pg_notify(%s, '')", [channel(queue)])


_current: Waker | None = None
_starting = threading.Lock()


def _waker() -> Waker:
    """This process's ringer; a forked child starts its own, since threads do not survive a fork."""
    global _current  # noqa: PLW0603 (one per process)
    if _current is None or _current.pid != os.getpid():
        with _starting:
            if _current is None or _current.pid != os.getpid():
                _current = Waker()
    return _current


def _after_fork():
    global _current, _starting
    _current, _starting = None, threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
