"""Mechanism two: nothing is lost, nothing is done twice, nobody waits behind a bad row."""

import contextlib
import threading
import time
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction

from campaigns.models import Firing
from crm_project.queue.due import MOST_FAILURES, STUCK_AFTER, database_now, kept, work_through
from tests.product import eventually

pytestmark = pytest.mark.django_db(transaction=True)


class Dead(BaseException):
    """As far as a row is concerned, what kill -9 does to its holder."""


def some_rows(n):
    now = database_now()
    Firing.objects.bulk_create([Firing(subject=f"row:{i}", slot=now, due_at=now) for i in range(n)])


def finish(rows, _now):
    for row in rows:
        row.done()
        row.cursor += 1
    Firing.objects.bulk_update(rows, ["due_at", "token", "attempts", "error", "cursor"])


def test_eight_workers_do_each_row_once():
    some_rows(400)
    done, gate = [], threading.Barrier(8)

    def worker():
        gate.wait()
        while taken := work_through(Firing.objects.all(), finish, limit=7):
            done.append(taken)
        connection.close()

    threads = [threading.Thread(target=worker) for _ in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]

    assert sum(done) == 400
    assert set(Firing.objects.values_list("cursor", "due_at")) == {(1, None)}


def test_a_poison_row_waits_by_itself_and_its_neighbours_go_on():
    some_rows(10)

    def fails_for_three(rows, now):
        if any(row.subject == "row:3" for row in rows):
            raise ValueError("no good")
        finish(rows, now)

    work_through(Firing.objects.all(), fails_for_three)

    bad = Firing.objects.get(subject="row:3")
    assert Firing.objects.filter(due_at=None).count() == 9
    assert (bad.error, bad.attempts) == ("ValueError: no good", 1)
    assert bad.due_at > database_now()


@pytest.mark.parametrize("poisons", [{0}, {999}, {3, 500, 501}])
def test_a_poison_row_among_a_thousand_is_found_in_a_few_transactions(poisons):
    some_rows(1000)
    calls, began = [], database_now()

    def fails_for_some(rows, now):
        calls.append(len(rows))
        if not poisons.isdisjoint(int(row.subject.removeprefix("row:")) for row in rows):
            raise ValueError("no good\x00")
        finish(rows, now)

    work_through(Firing.objects.all(), fails_for_some, limit=1000)

    assert len(calls) <= 1 + 20 * len(poisons)
    assert Firing.objects.filter(due_at=None, cursor=1).count() == 1000 - len(poisons)
    bad = Firing.objects.exclude(due_at=None)
    assert {row.subject for row in bad} == {f"row:{n}" for n in poisons}
    assert {(row.error, row.attempts, row.token, row.due_at > began) for row in bad} == {
        ("ValueError: no good", 1, None, True)
    }


def test_where_every_row_fails_all_wait_after_a_bounded_number_of_transactions():
    some_rows(1000)
    calls, began = [], database_now()

    def fails(rows, _now):
        calls.append(len(rows))
        raise ValueError("no good")

    work_through(Firing.objects.all(), fails, limit=1000)

    assert len(calls) <= 2 * MOST_FAILURES
    assert set(Firing.objects.values_list("error", "token")) == {("ValueError: no good", None)}
    assert not Firing.objects.due(began).exists()


def test_while_the_halves_of_a_batch_are_tried_nobody_else_takes_its_rows():
    some_rows(4)
    taken = []

    def slow(rows, now):
        if len(rows) > 1:
            raise ValueError("not together")
        time.sleep(0.4)
        if len(taken) == 0 and rows[0].subject == "row:3":
            taken.extend(Firing.objects.all().lease(limit=4)[1])
        finish(rows, now)

    work_through(Firing.objects.all(), slow, seconds=1)

    assert taken == []
    assert set(Firing.objects.values_list("cursor", "due_at")) == {(1, None)}


def test_a_statement_that_the_database_ends_is_a_failure_of_its_row_only():
    some_rows(3)

    def slow_for_one(rows, now):
        if any(row.subject == "row:1" for row in rows):
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 20")
                cursor.execute("SELECT pg_sleep(1)")
        finish(rows, now)

    work_through(Firing.objects.all(), slow_for_one)

    assert Firing.objects.filter(due_at=None).count() == 2
    assert Firing.objects.get(subject="row:1").error.startswith("OperationalError")


def test_without_the_database_nothing_is_written_and_the_lease_gives_the_rows_back():
    some_rows(3)

    def cut(rows, now):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(OperationalError):
        work_through(Firing.objects.all(), cut)
    connection.close()

    assert set(Firing.objects.values_list("attempts", "error")) == {(1, "")}
    assert Firing.objects.filter(due_at__gt=database_now()).count() == 3


def test_after_eight_tries_a_row_is_shown_as_stuck_and_can_be_tried_again():
    some_rows(1)

    def fails(rows, now):
        raise ValueError("no good")

    for _try in range(STUCK_AFTER):
        Firing.objects.update(due_at=database_now())
        work_through(Firing.objects.all(), fails)

    assert Firing.objects.stuck().count() == 1
    Firing.objects.stuck().try_again()
    assert work_through(Firing.objects.all(), finish) == 1


def test_a_row_that_kills_its_worker_counts_as_a_try_and_comes_back_when_the_lease_ends():
    some_rows(1)

    Firing.objects.all().lease(limit=1, seconds=30)  # and the worker is gone

    assert work_through(Firing.objects.all(), finish) == 0
    Firing.objects.update(due_at=database_now() - timedelta(seconds=1))  # half a minute later
    assert Firing.objects.get().attempts == 1
    assert work_through(Firing.objects.all(), finish) == 1


def test_a_late_writer_whose_lease_was_taken_over_changes_nothing():
    some_rows(1)
    queue = Firing.objects.all()
    late, ids = queue.lease(limit=1, seconds=30)
    Firing.objects.update(due_at=database_now())  # the lease ended while the worker was stopped
    queue.lease(limit=1, seconds=30)

    with transaction.atomic():
        assert list(queue.held(late, ids)) == []
    queue.retry_later(late, ids, "late", database_now())
    assert Firing.objects.get().error == ""


def test_rows_leased_by_one_are_not_seen_by_another():
    some_rows(5)
    queue = Firing.objects.all()

    first, second = queue.lease(limit=3)[1], queue.lease(limit=3)[1]

    assert (len(first), len(second), len(set(first) & set(second))) == (3, 2, 0)


def test_a_row_that_kills_every_holder_is_tried_alone_then_no_more_and_the_others_go_on():
    some_rows(5)
    queue, deadly = Firing.objects.all(), "row:2"
    alone = []

    def dies(rows, now):
        if any(row.subject == deadly for row in rows):
            alone.append(len(rows) == 1)
            raise Dead
        finish(rows, now)

    for _look in range(30):
        with contextlib.suppress(Dead):
            work_through(queue, dies, limit=10)
        Firing.objects.filter(token__isnull=False).update(due_at=database_now())

    assert Firing.objects.filter(due_at=None).count() == 4
    assert alone == [False] * 2 + [True] * (STUCK_AFTER - 2)
    assert [row.subject for row in Firing.objects.stuck()] == [deadly]


def test_a_lease_is_renewed_while_its_holder_is_at_work():
    some_rows(1)
    queue = Firing.objects.all()
    token, ids = queue.lease(limit=1, seconds=4)
    first = Firing.objects.get().due_at

    with kept(queue.filter(pk__in=ids, token=token), seconds=4):
        assert eventually(lambda: Firing.objects.get().due_at > first, seconds=120, every=0.05)
        assert queue.lease(limit=1)[1] == []
    assert eventually(lambda: queue.lease(limit=1)[1] == ids, seconds=120, every=0.1)
