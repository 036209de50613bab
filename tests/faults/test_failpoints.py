"""Death at every boundary: a forked child is killed at the point, others take over, and the truth
is the same.

Once each in every test run, and in `make proof PART=faults` twenty times each.
"""

import os
import signal
from collections import Counter
from datetime import timedelta
from functools import partial
from random import Random

import pytest
from django.db import connection, connections
from django.db.models import Count

from campaigns import automation
from campaigns.broadcasts import schedules
from campaigns.delivery import recovering, sender
from campaigns.delivery.channels import channels
from campaigns.journeys import definition, engine
from campaigns.models import Firing, Journey, Message, Run
from crm_project import failpoints
from crm_project.queue.due import database_now
from customers.models import Membership, Segment, Workspace
from customers.segments import membership
from events import ingest
from events.models import Event, Reaction
from tests import factories as make
from tests.faults import channels as outbound
from tests.faults.journeys import telling
from tests.faults.provider import Provider
from tests.faults.sender import WATCHED

AT_ONCE = 6  # events of one round
CUSTOMERS = 15
SEGMENT = {
    "op": "all",
    "of": [
        {
            "condition": "did_event",
            "event": WATCHED,
            "comparison": ">=",
            "times": 1,
            "window": "last",
            "window_n": 30,
            "window_unit": "days",
        }
    ],
}

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]


@pytest.fixture(scope="module")
def provider():
    with Provider() as provider:
        yield provider


@pytest.fixture
def listed(settings, monkeypatch, provider):
    """The channels to the provider are among the product's."""
    settings.CRM_CHANNELS = [
        *settings.CRM_CHANNELS,
        *(f"tests.faults.channels.{c.__name__}" for c in (outbound.Keyed, outbound.Unkeyed)),
    ]
    monkeypatch.setenv("PROVIDER_URL", provider.url)
    channels.__dict__.pop("by_key", None)
    yield
    channels.__dict__.pop("by_key", None)


@pytest.fixture
def source(listed):
    """Somebody who tells of events, and those who wait for them: a segment, and a journey on each
    channel."""
    Workspace.get()
    Workspace.objects.update(holdout_percent=0)
    segment = Segment.objects.create(name="watched", kind="rules")
    membership.save_definition(segment, SEGMENT, by=None, now=database_now())
    publish("keyed", telling("keyed"))
    publish("unkeyed", telling("unkeyed"))
    publish(
        "daily",
        telling(
            "keyed", trigger={"trigger": "schedule", "segment": segment.pk, "daily_at": "10:00"}
        ),
    )
    return make.a_source()


def publish(name: str, draft: dict) -> None:
    definition.publish(
        Journey.objects.create(name=name, draft=draft),
        by=None,
        now=database_now() - timedelta(days=2),
    )


class Round:
    """A few events and all that they set in motion, one piece of work after the other, in the order
    of the product."""

    def __init__(self, source, number: int):
        dice = Random(number)
        self.now = database_now()
        self.slot_day = self.now + timedelta(days=number)
        self.items = [
            make.an_event(
                make.member(dice.randrange(CUSTOMERS)),
                name=WATCHED,
                at=self.now,
                id=f"e{n}",
                properties={"number": n},
            )
            for n in range(number * AT_ONCE, (number + 1) * AT_ONCE)
        ]
        self.works = {
            "ingest": partial(ingest.record, source, self.items),
            "segments": membership.refresh_all,
            "fire": partial(fire, self.slot_day),
            "expand": schedules.expand,
            "react": automation.process_reactions,
            "advance": engine.advance,
            "keyed": partial(sender.send_due, "keyed"),
            "unkeyed": partial(sender.send_due, "unkeyed"),
        }

    def until(self, name: str) -> None:
        """Everything before this piece of work is done."""
        for before, work in self.works.items():
            if before == name:
                return
            work()

    def all_of_it(self) -> None:
        """Others do the whole, once the leases of the dead are over."""
        for work in self.works.values():
            the_leases_are_over()
            recovering.recover(database_now())
            work()


def fire(day) -> None:
    """The slots of another day, now."""
    membership.refresh_all()  # a slot waits until the members follow what was saved
    schedules.fire(day)
    Firing.objects.filter(due_at__isnull=False).update(due_at=database_now())


def the_leases_are_over() -> None:
    for model in (Reaction, Run, Message, Firing):
        model.objects.filter(token__isnull=False).update(due_at=database_now())
    Message.objects.filter(state="queued").update(
        due_at=database_now()
    )  # who was busy or told to come back


def dies(point: str, work, tmp_path) -> None:
    """A forked child has done the work as far as the point, where it killed itself."""
    connections.close_all()  # not shared with the child
    child = os.fork()
    if child == 0:
        try:
            failpoints.armed.update(
                failpoints.charges(f"{point}:1:{tmp_path / os.urandom(8).hex()}")
            )
            work()
        finally:
            os._exit(0)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"{point} was not reached"
    assert os.WTERMSIG(status) == signal.SIGKILL


DEATHS = [
    ("ingest.stored", "ingest"),
    ("ingest.committed", "ingest"),
    ("segments.evaluated", "segments"),
    ("schedule.fired", "fire"),
    ("due.leased", "expand"),
    ("due.leased", "react"),
    ("react.worked", "react"),
    ("due.leased", "advance"),
    ("step.acted", "advance"),
    ("advance.walked", "advance"),
    ("due.leased", "keyed"),
    ("claim.fenced", "keyed"),
    ("claim.fenced", "unkeyed"),
    ("send.fenced", "keyed"),
    ("send.fenced", "unkeyed"),
    ("send.answered", "keyed"),
    ("send.answered", "unkeyed"),
]


def test_every_point_is_died_at():
    # An upgrade is killed at its points by tests/runtime/test_upgrading.py, a job by tests/jobs,
    # the reader of a queue by tests/sync.
    elsewhere = ("upgrade.", "job.", "queue.")
    of_work = {point for point in failpoints.POINTS if not point.startswith(elsewhere)}
    assert {point for point, _work in DEATHS} == of_work


@pytest.mark.parametrize(("point", "work"), DEATHS)
def test_a_death_at_a_boundary_changes_nothing(point, work, source, provider, tmp_path):
    deaths(point, work, source, provider, tmp_path, times=1)


@pytest.mark.proof
@pytest.mark.parametrize(("point", "work"), DEATHS)
def test_twenty_deaths_at_a_boundary_change_nothing(point, work, source, provider, tmp_path):
    deaths(point, work, source, provider, tmp_path, times=20)


def deaths(point: str, work: str, source, provider, tmp_path, *, times: int) -> None:
    doubtful = on_schedule = 0
    for number in range(times):
        its = Round(source, number)
        its.until(work)
        dies(point, its.works[work], tmp_path)
        doubtful += Message.objects.filter(channel="unkeyed", state="sending").count()
        its.all_of_it()
        on_schedule += Membership.objects.count()

    every_event_is_stored_once(source, times * AT_ONCE)
    the_segment_is_right()
    runs = (
        Run.objects.values("journey__name")
        .annotate(n=Count("pk"))
        .values_list("journey__name", "n")
    )
    assert dict(runs) == {
        "keyed": times * AT_ONCE,
        "unkeyed": times * AT_ONCE,
        "daily": on_schedule,
    }
    states = everybody_was_told_once(provider)
    assert (
        states["unknown"]
        == doubtful
        == (times * AT_ONCE if work == "unkeyed" and point.startswith("send") else 0)
    )


def every_event_is_stored_once(source, count: int) -> None:
    assert Event.objects.count() == Event.objects.values("external_id").distinct().count() == count
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM events_ledger WHERE source_id = %s", [source.pk])
        assert cursor.fetchone()[0] == count
    assert Reaction.objects.count() == 0


def the_segment_is_right() -> None:
    assert set(Membership.objects.values_list("customer", flat=True)) == set(
        Event.objects.values_list("customer", flat=True)
    )


def everybody_was_told_once(provider) -> Counter:
    """Each run has ended with its one message, which arrived once, or is one that nobody can know
    of."""
    assert (
        Run.objects.exclude(state="completed").count()
        == Firing.objects.filter(due_at__isnull=False).count()
        == 0
    )
    assert (
        Message.objects.count()
        == Message.objects.values("run_id").distinct().count()
        == Run.objects.count()
    )
    states = dict(
        Message.objects.exclude(reason="duplicate").values_list("effect_key", "state")
    )  # the daily one says the same again
    arrived = {key: times for key, times in provider.effects.items() if key in states}
    assert set(arrived.values()) == {1}
    assert {key for key, state in states.items() if state == "sent"} <= arrived.keys()
    assert set(states.values()) <= {"sent", "unknown"}, Counter(states.values())
    return Counter(states.values())
