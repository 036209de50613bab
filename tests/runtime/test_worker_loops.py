"""Worker loops: one per queue, at once when the wake-up rings, within a second when it does not, and never for ever."""

import os
import threading
import time

import pytest
from celery import shared_task
from django.db import OperationalError, connection

from crm_project.queue import wakeups, worker_loops

pytestmark = pytest.mark.django_db(transaction=True)


@shared_task
def nothing(**_later):
    """What a successor would do."""


class Drain(threading.Thread):
    """A worker loop as a worker's process runs it, with a session of its own; when it looked, and who it asked to follow it."""

    def __init__(self, work=lambda: False, **options):
        super().__init__(daemon=True)
        self.work, self.options, self.looks, self.result = work, options, [], None
        self.start()

    def run(self):
        def look(*number):
            self.looks.append(time.monotonic())
            return self.work(*number)

        try:
            self.result = worker_loops.run(nothing, "react", look, **self.options)
        except (ZeroDivisionError, OperationalError):
            self.result = "failed"
        finally:
            connection.close()


@pytest.fixture(autouse=True)
def successors(monkeypatch):
    """Who was asked for; no broker is bothered."""
    asked = []
    monkeypatch.setattr(worker_loops, "LIFE", 1.2)
    monkeypatch.setattr(nothing, "apply_async", lambda **options: asked.append(options["queue"]))
    return asked


def looked(drain: Drain, times: int, seconds: float = 5) -> bool:
    until = time.monotonic() + seconds
    while len(drain.looks) < times and time.monotonic() < until:
        time.sleep(0.002)
    return len(drain.looks) >= times


def test_a_ring_makes_it_look_at_once():
    drain = Drain()
    assert looked(drain, 1)
    wakeups.wake("react")  # the ringer is connected from here on
    assert looked(drain, 2)
    time.sleep(0.1)
    rang, before = time.monotonic(), len(drain.looks)
    wakeups.wake("react")
    assert looked(drain, before + 1)
    assert drain.looks[before] - rang < 0.5
    drain.join()


def test_without_any_ring_it_looks_every_second_and_ends_with_a_successor(successors):
    drain = Drain()
    drain.join(10)
    assert drain.result is True
    assert len(drain.looks) == 2
    assert successors == ["react"]


def test_so_many_share_a_queue_as_it_has_places():
    numbers = []
    first, second = (Drain(places=2, work=numbers.append) for _n in range(2))
    assert looked(first, 1)
    assert looked(second, 1)
    third = Drain(places=2)
    third.join(1)
    assert (third.result, third.looks) == (False, [])
    first.join()
    second.join()
    assert set(numbers) == {0, 1}


def test_a_second_one_returns_at_once(successors):
    first = Drain()
    assert looked(first, 1)
    second = Drain()
    second.join(1)
    assert (second.result, second.looks, successors) == (False, [], [])
    first.join()


def test_it_does_not_sleep_while_there_is_work():
    left = [1] * 50
    drain = Drain(lambda: bool(left and left.pop()))
    assert looked(drain, 51, seconds=1)
    drain.join()


def test_so_many_help_and_no_more_until_nothing_is_left():
    over, working = threading.Event(), set()

    def help_out():
        worker_loops.assist("react", lambda: working.add(threading.get_ident()) or not over.wait(0.05), helpers=2)
        connection.close()

    with worker_loops.place("react"):
        helpers = [threading.Thread(target=help_out) for _n in range(4)]
        [helper.start() for helper in helpers]
        time.sleep(0.5)
        over.set()
        [helper.join(5) for helper in helpers]
    assert len(working) == 2
    assert not any(helper.is_alive() for helper in helpers)


def test_the_successor_waits_for_the_place_and_has_it_at_once(successors, monkeypatch):
    first = Drain()
    assert looked(first, 1)
    until = time.monotonic() + 5
    while not successors and time.monotonic() < until:
        time.sleep(0.01)
    assert first.is_alive()  # asked for while the first is still at it
    monkeypatch.setattr(type(nothing.request), "kwargs", {"succeeds": 0}, raising=False)
    second = Drain()
    first.join(5)
    left = time.monotonic()
    assert looked(second, 1)
    assert second.looks[0] - left < 0.4
    assert successors == ["react"]
    second.join(10)


def test_one_that_fails_leaves_its_place():
    drain = Drain(lambda: 1 / 0)
    drain.join(5)
    assert drain.result == "failed"
    with worker_loops.place("react") as is_ours:
        assert is_ours


def test_one_whose_session_is_cut_leaves_its_place():
    drain = Drain()
    assert looked(drain, 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()")
    drain.join(5)
    with worker_loops.place("react") as is_ours:
        assert is_ours


def test_it_ends_soon_when_its_worker_is_told_to_stop(successors, monkeypatch):
    monkeypatch.setattr(worker_loops, "_stopping", bytearray(1))
    drain = Drain()
    assert looked(drain, 1)
    worker_loops._say_that_we_stop()
    drain.join(worker_loops.LONGEST_SLEEP + 0.5)
    assert (drain.result, successors) == (True, [])


def test_what_else_it_waits_for_wakes_it_too():
    read, write = os.pipe()
    drain = Drain(also=[read])
    assert looked(drain, 1)
    os.write(write, b"!")
    assert looked(drain, 3, seconds=0.5)
    os.read(read, 1)
    drain.join()
