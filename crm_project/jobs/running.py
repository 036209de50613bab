"""Beginning, working through in turns, pausing, cancelling.

The job's row is locked by whoever works on it until the batch is committed, so a person's pause
falls between two batches; and its place in the queue is behind all others that are due, so jobs
take turns.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from crm_project import audit, failpoints
from crm_project.files.models import File
from crm_project.jobs import reporting
from crm_project.jobs.kinds import KEPT, JobKind, Refused, jobs
from crm_project.jobs.models import Job
from crm_project.queue import lanes
from crm_project.queue.due import database_now, storable, work_through
from crm_project.web import viewer

AIM_SECONDS = 0.5  # of a batch
FEWEST = 500  # rows of a batch: below, what each batch costs by itself is most of it
# Only a death waits for its end: as long as a batch is under way, its row is locked.
LEASE_SECONDS = 3
PAUSED = timedelta(days=7)  # then it is cancelled: what waits for ever is never forgotten
LONGEST = timedelta(days=14)  # a job that is not over by then is cancelled too


def begin(
    kind: type[JobKind],
    *,
    params: dict,
    by,
    now: datetime,
    reason: str = "",
    starts_journeys: bool = False,
    input: File | None = None,  # noqa: A002 -- the column's name
) -> Job:
    """The job is worked on soon. Raises Refused."""
    job = Job(
        kind=kind.key,
        params=params,
        by=by,
        reason=reason[:200],
        starts_journeys=starts_journeys,
        language=translation.get_language() or "",
        window=kind.window,
        input=input,
        created_at=now,
        due_at=now,
    )
    kind().refuse(job)
    with transaction.atomic():
        job.save()
        if input is not None:  # it is there as long as the job may need it
            File.objects.filter(pk=input.pk).update(expires_at=now + LONGEST)
        tell(job, kind(), "begin", kind().audited(job))
    return job


def tell(job: Job, kind: JobKind, what: str, details: dict, by=None) -> None:
    audit.note(
        by=by or job.by,
        act=f"{kind.act(job)}.{what}"[:60],
        subject=f"job:{job.pk}",
        details=details,
    )


# -- working


def work() -> bool:
    """A batch of the job whose turn it is; False when none is due."""
    queue = Job.objects.select_related("by", "input", "result", "errors")
    return bool(work_through(queue, step, limit=1, seconds=LEASE_SECONDS))


def step(rows: list[Job], now: datetime) -> None:
    for job in rows:
        advance(job, now)
        failpoints.reached("job.worked")


def advance(job: Job, now: datetime) -> None:
    """One batch further, or at its end; stored."""
    if job.kind not in jobs:
        end(job, JobKind(), now, Job.State.FAILED, _("Nobody knows this kind of work any more."))
        return
    kind = jobs[job.kind]()
    with surroundings(job, kind):
        try:
            with transaction.atomic():
                kind.refuse(job)
                set_out(job, kind, now)
                began = time.monotonic()
                with lanes.mass(kind.is_mass(job)), lanes.history(not job.starts_journeys):
                    is_over = kind.step(job, now, began + AIM_SECONDS)
                    if is_over:
                        kind.finish(job, now)
                reporting.write(job, now + LONGEST)
        except Refused as refused:
            job.refresh_from_db()
            end(job, kind, now, Job.State.FAILED, str(refused))
            return
    if is_over:
        end(job, kind, now, Job.State.DONE)
        return
    job.window = fitting(job.window, time.monotonic() - began, kind.most)
    job.done(due_at=database_now() + kind.rest)  # behind everybody who waits
    job.save()


@contextmanager
def surroundings(job: Job, kind: JobKind) -> Iterator[None]:
    with (
        viewer.seen_by(job.by),
        translation.override(job.language or None),
        kind.surroundings(job),
    ):
        yield


def set_out(job: Job, kind: JobKind, now: datetime) -> None:
    if job.state == Job.State.QUEUED:
        job.state, job.resumed_at = Job.State.RUNNING, now
        if job.begun_at is None:
            job.begun_at, job.total = now, kind.total(job)
        job.resumed_share = kind.share(job) or 0.0


def fitting(window: int, took: float, most: int) -> int:
    """The next batch takes about as long as it should, whatever a row costs."""
    if took < AIM_SECONDS / 2:
        return min(window * 2, most)
    fewer = max(FEWEST, math.floor(window * AIM_SECONDS / took))
    return min(window, fewer) if took > AIM_SECONDS else window


def end(job: Job, kind: JobKind, now: datetime, state: str, error: str = "") -> None:
    job.done()
    job.state, job.error, job.ended_at = state, storable(error), now
    job.expires_at = now + kind.kept(job)
    let_go(job, kind, now, job.expires_at)
    job.save()
    tell(job, kind, "end", {"state": state, "done": job.done_rows, "skipped": job.skipped})


def let_go(job: Job, kind: JobKind, now: datetime, until: datetime) -> None:
    """What was brought goes, what was made is there for a day, a result only if it is whole."""
    if not kind.keeps_input:
        File.objects.filter(pk=job.input_id).update(expires_at=now)
    File.objects.filter(pk=job.errors_id).update(expires_at=until)
    is_whole = job.state == Job.State.DONE
    File.objects.filter(pk=job.result_id).update(
        expires_at=until if is_whole else now, completed_at=now if is_whole else None
    )


def at_once(job: Job, now: datetime) -> Job:
    """All of it while somebody waits: for few rows."""
    with transaction.atomic():
        while not job.is_over:
            advance(job, now)
    return job


# -- what people do meanwhile


def pause(job: Job, *, by, now: datetime) -> bool:
    """Nothing more is touched until somebody resumes it. False where it was not going."""
    return changed(
        job,
        Job.GOING,
        by,
        "pause",
        state=Job.State.PAUSED,
        due_at=None,
        token=None,
        expires_at=now + PAUSED,
    )


def resume(job: Job, *, by, now: datetime) -> bool:
    return changed(
        job,
        [Job.State.PAUSED],
        by,
        "resume",
        state=Job.State.QUEUED,
        due_at=now,
        attempts=0,
        error="",
        expires_at=None,
    )


def cancel(job: Job, *, by, now: datetime) -> bool:
    """No further row is touched; what was done stays. False when it was over already."""
    is_first = changed(
        job,
        Job.UNFINISHED,
        by,
        "cancel",
        state=Job.State.CANCELLED,
        due_at=None,
        token=None,
        ended_at=now,
        expires_at=now + KEPT,
    )
    if is_first:
        job.refresh_from_db()
        let_go(job, jobs[job.kind]() if job.kind in jobs else JobKind(), now, now + KEPT)
    return is_first


def changed(job: Job, states, by, what: str, **values) -> bool:
    kind = jobs[job.kind]() if job.kind in jobs else JobKind()
    with transaction.atomic():
        is_first = bool(Job.objects.filter(pk=job.pk, state__in=states).update(**values))
        if is_first:
            tell(job, kind, what, {}, by)
    return is_first


# -- upkeep


def forget_old(now: datetime) -> int:
    """Jobs that nobody has resumed in time are cancelled, and whatever has failed for so long."""
    waiting = Q(state=Job.State.PAUSED, expires_at__lte=now)
    stuck = Q(state__in=Job.GOING, created_at__lte=now - LONGEST)
    return sum(cancel(job, by=None, now=now) for job in Job.objects.filter(waiting | stuck))


def pause_all(*, now: datetime, **_restore) -> None:
    """After a restore no job goes on until a person says so: what it did since the backup nobody
    knows."""
    Job.objects.filter(state__in=Job.GOING).update(
        state=Job.State.PAUSED, due_at=None, token=None, expires_at=now + PAUSED
    )


def seconds_left(job: Job, kind: JobKind, now: datetime) -> int | None:
    """At the pace since it last set out; None while that says nothing."""
    share = kind.share(job)
    if job.state != Job.State.RUNNING or share is None or job.resumed_at is None:
        return None
    gone, passed = share - job.resumed_share, (now - job.resumed_at).total_seconds()
    return math.ceil(passed * (1 - share) / gone) if gone > 0 and passed >= 1 else None
