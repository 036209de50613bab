"""Ticks are sent where there is something to do: what each task asks is SQL that this schema
understands, and that is cheap at rest."""

import time

import pytest
from django.db import connection

from crm_project.celery import app
from crm_project.queue import looks, steps, ticks, worker_loops
from crm_project.queue.beat import Scheduler
from customers.models import Retention
from tests.factories import a_customer

app.loader.import_default_modules()
QUESTIONS = [(task, one) for task, questions in looks.asked.items() for one in questions]
SMALL = {
    *("customers_segment", "campaigns_journey", "campaigns_journeyversion"),
    *("events_schemamark", "events_recommendclock", "integrations_reconciliation"),
}


def test_every_question_belongs_to_a_tick():
    ticked = {tick["task"] for tick in app.conf.beat_schedule.values()}
    assert set(looks.asked) <= ticked
    assert set(looks.loops) <= set(looks.asked)


@pytest.mark.django_db
@pytest.mark.parametrize(("task", "question"), QUESTIONS)
def test_a_question_is_answered_from_an_index(task, question):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (COSTS OFF) SELECT EXISTS ({question})")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    read = [
        line.split("Seq Scan on ")[1].split()[0] for line in plan.splitlines() if "Seq Scan" in line
    ]
    assert set(read) <= SMALL | {
        "events_event_id_seq",
        "customers_changedcustomer",
        "events_figurechange",
    }, plan


@pytest.mark.django_db(transaction=True)
def test_at_rest_only_free_places_are_asked_for():
    Retention.objects.update(due_at=None)  # what others of the tests have left
    with connection.cursor() as cursor:
        question = looks.statement(worker_loops.lock)
        asked_for = {task for task, is_yes in looks.answers(cursor, question).items() if is_yes}
        assert {task for task in asked_for if not task.startswith("events.")} == set(looks.loops)
        with worker_loops.place("react"):
            assert not looks.answers(cursor, question)["campaigns.tasks.react"]
        assert looks.answers(cursor, question)["campaigns.tasks.react"]


@pytest.mark.django_db(transaction=True)
def test_something_new_is_asked_for_and_its_loop_woken():
    question = looks.statement(worker_loops.lock)
    a_customer()
    with connection.cursor() as cursor:
        cursor.execute("LISTEN hutong_segments")
        with worker_loops.place("segments"):
            assert looks.answers(cursor, question)["customers.tasks.refresh_segments"]
        assert [note.channel for note in connection.connection.notifies(timeout=1)] == [
            "hutong_segments"
        ]


class Sends(Scheduler):
    """The scheduler without a broker."""

    def __init__(self, answers):
        self.answers, self.sent, self.names = answers, {}, []


class Entry:
    def __init__(self, name, task):
        self.name, self.task = name, task


def test_a_tick_without_work_is_sent_now_and_then(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    sent = []
    monkeypatch.setattr(
        "django_celery_beat.schedulers.DatabaseScheduler.apply_entry",
        lambda _self, entry, producer=None: sent.append(entry.name),
    )
    beat = Sends({"a": False, "b": True})
    for _second in range(31):
        for entry in (Entry("idle", "a"), Entry("busy", "b"), Entry("unknown", "c")):
            beat.apply_entry(entry)
        clock[0] += 1
    assert sent.count("idle") == 2  # at first, and after half a minute
    assert sent.count("busy") == sent.count("unknown") == 31


def test_a_worker_asks_only_for_loops_that_it_does_not_run(monkeypatch):
    sent = []
    monkeypatch.setattr(app, "send_task", lambda task, **_more: sent.append(task))
    steps.note("react")
    steps.note("segments")
    ticks.begin_loops(app)
    assert sent == ["campaigns.tasks.deliver"]
    assert not steps.lately("react", 0)
