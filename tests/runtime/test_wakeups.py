"""The wake-up: after the commit, off the caller's clock, rings that come together are one, whoever
listens hears it."""

import os
import threading
import time
from contextlib import suppress

import pytest
from django.db import connection, transaction

from crm_project.queue import wakeups
from tests.product import eventually

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 120  # seconds for what comes at once on a quiet machine


@pytest.mark.smoke
def test_it_rings_after_the_commit():
    with wakeups.listening("react"):
        with transaction.atomic():
            wakeups.wake("react")
            time.sleep(0.2)
            assert not wakeups.heard()
        assert rang_within(PATIENCE)


def rang_within(seconds: float) -> bool:
    began = time.monotonic()
    wakeups.wait(seconds)
    return time.monotonic() - began < seconds


def test_a_rolled_back_transaction_does_not_ring():
    with wakeups.listening("react"):
        with transaction.atomic():
            wakeups.wake("react")
            transaction.set_rollback(True)
        assert not rang_within(0.3)


def test_a_ring_during_the_work_is_heard_after_it():
    with wakeups.listening("react"):
        wakeups.wake("react")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.3)")
        assert rang_within(PATIENCE)
        assert not rang_within(0.1)


def test_each_queue_has_its_own():
    with wakeups.listening("react"):
        wakeups.wake("deliver")
        assert not rang_within(0.3)


def test_something_to_read_wakes_as_well():
    read, write = os.pipe()
    with wakeups.listening("react"):
        threading.Timer(0.1, os.write, [write, b"!"]).start()
        began = time.monotonic()
        wakeups.wait(PATIENCE, [read])
    assert time.monotonic() - began < PATIENCE
    os.close(read)
    os.close(write)


def test_rings_that_come_together_are_one():
    waker = wakeups._waker()
    wakeups.wake("deliver")
    assert eventually(lambda: waker.line, seconds=PATIENCE, every=0.01)
    sent, send = [], waker._send
    waker._send = lambda queue: (send(queue), sent.append(queue))
    began = time.monotonic()
    try:
        for _ring in range(1000):
            wakeups.wake("deliver")
        assert eventually(lambda: sent and not waker.wanted, seconds=PATIENCE, every=0.01)
    finally:
        del waker._send
    assert 1 <= len(sent) < 2 + (time.monotonic() - began) / wakeups.PAUSE


def test_the_caller_does_not_wait_for_a_dead_database(monkeypatch):
    asked, is_back = [], threading.Event()
    monkeypatch.setattr(
        wakeups.Waker, "_send", lambda self, queue: (asked.append(queue), is_back.wait(PATIENCE))
    )
    try:
        for _ring in range(1000):
            wakeups.wake("segments")
        assert eventually(lambda: asked, seconds=PATIENCE, every=0.01)
        for _ring in range(1000):
            wakeups.wake("segments")
        assert len(asked) == 1  # nobody was let go on by an answer
    finally:
        is_back.set()


def test_a_connection_that_was_cut_is_made_anew():
    with wakeups.listening("react"):
        wakeups.wake("react")
        assert rang_within(PATIENCE)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE"
                " application_name = 'hutong wake-up'"
            )
            assert cursor.fetchone()[0] >= 1
        wakeups.wake("react")  # may be lost
        rang_within(0.3)
        wakeups.wake("react")
        assert rang_within(PATIENCE)


def test_a_forked_child_rings_by_itself():
    with wakeups.listening("segments"):
        wakeups.wake("react")
        assert eventually(lambda: wakeups._waker().line, seconds=PATIENCE, every=0.01)
        gate = os.pipe()
        child = os.fork()
        if child == 0:  # whatever happens, it ends here: pytest's teardown is its parent's
            with suppress(BaseException):
                waker = wakeups._waker()
                waker.ask("segments")
                while waker.wanted or not waker.line:
                    time.sleep(0.01)
                os.read(gate[0], 1)
                os._exit(0)
            os._exit(1)
        try:
            assert rang_within(PATIENCE)
        finally:
            os.write(gate[1], b"!")
            ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert ended == 0
