"""Background work: every row once, each accounted for, in turns, and as people say meanwhile."""

import csv
import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection

from crm_project.files import storing
from crm_project.files.models import File
from crm_project.jobs import running
from crm_project.jobs.kinds import JobKind, Refused, jobs
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from customers.models import AuditEntry
from tests.jobs import toy
from tests.jobs.toy import begun, done

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("toys")]
DAY = timedelta(days=1)


def worked(job) -> Job:
    while running.work():
        pass
    job.refresh_from_db()
    return job


def test_each_row_is_done_once_and_counted():
    job = worked(begun(n=3_000))

    assert done(job) == list(range(1, 3_001))
    assert (job.state, job.done_rows, job.skipped, job.total) == ("done", 3_000, {}, 3_000)
    assert (job.due_at, job.token, job.error) == (None, None, "")
    assert job.begun_at <= job.ended_at < job.expires_at
    assert [one.act for one in AuditEntry.objects.filter(subject=f"job:{job.pk}")] == [
        "job.toy.begin",
        "job.toy.end",
    ]


def test_a_batch_moves_the_cursor_and_the_next_goes_on_behind_it():
    job, seen = begun(n=2_000), []
    while running.work():
        job.refresh_from_db()
        seen.append((job.cursor, len(done(job)), job.done_rows, job.memo["written"]))

    assert len(seen) > 1
    assert all(len(set(numbers)) == 1 for numbers in seen)
    assert seen == sorted(seen)


def test_jobs_take_turns_also_two_of_one_kind():
    huge, small = begun(n=10**9), begun(n=600)
    while small.state != "done":
        assert running.work()
        small.refresh_from_db()

    with connection.cursor() as cursor:
        cursor.execute("SELECT job FROM toy_done ORDER BY at")
        order = [job for (job,) in cursor.fetchall()]
    turns = [job for n, job in enumerate(order) if n == 0 or order[n - 1] != job]
    assert turns[:4] == [huge.pk, small.pk, huge.pk, small.pk]
    running.cancel(huge, by=None, now=database_now())


@pytest.mark.parametrize("poison", [[1], [777], [2_000], [5, 6, 900]])
def test_a_poison_row_is_skipped_with_its_reason_and_stops_no_neighbour(poison):
    job = worked(begun(n=2_000, poison=poison))

    assert done(job) == [n for n in range(1, 2_001) if n not in poison]
    assert (job.state, job.done_rows) == ("done", 2_000 - len(poison))
    assert job.skipped == {"failed": len(poison)}
    # What the batch that failed had noted of itself is taken back with it.
    assert job.memo["written"] == job.done_rows
    assert [line[0] for line in errors_of(job)[1:]] == [str(n) for n in poison]


def errors_of(job) -> list[list[str]]:
    text = b"".join(storing.pieces(job.errors)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_where_very_many_fail_it_is_not_the_rows():
    job = begun(n=500, poison=list(range(1, 400)))

    assert running.work()

    job.refresh_from_db()
    assert done(job) == []
    assert (job.state, job.cursor, job.skipped, job.attempts) == ("queued", 0, {}, 1)
    assert "DivisionByZero" in job.error or "DataError" in job.error
    assert job.due_at > database_now()


def test_the_skipped_stand_in_a_file_that_is_safe_to_open():
    job = worked(begun(n=10, skips=True))

    assert job.skipped == {"even": 5}
    assert errors_of(job)[1:] == [[str(n), "'=even", ""] for n in (2, 4, 6, 8, 10)]
    assert job.errors.expires_at == job.expires_at


def test_where_the_database_is_full_a_job_waits_and_goes_on_by_itself():
    full_disk("crm_project_filepart")
    job = begun(n=1_000, skips=True)
    assert running.work()
    job.refresh_from_db()
    assert (job.state, job.done_rows, job.skipped, done(job)) == ("queued", 0, {}, [])
    assert "DiskFull" in job.error or "could not extend file" in job.error

    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER full_disk ON crm_project_filepart")
    Job.objects.update(due_at=database_now())

    assert (worked(job).state, job.done_rows, job.skipped) == ("done", 500, {"even": 500})
    assert job.error == ""


def full_disk(table: str) -> None:
    """Whoever writes into this table is told what PostgreSQL says of a full disk."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE"
            " 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION"
            " full_disk()"
        )


def test_what_fails_waits_longer_and_longer_and_can_be_cancelled():
    job = begun(toy.Failing)

    assert running.work()
    assert not running.work()

    job.refresh_from_db()
    assert (job.attempts, job.is_over) == (1, False)
    assert "never" in job.error
    assert running.cancel(job, by=None, now=database_now())
    assert Job.objects.due(database_now() + DAY).count() == 0


def test_what_cannot_go_on_ends_in_words():
    job = worked(begun(n=10, refuses=True))

    assert (job.state, job.error, done(job)) == ("failed", "the toy is broken", [])


def test_a_kind_that_is_gone_ends_in_words(monkeypatch):
    job = begun(n=10)
    monkeypatch.setattr(jobs, "by_key", {})

    assert worked(job).state == "failed"
    assert job.error


def test_paused_nothing_is_touched_and_resumed_it_goes_on():
    job, now = begun(n=10**6), database_now()
    assert running.work()
    assert running.pause(job, by=None, now=now)
    assert not running.pause(job, by=None, now=now)
    before = len(done(job))

    assert not running.work()
    assert running.resume(job, by=None, now=database_now())
    assert not running.resume(job, by=None, now=now)
    assert running.work()

    job.refresh_from_db()
    assert job.state == "running"
    assert done(job) == list(range(1, job.cursor + 1))
    assert job.cursor > before > 0
    running.cancel(job, by=None, now=now)


def test_a_pause_takes_the_row_from_whoever_has_leased_it():
    job = begun(n=1_000)
    Job.objects.lease(limit=1)

    assert running.pause(job, by=None, now=database_now())

    job.refresh_from_db()
    assert (job.state, job.token, job.due_at) == ("paused", None, None)


def test_cancelled_is_for_good_and_keeps_what_was_done():
    job = begun(n=10**6)
    assert running.work()
    assert running.cancel(job, by=None, now=database_now())
    assert not running.cancel(job, by=None, now=database_now())
    assert not running.resume(job, by=None, now=database_now())

    assert not running.work()
    assert worked(job).state == "cancelled"
    assert done(job) == list(range(1, job.done_rows + 1))


def test_what_nobody_resumes_is_cancelled_after_a_week():
    job, now = begun(n=10), database_now()
    running.pause(job, by=None, now=now)

    assert running.forget_old(now + 6 * DAY) == 0
    assert running.forget_old(now + 8 * DAY) == 1
    assert worked(job).state == "cancelled"


def test_after_a_restore_nothing_goes_on_until_somebody_says_so():
    over, job = worked(begun(n=1)), begun(n=10)
    running.pause_all(taken_at=None, now=database_now())

    assert not running.work()
    over.refresh_from_db()
    job.refresh_from_db()
    assert (job.state, over.state) == ("paused", "done")


def test_whoever_may_not_any_more_goes_no_further(monkeypatch):
    monkeypatch.setattr(toy.Toy, "permission", "customers.view_customer")
    boss = User.objects.create_superuser("boss")
    job = begun(by=boss, n=10)
    User.objects.update(is_active=False)

    assert worked(job).state == "failed"
    assert done(job) == []
    with pytest.raises(Refused):
        begun(by=User.objects.create_user("guest"), n=1)


def test_few_are_done_while_somebody_waits():
    job = running.at_once(begun(n=2_500), database_now())

    assert (job.state, len(done(job))) == ("done", 2_500)


def test_what_was_brought_goes_with_the_end_and_what_was_made_a_day_later():
    now = database_now()
    brought = storing.make(by=None, name="in.csv", content_type="", expires_at=now + DAY)
    job = running.begin(toy.Toy, params={"n": 4, "skips": True}, by=None, now=now, input=brought)
    brought.refresh_from_db()
    assert brought.expires_at > now + 7 * DAY

    worked(job)

    brought.refresh_from_db()
    assert brought.expires_at <= database_now()
    assert File.objects.get(pk=job.errors_id).expires_at == job.expires_at


def test_the_time_left_follows_the_pace_since_it_last_set_out():
    job, now = begun(n=1_000), database_now()
    job.state, job.done_rows, job.total = "running", 400, 1_000
    job.resumed_at, job.resumed_share = now - timedelta(seconds=20), 0.2

    assert running.seconds_left(job, toy.Toy(), now) == 60
    job.state = "paused"
    assert running.seconds_left(job, toy.Toy(), now) is None
    assert running.seconds_left(job, JobKind(), now) is None


def test_batches_grow_and_shrink_towards_half_a_second():
    assert running.fitting(1_000, 0.01, 1_500) == 1_500
    assert running.fitting(1_000, 0.4, 9_999) == 1_000
    assert running.fitting(10_000, 5.0, 9_999) == 1_000
    assert running.fitting(1_000, 5.0, 9_999) == 500
    assert running.fitting(1, 50.0, 9_999) == 1
