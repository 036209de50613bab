"""One tag for many: those who are named, or everybody in a segment. Few at once, many in the
background with a bar that fills."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.jobs import running
from crm_project.jobs.kinds import Piece, Refused, RowsKind
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from customers.models import AuditEntry, Membership, Segment, Tag
from customers.tags import tagging

SOON = 5_000  # so many are done while the person waits
SHOWN = 5
AS_BEFORE = "as_before"


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
) -> Job:
    """The tag is put on (or taken off) all of them, now where they are few, else soon. Raises
    CannotTag, Refused.

    It is history, unless it `starts_journeys`: nobody is written to for entering a segment by it.
    """
    tagging.refuse_by_rule(tag)
    if until is not None and until <= now:
        raise tagging.CannotTag(_("This moment is over already."))
    ids = None if segment else sorted(set(customers or ()))
    total = Membership.objects.filter(segment=segment).count() if segment else len(ids)
    params = {
        "tag": tag.pk,
        "is_on": is_on,
        "segment": segment.pk if segment else None,
        "customers": ids,
        "until": until.isoformat() if until else None,
        "total": total,
    }
    with transaction.atomic():
        job = running.begin(
            TagMany, params=params, reason=why, starts_journeys=starts_journeys, by=by, now=now
        )
        details = {
            "tag": tag.name,
            "on": is_on,
            "customers": total,
            "segment": segment.pk if segment else None,
            "starts_journeys": starts_journeys,
        }
        AuditEntry.objects.create(by=by, act="tag.many", subject=f"tag:{tag.pk}", details=details)
        if total <= SOON:
            running.at_once(job, now)
    return job


class TagMany(RowsKind):
    """In the order of the customers' ids."""

    key, label, icon = "tag_many", gettext_lazy("tagging of many"), "sell"
    permission = tagging.MANY
    window, most = 5_000, 50_000

    def total(self, job):
        return job.params["total"]

    def rows(self, job, window):
        if job.params["segment"] is None:
            found = [pk for pk in job.params["customers"] or () if pk > job.cursor][:window]
        else:
            members = Membership.objects.filter(
                segment=job.params["segment"], customer__gt=job.cursor
            )
            found = list(
                members.order_by("customer").values_list("customer_id", flat=True)[:window]
            )
        return Piece(found, found[-1] if found else job.cursor, len(found) < window)

    def carry_out(self, job, rows, now) -> Counter:
        said, tag = job.params, self.about(job)
        if tag is None:
            raise Refused(_("There is no such tag."))
        how = {"by": f"user:{job.by}" if job.by else "", "why": job.reason, "now": now}
        try:
            if said["is_on"]:
                until = said["until"] and datetime.fromisoformat(said["until"])
                changed = tagging.put_on(tag, rows, until=until, **how)
            else:
                changed = tagging.take_off(tag, rows, **how)
        except tagging.CannotTag as refused:
            raise Refused(str(refused)) from refused
        return Counter({"": changed, AS_BEFORE: len(rows) - changed})

    def about(self, job):
        tags = Tag.objects.select_related("group", "segment")
        return tags.filter(pk=job.params["tag"]).first()

    def title(self, job):
        return _("Put on a tag") if job.params["is_on"] else _("Take off a tag")

    def words(self, job, reason):
        return _("was so already") if reason == AS_BEFORE else super().words(job, reason)


def of(tag: Tag) -> list[Job]:
    """The latest, for the tag's page."""
    jobs = Job.objects.filter(kind=TagMany.key, params__tag=tag.pk).select_related("by")
    return list(jobs.order_by("-pk")[:SHOWN])


def upkeep() -> None:
    """A beat's look: the terms that are over."""
    tagging.expire(database_now())
