"""The seam: a kind of background work is one class in a room and one line in its subject's JOBS."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from crm_project.files.stores import StoreFailed
from crm_project.jobs.models import Job
from crm_project.queue import lanes
from crm_project.registry import Registry

log = logging.getLogger(__name__)

KEPT = timedelta(hours=24)  # files of a job that is over
POISON = "failed"  # the reason of a row that cannot be worked on
MOST_POISON = 100  # of one batch: where more fail it is not the rows
# No row's fault: the batch is tried again as a whole.
SURROUNDINGS = (OperationalError, InterfaceError, StoreFailed, MemoryError)


class Refused(Exception):
    """The job cannot go on, in words for whoever began it."""


class JobKind:
    """What is done, a batch at a time.

    `step` does the next batch and moves `job.cursor`; it runs inside the transaction that stores
    the job, and does nothing outside of it. It should be over by `until` (time.monotonic); where it
    works on `job.window` rows, the window follows how long that took. Raises Refused where the job
    cannot go on; any other failure is tried again, later and later.
    """

    key = ""
    label = ""
    icon = "checklist"
    permission = ""  # of whoever began it, asked again in each batch; empty: `refuse` says
    window = 1_000  # rows of the first batch
    most = 200_000  # rows of a batch, at most
    rest = timedelta(0)  # before its next batch; a step that can do nothing yet sets it
    takes_file = False  # it works on a file that somebody has uploaded
    keeps_input = False  # else the file goes when the job is over

    def permissions(self) -> tuple[str, ...]:
        """Whoever has one of these may begin some job of this kind."""
        return (self.permission,) if self.permission else ()

    def refuse(self, job: Job) -> None:
        """Raises Refused where whoever began it may not (any more); nobody is the product itself,
        which may."""
        if job.by and not (job.by.is_active and job.by.has_perms(self.permissions())):
            raise Refused(_("Whoever began it may not do this any more."))

    def total(self, job: Job) -> int | None:
        """How many rows there are, counted once before the first batch; None: nobody knows."""
        return None

    def step(self, job: Job, now: datetime, until: float) -> bool:
        """The next batch; whether it was the last one."""
        raise NotImplementedError

    def is_mass(self, job: Job) -> bool:
        """Whether what single people do meanwhile comes first (crm_project/queue/lanes.py)."""
        return job.total is None or job.total > lanes.MANY

    def finish(self, job: Job, now: datetime) -> None:
        """All rows were worked through; in the transaction of the last batch, as short as one."""

    @contextmanager
    def surroundings(self, job: Job) -> Iterator[None]:
        """What holds while a batch is worked on, beyond language, viewer and marks of history."""
        yield

    # -- how it is shown

    def title(self, job: Job) -> str:
        return str(self.label)

    def about(self, job: Job) -> Model | None:
        """The row that it is about, while there is one."""
        return None

    def facts(self, job: Job) -> list[tuple[str, str]]:
        """More of what was said: (what, how)."""
        return []

    def words(self, job: Job, reason: str) -> str:
        """A reason as people read it."""
        return _("could not be worked on") if reason == POISON else reason

    def share(self, job: Job) -> float | None:
        """How much of it is over, between 0 and 1; None where nobody knows."""
        return min(job.worked_rows / job.total, 1.0) if job.total else None

    def kept(self, job: Job) -> timedelta:
        """How long its files are there once it is over."""
        return KEPT

    def act(self, job: Job) -> str:
        """What the audit log calls it."""
        return f"job.{self.key}"

    def audited(self, job: Job) -> dict:
        """What the audit log says of its beginning: nothing that is personal."""
        return {"total": job.total}


class Piece(NamedTuple):
    """The rows of a batch, the cursor behind them, and whether there are none behind it."""

    rows: Sequence
    cursor: int
    is_last: bool


class RowsKind(JobKind):
    """A job over rows: `rows` reads the next ones, `carry_out` does them as a set.

    Where a set fails its halves are tried, and theirs: a row that cannot be worked on is skipped
    with its reason, named in the file of errors, and holds up no other.
    """

    def rows(self, job: Job, window: int) -> Piece:
        """The next rows behind `job.cursor`, about so many."""
        raise NotImplementedError

    def carry_out(self, job: Job, rows: Sequence, now: datetime) -> Counter:
        """What became of them: "" for done, else the reason why one was skipped. It may be called
        again with fewer, after what it wrote was taken back: rows, `memo`, `result` and what was
        noted."""
        raise NotImplementedError

    def name_of(self, row) -> str:
        """How the file of errors calls a row."""
        return f"#{getattr(row, 'pk', row)}"

    def step(self, job, now, until):
        piece = self.rows(job, job.window)
        if piece.rows:
            job.count(self.tried(job, piece.rows, now))
        job.cursor = piece.cursor
        return piece.is_last

    def tried(self, job: Job, rows: Sequence, now: datetime) -> Counter:
        """What `carry_out` says of the rows; where it fails, of its halves, down to the rows that
        fail alone. What is no row's fault is raised."""
        left = MOST_POISON

        def halved(some: Sequence) -> Counter:
            nonlocal left
            memo, noted, result = deepcopy(job.memo), [*noted_of(job)], job.result
            try:
                with transaction.atomic():
                    return self.carry_out(job, some, now)
            except (Refused, *SURROUNDINGS):
                raise
            except Exception as error:
                job.memo, job.__dict__["noted"], job.result = memo, noted, result
                left -= len(some) == 1
                if left < 0:
                    raise
                if len(some) == 1:
                    log.warning("a row of a job fails", exc_info=error, extra={"job": job.pk})
                    note(job, self.name_of(some[0]), self.words(job, POISON))
                    return Counter({POISON: 1})
            middle = len(some) // 2
            return halved(some[:middle]) + halved(some[middle:])

        return halved(rows)


def note(job: Job, row: str, reason: str, value: str = "") -> None:
    """A line of the job's file of errors, which is written with the batch: which row, why, and what
    stands there."""
    noted_of(job).append((row, reason, value))


def noted_of(job: Job) -> list[tuple[str, str, str]]:
    return job.__dict__.setdefault("noted", [])


jobs: Registry["JobKind"] = Registry("CRM_JOBS", "crm_project.jobs.kinds.JobKind")
