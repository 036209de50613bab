"""An import from its bytes to its end, as the pages would do it."""

import io

from django.contrib.auth.models import User

from crm_project.jobs import running
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from integrations.models import FileImport
from integrations.sync.files import beginning, undoing
from tests.factories import a_namespace
from tests.sync.spoilt_files import brought


def boss() -> User:
    return User.objects.filter(username="importer").first() or User.objects.create_superuser(
        "importer", password="secret-1234"
    )


def looked_at(content: bytes | str, kind="customers", *, last=None, name="file.csv", **options):
    raw = content.encode() if isinstance(content, str) else content
    one = beginning.look_at(
        brought(raw, name=name, by=boss()),
        kind=kind,
        namespace=a_namespace(),
        last=last,
        by=boss(),
        now=database_now(),
    )
    one.options |= options
    one.save()
    return one


def worked_off(job: Job) -> Job:
    """Until nothing is due; the job as it is then."""
    while running.work():
        pass
    job.refresh_from_db()
    assert job.state == Job.State.DONE, (job.state, job.error)
    return job


def tried(one: FileImport) -> dict:
    return worked_off(beginning.try_it(one, by=boss(), now=database_now())).memo.get("counted", {})


def imported(one: FileImport) -> dict:
    """What became of its rows."""
    return worked_off(beginning.go(one, by=boss(), now=database_now())).memo.get("counted", {})


def undone(one: FileImport) -> Job:
    one.refresh_from_db()
    return worked_off(undoing.begin(one, by=boss(), now=database_now()))


def errors_of(job: Job) -> str:
    from crm_project.files import storing

    return b"".join(storing.pieces(job.errors)).decode("utf-8-sig") if job.errors else ""


def csv_of(rows) -> bytes:
    import csv

    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()
