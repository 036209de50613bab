"""Writing to more people of a day's list than the workspace lets one person write to alone: a job
that is begun and paused, and goes on once somebody else has approved it.

What was looked over is what is sent: the job holds the bookings and the texts, not the filter.
"""

from collections import Counter
from datetime import date, datetime

from django.db import transaction
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.delivery import outbox
from campaigns.delivery.channels import named
from campaigns.today import writing
from crm_project.jobs import running
from crm_project.jobs.kinds import Piece, RowsKind
from crm_project.jobs.models import Job
from customers.bulk import approval
from events.models import Booking

VIEW = "events.view_booking"
GONE = "gone"  # why somebody was not written to


class WritingToBookings(approval.JobOnMany):
    key, label = "write_to_bookings", gettext_lazy("writing to all of a day's list")
    permission = VIEW

    def name(self, row: Job) -> str:
        return title(row.params)

    def content(self, row: Job) -> dict:
        return {name: row.params[name] for name in ("day", "filters", "bookings", "said")}

    def words(self, content: dict) -> list[tuple[str, str]]:
        told = [
            (named(one["channel"]), " · ".join(str(text) for text in one["content"].values()))
            for one in writing.said_by(content["said"])
        ]
        return [(_("what"), title(content)), (_("bookings"), str(len(content["bookings"]))), *told]


class WriteToBookings(RowsKind):
    key, label, icon = "write_to_bookings", gettext_lazy("write to all of a day's list"), "mail"
    permission = writing.PERMISSION
    window, most = 500, 2_000

    def refuse(self, job):
        super().refuse(job)
        if job.pk:
            approval.take(job, WritingToBookings)

    def total(self, job):
        return len(job.params["bookings"])

    def rows(self, job, window):
        chosen = job.params["bookings"][job.cursor : job.cursor + window]
        found = Booking.objects.filter(pk__in=chosen).select_related("namespace").order_by("pk")
        rows, until = list(found), job.cursor + len(chosen)
        if len(rows) < len(chosen):
            job.count({GONE: len(chosen) - len(rows)})
        return Piece(rows, until, until >= len(job.params["bookings"]))

    def carry_out(self, job, rows, now) -> Counter:
        said, key = job.params["said"], job.params["key"]
        outbox.queue([writing.intent(one, said, key=key, now=now) for one in rows], now=now)
        return Counter({"": len(rows)})

    # -- how it is shown

    def title(self, job):
        return title(job.params)

    def facts(self, job):
        waits = not job.memo.get(approval.TAKEN) and not job.is_over
        return [(_("approval"), _("waiting for approval"))] if waits else []

    def words(self, job, reason):
        return (
            _("the booking is not there any more") if reason == GONE else super().words(job, reason)
        )

    def act(self, job):
        return writing.ACT

    def audited(self, job):
        return {
            "day": job.params["day"],
            "filters": job.params["filters"],
            "messages": len(job.params["bookings"]),
            "channels": [named(one["channel"]) for one in writing.said_by(job.params["said"])],
        }


def title(params: dict) -> str:
    day = formats.date_format(date.fromisoformat(params["day"]))
    return f"{_('Write to all of these')} · {day}"


def ask(plan: writing.Plan, *, key: str, day: str, filters: dict, by, now: datetime) -> None:
    """The plan is sent once somebody else has approved it; asked for once per key."""
    if Job.objects.filter(kind=WriteToBookings.key, by=by, params__key=key).exists():
        return
    said = {name: plan.data[name] for name in ("channel", "content")}
    said["alternatives"] = list(plan.data.get("alternatives", ()))
    params = {
        "key": key,
        "day": day,
        "filters": filters,
        "bookings": sorted(one.pk for one in plan.bookings),
        "said": said,
        approval.ABOVE: plan.most,
    }
    with transaction.atomic():
        job = running.begin(WriteToBookings, params=params, by=by, now=now)
        approval.ask(job, by=by, now=now, kind=WritingToBookings)
