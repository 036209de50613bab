"""The doorbell: "look now", so that work starts at once and not at the next tick.

Never on the caller's clock and never more than one waiting per queue. It may be lost at any point: beat's tick (one second) does the same.
A drain calls `answered(queue)` first, so that a ring during its work leaves a new doorbell.
"""

import logging
import os
import threading
import time

import redis
from django.conf import settings
from django.db import transaction

from crm_project.celery import EXPIRES, app

log = logging.getLogger(__name__)

TASKS = {
    "react": "campaigns.tasks.react",
    "deliver": "campaigns.tasks.deliver",
    "segments": "customers.tasks.refresh_segments",
}
WAITING_MS = 2000  # a doorbell that nobody answered is forgotten after this
AMQP_PAUSE = 0.05  # seconds between two rings of one process where the broker cannot coalesce


def ring(queue: str) -> None:
    """After the surrounding transaction commits, a worker is told to look at this queue."""
    transaction.on_commit(lambda: _ringer().ask(queue), robust=True)


def answered(queue: str) -> None:
    """The next ring leaves a new doorbell; called first by the task that answers."""
    if settings.BROKER_IS_REDIS:
        try:
            _redis().delete(_key(queue))
        except redis.RedisError:
            log.info("doorbell not taken down; it forgets itself")


def _key(queue: str) -> str:
    return f"hutong:doorbell:{queue}"


_local = threading.local()


def _redis() -> redis.Redis:
    """One connection per thread and process: a socket must not cross a fork."""
    if getattr(_local, "pid", None) != os.getpid():
        _local.pid = os.getpid()
        _local.client = redis.Redis.from_url(settings.BROKER_URL, socket_timeout=2, socket_connect_timeout=2)
    return _local.client


class Ringer:
    """A daemon thread that publishes; the caller only sets a flag."""

    def __init__(self):
        self.pid = os.getpid()
        self.wanted = set()
        self.last = {}
        self.wake = threading.Event()
        threading.Thread(target=self._run, name="doorbell", daemon=True).start()

    def ask(self, queue: str) -> None:
        self.wanted.add(queue)
        self.wake.set()

    def _run(self):
        while True:
            self.wake.wait()
            self.wake.clear()
            while self.wanted:
                queue = self.wanted.pop()
                try:
                    self._publish(queue)
                except Exception as error:  # noqa: BLE001 (whatever the broker does, the tick comes)
                    log.info("doorbell lost: %s", type(error).__name__)

    def _publish(self, queue):
        if settings.BROKER_IS_REDIS:
            if not _redis().set(_key(queue), 1, nx=True, px=WAITING_MS):
                return
        else:
            pause = self.last.get(queue, 0) + AMQP_PAUSE - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            self.last[queue] = time.monotonic()
        app.send_task(TASKS[queue], queue=queue, expires=EXPIRES, ignore_result=True, retry=False)


_current: Ringer | None = None
_starting = threading.Lock()


def _ringer() -> Ringer:
    """This process's ringer; a forked child starts its own, since threads do not survive a fork."""
    global _current  # noqa: PLW0603 (one per process)
    if _current is None or _current.pid != os.getpid():
        with _starting:
            if _current is None or _current.pid != os.getpid():
                _current = Ringer()
    return _current


def _after_fork():
    global _current, _starting
    _current, _starting = None, threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
