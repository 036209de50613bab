"""A kind of work whose every effect is a row in a table without keys, so that losing and doubling
show; and a process of its own that works on jobs as a worker does."""

import os
import subprocess
import sys
from collections import Counter

from django.db import connection

from crm_project.jobs import running
from crm_project.jobs.kinds import JobKind, Piece, Refused, RowsKind, note
from crm_project.queue.due import database_now

TABLE = "CREATE TABLE IF NOT EXISTS toy_done (job bigint, number bigint, at bigserial)"
EVEN = "even"


class Toy(RowsKind):
    """Numbers from 1 to n. `skips`: even ones are skipped; `poison`: these break whatever they are
    part of."""

    key, label, window = "toy", "toy", 500

    def total(self, job):
        return job.params["n"]

    def rows(self, job, window):
        last = min(job.cursor + window, job.params["n"])
        return Piece(range(job.cursor + 1, last + 1), last, last >= job.params["n"])

    def carry_out(self, job, rows, now):
        if job.params.get("refuses"):
            raise Refused("the toy is broken")
        found = [n for n in rows if not (job.params.get("skips") and n % 2 == 0)]
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO toy_done (job, number) SELECT %s, unnest(%s::bigint[])",
                [job.pk, found],
            )
            job.memo["written"] = job.memo.get("written", 0) + len(found)
            for n in rows:
                if n in job.params.get("poison", ()):
                    cursor.execute("SELECT 1 / 0")
        for n in set(rows) - set(found):
            note(job, str(n), "=even")
        return Counter({"": len(found), EVEN: len(rows) - len(found)})

    def name_of(self, row):
        return str(row)


class Failing(JobKind):
    """Fails whatever is tried."""

    key, label = "failing", "failing"

    def step(self, job, now, until):
        raise ZeroDivisionError("never")


KINDS = {kind.key: kind for kind in (Toy, Failing)}


def begun(kind=Toy, *, by=None, **params):
    return running.begin(kind, params=params, by=by, now=database_now())


def done(job) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM toy_done WHERE job = %s ORDER BY number", [job.pk])
        return [number for (number,) in cursor.fetchall()]


def worker(fail_point: str = "") -> subprocess.Popen:
    """A process that works on jobs of this test's database until it is killed."""
    said = connection.settings_dict
    url = (
        f"postgres://{said['USER']}:{said['PASSWORD']}@{said['HOST']}:{said['PORT']}/{said['NAME']}"
    )
    env = {**os.environ, "DATABASE_URL": url, "HUTONG_FAIL_POINT": fail_point}
    return subprocess.Popen([sys.executable, "-m", "tests.jobs.worker"], env=env)
