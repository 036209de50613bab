"""Worker loops: one per queue, at once when the wake-up rings, within a second when it does not,
and never for ever."""

import os
import threading
import time
from types import SimpleNamespace

import pytest
from celery import shared_task
from django.db import OperationalError, connection

from crm_project.queue import wakeups, worker_loops
from tests.product import eventually

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 120  # seconds for what comes at once on a quiet machine


@shared_task
def nothing(**_later):
    """What a successor would do."""


class Loop(threading.Thread):
    """A worker loop as a worker's process runs it, with a session of its own; when it looked, and
    who it asked to follow it."""

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


@pytest.fixture
def endless(monkeypatch):
    """Neither its life nor a tick ends a sleep: what happens was brought about by something else.
    Ends them that are told to it."""
    for name in ("LIFE", "LONGEST_SLEEP", "LONGEST_SILENCE"):
        monkeypatch.setattr(worker_loops, name, 3600)
    monkeypatch.setattr(worker_loops, "_stopping", bytearray(1))

    def end(*loops):
        worker_loops._say_that_we_stop()
        for loop in loops:
            while loop.is_alive():
                wakeups.wake("react")
                loop.join(0.05)

    return end


def looked(loop: Loop, times: int) -> bool:
    return eventually(lambda: len(loop.looks) >= times, seconds=PATIENCE, every=0.002)


def ended(loop: Loop) -> bool:
    loop.join(PATIENCE)
    return not loop.is_alive()


def test_a_ring_makes_it_look_at_once(endless):
    loop = Loop()
    assert looked(loop, 1)
    for times in (2, 3):
        wakeups.wake("react")
        assert looked(loop, times)
    endless(loop)


def test_without_any_ring_it_looks_by_itself_and_ends_with_a_successor(successors, monkeypatch):
    now, slept = [0.0], []

    def sleep(seconds, _also=()):
        slept.append(round(seconds, 3))
        now[0] += seconds + 0.0001

    monkeypatch.setattr(
        worker_loops, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=sleep)
    )
    monkeypatch.setattr(wakeups, "wait", sleep)
    monkeypatch.setattr(worker_loops, "LIFE", 3.2)
    monkeypatch.setattr(worker_loops, "LONGEST_SLEEP", 1.0)
    loop = Loop()

    assert ended(loop)
    assert loop.result is True
    assert [seconds for seconds in slept if seconds] == pytest.approx(
        [1, 1, 0.7, 0.5], abs=0.01
    )  # 0.5 of the end wait for a successor
    assert len(loop.looks) == 4
    assert successors == ["react"]


def test_so_many_share_a_queue_as_it_has_places(endless):
    numbers = []
    first, second = (Loop(places=2, work=numbers.append) for _n in range(2))
    assert looked(first, 1)
    assert looked(second, 1)
    third = Loop(places=2)
    assert ended(third)
    assert (third.result, third.looks) == (False, [])
    endless(first, second)
    assert set(numbers) == {0, 1}


def test_a_second_one_returns_at_once(successors, endless):
    first = Loop()
    assert looked(first, 1)
    second = Loop()
    assert ended(second)
    assert (second.result, second.looks, successors) == (False, [], [])
    endless(first)


def test_it_does_not_sleep_while_there_is_work(endless):
    left = [1] * 50
    loop = Loop(lambda: bool(left and left.pop()))
    assert looked(loop, 51)
    endless(loop)


@pytest.mark.usefixtures("endless")
def test_so_many_help_and_no_more_until_nothing_is_left():
    over, working = threading.Event(), set()

    def help_out():
        worker_loops.assist(
            "react", lambda: working.add(threading.get_ident()) or not over.wait(0.05), helpers=2
        )
        connection.close()

    with worker_loops.place("react"):
        helpers = [threading.Thread(target=help_out) for _n in range(4)]
        [helper.start() for helper in helpers]
        assert eventually(
            lambda: sum(helper.is_alive() for helper in helpers) == 2, seconds=PATIENCE, every=0.01
        )
        over.set()
        [helper.join(PATIENCE) for helper in helpers]
    assert len(working) == 2
    assert not any(helper.is_alive() for helper in helpers)


def test_the_successor_waits_for_the_place_and_has_it_at_once(successors, monkeypatch):
    monkeypatch.setattr(worker_loops, "PATIENCE", PATIENCE)
    is_there = threading.Event()
    first = Loop(
        lambda: bool(successors) and not is_there.wait(PATIENCE)
    )  # its last look lasts until the other one waits
    assert eventually(lambda: successors == ["react"], seconds=PATIENCE, every=0.01)
    monkeypatch.setattr(type(nothing.request), "kwargs", {"succeeds": 0}, raising=False)
    second = Loop()
    with connection.cursor() as cursor:

        def waits():
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            )
            return cursor.fetchone()[0] == 1

        assert eventually(waits, seconds=PATIENCE, every=0.01)
    assert (first.is_alive(), second.looks) == (True, [])
    is_there.set()
    assert ended(first)
    assert looked(second, 1)
    assert ended(second)
    assert second.result is True


def test_one_that_fails_leaves_its_place():
    loop = Loop(lambda: 1 / 0)
    assert ended(loop)
    assert loop.result == "failed"
    with worker_loops.place("react") as is_ours:
        assert is_ours


@pytest.mark.usefixtures("endless")
def test_one_whose_session_is_cut_leaves_its_place():
    loop = Loop()
    assert looked(loop, 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <>"
            " pg_backend_pid()"
        )
    assert ended(loop)
    with worker_loops.place("react") as is_ours:
        assert is_ours


@pytest.mark.usefixtures("endless")
def test_it_ends_soon_when_its_worker_is_told_to_stop(successors, monkeypatch):
    monkeypatch.setattr(worker_loops, "LONGEST_SLEEP", 1.0)
    loop = Loop()
    assert looked(loop, 1)
    worker_loops._say_that_we_stop()
    assert ended(loop)
    assert (loop.result, successors) == (True, [])


def test_what_else_it_waits_for_wakes_it_too(endless):
    read, write = os.pipe()
    loop = Loop(also=[read])
    assert looked(loop, 1)
    os.write(write, b"!")
    assert looked(loop, 3)
    os.read(read, 1)
    endless(loop)
