"""An awaited event that is told while a run begins to wait, or looks again; and how soon it goes
on."""

import threading
import time

import pytest
from django.db import connection

from campaigns import automation
from campaigns.journeys import engine
from campaigns.journeys.steps.wait_for_event import LOOK_AGAIN, WaitForEvent
from campaigns.models import Run
from events.models import Reaction
from tests.campaigns.at_once import at_once
from tests.campaigns.test_journeys import (
    clock,  # noqa: F401 -- fixtures
    nobody_held_out,  # noqa: F401 -- fixtures
    settle,
    wait_until_somebody_waits,
)
from tests.campaigns.test_wait_for_event import HOUR, begun, left_by, seconds, waits
from tests.factories import a_source, an_event, happened, member


@pytest.mark.django_db(transaction=True)
def test_an_event_that_is_worked_through_while_a_run_begins_to_wait_is_seen(clock, monkeypatch):  # noqa: F811
    """It is recorded after the look and its reaction done with before the commit, so it wakes
    nobody: the second look finds it."""
    waits()
    source = a_source()
    happened(source, an_event(member(1)))
    clock(seconds(2))
    automation.process_reactions()
    has_looked, is_done = threading.Event(), threading.Event()
    looked = WaitForEvent.looked

    def then_the_other_one(self, *args):
        answers = looked(self, *args)
        has_looked.set()
        assert is_done.wait(120)
        return answers

    def walk():
        monkeypatch.setattr(WaitForEvent, "looked", then_the_other_one)
        engine.advance()

    def order():
        assert has_looked.wait(120)
        happened(
            source, an_event(member(1), name="Order Completed", at=seconds(1.5)), now=seconds(2)
        )
        assert (automation.process_reactions(), Reaction.objects.count()) == (1, 0)
        is_done.set()

    assert at_once(2, lambda n: (walk, order)[n]()) == [None, None]
    assert (left_by(), Run.objects.get().due_at) == ([], seconds(2) + LOOK_AGAIN)

    monkeypatch.setattr(WaitForEvent, "looked", looked)
    clock(seconds(2) + LOOK_AGAIN)
    settle()
    assert left_by() == ["happened"]


@pytest.mark.django_db(transaction=True)
def test_an_event_that_comes_while_a_run_looks_again_wakes_it(clock, monkeypatch):  # noqa: F811
    """The wake waits for the row that the look holds, and is the last word about when it is due."""
    waits()
    source = a_source()
    begun(clock, source=source)
    clock(seconds(2) + LOOK_AGAIN)
    has_looked = threading.Event()
    looked = WaitForEvent.looked

    def then_the_other_one(self, *args):
        answers = looked(self, *args)
        has_looked.set()
        with connection.cursor() as cursor:
            wait_until_somebody_waits(cursor)
        return answers

    monkeypatch.setattr(WaitForEvent, "looked", then_the_other_one)

    def order():
        assert has_looked.wait(120)
        happened(source, an_event(member(1), name="Order Completed", at=seconds(3)), now=seconds(4))
        automation.process_reactions()

    assert at_once(2, lambda n: (engine.advance, order)[n]()) == [1, None]
    monkeypatch.setattr(WaitForEvent, "looked", looked)
    assert Run.objects.get().due_at <= seconds(5)
    settle()
    assert left_by() == ["happened"]


@pytest.mark.django_db(transaction=True)
def test_from_the_event_to_the_next_step_takes_less_than_a_second():
    waits()
    source = a_source()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        [now] = cursor.fetchone()
    happened(source, *[an_event(member(n), at=now) for n in range(200)], now=now)
    settle()
    Run.objects.update(due_at=now + HOUR)

    told = time.process_time()
    happened(
        source, *[an_event(member(n), name="Order Completed", at=now) for n in range(200)], now=now
    )
    settle()

    assert left_by() == ["happened"] * 200
    assert time.process_time() - told < 1  # of work: what others do on this machine is not ours
