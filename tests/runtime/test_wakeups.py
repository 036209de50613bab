"""The wake-up: after the commit, off the caller's clock, rings that come together are one, whoever listens hears it."""

import os
import threading
import time

import pytest
from django.db import connection, transaction

from crm_project.queue import wakeups

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.smoke
def test_it_rings_after_the_commit():
    with wakeups.listening("react"):
        with transaction.atomic():
            wakeups.wake("react")
            time.sleep(0.2)
            assert not wakeups.heard()
        assert rang_within(5)


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
        assert rang_within(1)
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
        wakeups.wait(5, [read])
    assert time.monotonic() - began < 4
    os.close(read)
    os.close(write)


def test_rings_that_come_together_are_one():
    waker = wakeups._waker()
    wakeups.wake("deliver")
    time.sleep(0.5)  # it is connected
    sent, send = [], waker._send
    waker._send = lambda queue: (sent.append(queue), send(queue))
    try:
        for _ring in range(1000):
            wakeups.wake("deliver")
        time.sleep(0.2)
    finally:
        del waker._send
    assert 1 <= len(sent) < 100


def test_the_caller_does_not_wait_for_a_dead_database(monkeypatch):
    monkeypatch.setattr(wakeups.Waker, "_send", lambda self, queue: time.sleep(1))
    began = time.perf_counter()
    for _ring in range(1000):
        wakeups.wake("segments")
    assert time.perf_counter() - began < 0.5


def test_a_connection_that_was_cut_is_made_anew():
    with wakeups.listening("react"):
        wakeups.wake("react")
        assert rang_within(5)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'hutong wake-up'")
            assert cursor.fetchone()[0] >= 1
        wakeups.wake("react")  # may be lost
        rang_within(0.3)
        wakeups.wake("react")
        assert rang_within(5)


def test_a_forked_child_rings_by_itself():
    with wakeups.listening("segments"):
        wakeups.wake("react")
        time.sleep(0.3)
        child = os.fork()
        if child == 0:
            wakeups._waker().ask("segments")
            time.sleep(1)
            os._exit(0)
        assert rang_within(10)
        os.waitpid(child, 0)
