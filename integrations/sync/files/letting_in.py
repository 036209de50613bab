"""Whom a file brought into a journey's segment enters the journey, on purpose: nobody else who is
in the segment."""

from collections import Counter
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.broadcasts import schedules
from campaigns.journeys import starting
from campaigns.models import Journey
from crm_project.jobs import running
from crm_project.jobs.kinds import Piece, Refused, RowsKind
from crm_project.jobs.models import Job
from customers.identity import following
from customers.models import Membership
from integrations.models import FileImport, ImportRow

OUTSIDE = "outside"


def begin(one: FileImport, journey: Journey, *, per_hour: int | None, by, now: datetime) -> Job:
    """They enter soon, so many in an hour; the journey's re-entry rule holds. Raises Refused."""
    subject = segment_of(journey)
    going = Job.objects.filter(
        kind=LetIn.key, params__import=one.pk, params__journey=journey.pk, state__in=Job.UNFINISHED
    )
    if going.exists():
        raise Refused(_("They are being let in now."))
    params = {
        "import": one.pk,
        "job": one.job_id,
        "journey": journey.pk,
        "version": journey.published_id,
        "segment": subject,
        "per_hour": per_hour,
        "slot": now.isoformat(),
    }
    return running.begin(LetIn, params=params, by=by, now=now, starts_journeys=True)


def segment_of(journey: Journey) -> int:
    """Raises Refused where nobody can be let in."""
    is_live = journey.status == Journey.Status.LIVE
    found = schedules.segment_of(journey.published_id) if is_live else None
    if found is None:
        raise Refused(_("Nobody can be let in now."))
    return found.pk


def people(job_id: int):
    """The import's rows, each person once."""
    rows = ImportRow.objects.filter(job=job_id, origin__isnull=False)
    earlier = ImportRow.objects.filter(job=job_id, origin=OuterRef("origin"), pk__lt=OuterRef("pk"))
    return rows.filter(~Exists(earlier))


class LetIn(RowsKind):
    key, label, icon = "import_let_in", gettext_lazy("letting in whom a file brought"), "login"
    permission = "campaigns.change_journey"
    window, most = 500, 5_000

    def total(self, job):
        return people(job.params["job"]).count()

    def rows(self, job, window):
        rows = people(job.params["job"]).filter(pk__gt=job.cursor).order_by("pk")
        found = list(rows.values_list("pk", "origin")[:window])
        cursor = found[-1][0] if found else job.cursor
        return Piece([origin for _pk, origin in found], cursor, len(found) < window)

    def carry_out(self, job, rows, now) -> Counter:
        journey = Journey.objects.select_related("published").filter(pk=job.params["journey"])
        one = journey.first()
        if one is None or segment_of(one) != job.params["segment"]:
            raise Refused(_("Nobody can be let in now."))
        version = one.published
        customers = sorted(set(following.whose(rows).values()))
        inside = Membership.objects.filter(
            segment=job.params["segment"], customer__in=customers
        ).values_list("customer_id", flat=True)
        chosen = sorted(inside)
        slot = datetime.fromisoformat(job.params["slot"])
        starting.at_slot(version, chosen, slot, now, per_hour=job.params["per_hour"])
        return Counter({"": len(chosen), OUTSIDE: len(rows) - len(chosen)})

    def name_of(self, row):
        return f"#{row}"

    def title(self, job):
        one = self.about(job)
        return f"{self.label}: {one.name}" if one else str(self.label)

    def about(self, job):
        return FileImport.objects.filter(pk=job.params["import"]).first()

    def words(self, job, reason):
        return _("not in the segment") if reason == OUTSIDE else super().words(job, reason)

    def audited(self, job):
        return {"journey": job.params["journey"], "per_hour": job.params["per_hour"]}
