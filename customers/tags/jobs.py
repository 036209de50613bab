"""One tag for many: those who are named, or everybody in a segment. Few at once, many in the
background with a bar that fills."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm_project.queue import lanes
from crm_project.queue.due import database_now, work_through
from customers.models import AuditEntry, Membership, Segment, Tag, TagJob
from customers.tags import tagging

AT_ONCE = 20_000
SOON = 5_000  # so many are done while the person waits
LEASE_SECONDS = 60
SHOWN = 5


def begin(
    tag: Tag,
    *,
    is_on: bool,
    customers: Iterable[int] | None = None,
    segment: Segment | None = None,
    until: datetime | None = None,
    why: str = "",
    starts_journeys: bool = False,
    by,
    now: datetime,
) -> TagJob:
    """The tag is put on (or taken off) all of them, now where they are few, else soon. Raises
    CannotTag.

    It is history, unless it `starts_journeys`: nobody is written to for entering a segment by it.
    """
    tagging.refuse_by_rule(tag)
    if until is not None and until <= now:
        raise tagging.CannotTag(_("This moment is over already."))
    ids = None if segment else sorted(set(customers or ()))
    total = Membership.objects.filter(segment=segment).count() if segment else len(ids)
    with transaction.atomic():
        job = TagJob.objects.create(
            tag=tag,
            is_on=is_on,
            segment=segment,
            customers=ids,
            expires_at=until,
            why=why[:200],
            starts_journeys=starts_journeys,
            by=by,
            total=total,
            created_at=now,
            due_at=now,
        )
        details = {
            "tag": tag.name,
            "on": is_on,
            "customers": total,
            "segment": segment.pk if segment else None,
        }
        details["starts_journeys"] = starts_journeys
        AuditEntry.objects.create(by=by, act="tag.many", subject=f"tag:{tag.pk}", details=details)
        if total <= SOON:
            step([job], now)
    return job


def work() -> int:
    """The next piece of a job that is due. The number of jobs looked at."""
    return work_through(
        TagJob.objects.select_related("tag__group", "tag__segment", "segment", "by"),
        step,
        limit=1,
        seconds=LEASE_SECONDS,
    )


def step(jobs: list[TagJob], now: datetime) -> None:
    """Each job is a piece further, or at its end."""
    for job in jobs:
        ids = piece(job)
        try:
            with lanes.mass(job.total > lanes.MANY), lanes.history(not job.starts_journeys):
                job.changed += carry_out(job, ids, now)
        except tagging.CannotTag as refused:
            end(job, now, error=str(refused))
            continue
        job.done_so_far += len(ids)
        if len(ids) < AT_ONCE:
            end(job, now)
        else:
            job.cursor = ids[-1]
            job.done(due_at=now)
        job.save()


def carry_out(job: TagJob, ids: list[int], now: datetime) -> int:
    by = f"user:{job.by}" if job.by else ""
    if job.is_on:
        return tagging.put_on(job.tag, ids, by=by, why=job.why, until=job.expires_at, now=now)
    return tagging.take_off(job.tag, ids, by=by, why=job.why, now=now)


def end(job: TagJob, now: datetime, *, error: str = "") -> None:
    job.done()
    job.error, job.ended_at, job.customers = error, now, None
    job.save()


def piece(job: TagJob) -> list[int]:
    """The next customers, in the order of their ids; fewer than AT_ONCE where they are the last."""
    if job.customers is not None:
        return [pk for pk in job.customers if pk > job.cursor][:AT_ONCE]
    members = Membership.objects.filter(segment=job.segment, customer__gt=job.cursor).order_by(
        "customer"
    )
    return list(members.values_list("customer_id", flat=True)[:AT_ONCE]) if job.segment else []


def of(tag: Tag) -> list[TagJob]:
    """The latest, for the tag's page."""
    return list(
        TagJob.objects.filter(tag=tag).select_related("segment", "by").order_by("-pk")[:SHOWN]
    )


def upkeep() -> None:
    """A beat's look: what is due of the jobs, and the terms that are over."""
    while work():
        pass
    tagging.expire(database_now())
