"""Exports that are made again and again, into a folder or a bucket (HUTONG_EXPORTS_URL): each file
is a job of whoever asked for it, and lies there once the job is over."""

import re
import tempfile
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from crm_project import audit
from crm_project.db.clock import database_now
from crm_project.files import stores, storing
from crm_project.jobs.kinds import Refused
from crm_project.jobs.models import Job
from crm_project.queue.due import work_through
from customers.bulk.acts import acts
from customers.models import ScheduledExport, Workspace
from customers.workspace.schedules import due_slots, next_slots

OWN = ("schedule", "until", "name")  # of the form, not of a job
MOST = 1_000  # that are looked at
LATE = timedelta(hours=1)  # after its begin a file should be there


def make(
    *, label: str, query: str, by, params: dict, reason: str, starts_journeys: bool = False
) -> ScheduledExport:
    """It is made at each of its times from now on."""
    now = database_now()
    row = ScheduledExport(
        name=params["name"],
        of=label,
        query=query,
        said={key: value for key, value in params.items() if key not in OWN},
        reason=reason[:200],
        schedule=params["schedule"],
        by=by,
        until=now + timedelta(days=params["until"]),
    )
    row.due_at = next_at(row, now)
    row.save()
    note(row, by, "make")
    return row


def note(row: ScheduledExport, by, what: str) -> None:
    audit.note(
        by=by,
        act=f"scheduled_export.{what}",
        subject=f"scheduledexport:{row.pk}",
        details={"list": row.of, "clear": row.said.get("clear") or []},
    )


def next_at(row: ScheduledExport, after: datetime) -> datetime | None:
    """When it is due next; None where it is over."""
    zone = ZoneInfo(Workspace.get().time_zone)
    slot = next(islice(next_slots(row.schedule, after, zone), 1), None)
    return slot if row.is_active and slot and slot <= row.until else None


def switch(row: ScheduledExport, *, is_active: bool, by) -> None:
    """It is made again, or not any more; whoever goes on with it goes on for ninety days at
    least."""
    now = database_now()
    row.is_active = is_active
    row.until = max(row.until, now + timedelta(days=90)) if is_active else row.until
    row.done(due_at=next_at(row, now))
    row.save()
    note(row, by, "resume" if is_active else "pause")


def fire() -> int:
    """Those whose time has come have begun a job."""
    return work_through(ScheduledExport.objects.select_related("by"), begin, limit=20)


def begin(rows: list[ScheduledExport], now: datetime) -> None:
    for row in rows:
        zone = ZoneInfo(Workspace.get().time_zone)
        since = row.fired_at or row.created_at
        if row.is_active and due_slots(row.schedule, since, now, zone):
            begin_job(row, now)
        row.fired_at = now
        row.done(due_at=next_at(row, now))
        row.save()


def begin_job(row: ScheduledExport, now: datetime) -> None:
    """With the rights that its maker has now; who has none any more makes none, and it stops."""
    from customers.bulk import job as bulk  # needs its acts, which need us

    try:
        row.job = bulk.begin(
            acts.by_key["export"],
            label=row.of,
            query=row.query,
            params=row.said,
            reason=row.reason,
            by=row.by,
            now=now,
            more={"scheduled": row.pk, "slot": now.isoformat()},
        )
    except (PermissionDenied, Refused):
        row.is_active = False


def deliver(job: Job) -> None:
    """The file of a job that a schedule began lies in its folder or bucket, whole; delivered again
    it takes its own place. Raises StoreFailed, Refused."""
    row = ScheduledExport.objects.filter(pk=job.params.get("scheduled") or 0).first()
    if row is None:
        return
    there = stores.at(settings.EXPORTS_URL) if settings.EXPORTS_URL else None
    if there is None:
        raise Refused(_("The operator names no place for exports (HUTONG_EXPORTS_URL)."))
    with tempfile.TemporaryDirectory(prefix="hutong-export-") as folder:
        path = Path(folder) / "file"
        with path.open("wb") as out:
            for piece in storing.pieces(job.result):
                out.write(piece)
        there.upload(f"exports/{file_name(row, job)}", path)
    ScheduledExport.objects.filter(pk=row.pk).update(delivered_at=database_now())


def file_name(row: ScheduledExport, job: Job) -> str:
    zone = ZoneInfo(Workspace.get().time_zone)
    at = datetime.fromisoformat(job.params["slot"]).astimezone(zone)
    plain = re.sub(r"[^\w-]+", "-", row.name).strip("-") or "export"
    return f"{plain}-{row.pk}-{at:%Y%m%d-%H%M}.{row.said['format']}"


def failing(now: datetime) -> list[ScheduledExport]:
    """Those whose last file is not where it should be."""
    rows = list(ScheduledExport.objects.filter(fired_at__isnull=False).order_by("-pk")[:MOST])
    jobs = Job.objects.in_bulk([row.job_id for row in rows if row.job_id])
    return [row for row in rows if problem(row, jobs.get(row.job_id), now)]


def problem(row: ScheduledExport, job: Job | None, now: datetime) -> str:
    """Why its last file is not there; empty where all is well, or somebody has paused it."""
    if job is None:
        is_stopped = bool(row.fired_at) and not row.is_active and not row.job_id
        return _("It was not begun: whoever made it may not export any more.") if is_stopped else ""
    if job.state in (Job.State.FAILED, Job.State.CANCELLED):
        return job.error or str(job.get_state_display())
    if job.attempts > 1 and job.error:
        return job.error
    is_late = not job.is_over and job.created_at < now - LATE
    return str(job.get_state_display()) if is_late else ""
