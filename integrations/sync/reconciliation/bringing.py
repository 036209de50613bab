"""A list of a shop's orders is brought: read in the background, then its days are compared."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max, Min
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.files import storing
from crm_project.files.models import File
from crm_project.jobs import running
from crm_project.jobs.kinds import Piece, Refused, RowsKind, note
from crm_project.jobs.models import Job
from integrations.models import ListedOrder, Reconciliation
from integrations.sync.files import guessing, kept, mapping
from integrations.sync.files.kinds.base import Refusal
from integrations.sync.files.reading import opening
from integrations.sync.files.reading.rows import CannotRead, bounded
from integrations.sync.reconciliation import comparing, listed
from integrations.sync.reconciliation.columns import KIND, PAID, PLACED, status_of
from integrations.sync.reconciliation.days import days_of

SOON = 256 << 10  # bytes that are read while the person waits
MOST_DAYS = 62  # of one list
UNPAID, OUTSIDE, TWICE, UNREADABLE = "unpaid", "outside", "twice", "unreadable"
WORDS = {
    UNPAID: gettext_lazy("not paid, so on no day"),
    OUTSIDE: gettext_lazy("of a day that is not compared, or not over"),
    TWICE: gettext_lazy("the same order once more"),
    UNREADABLE: gettext_lazy("cannot be read"),
}


def begin(
    row: Reconciliation,
    file: File,
    *,
    unit: str = "",
    order: str = "",
    first: date | None = None,
    last: date | None = None,
    by,
    now: datetime,
) -> Job:
    """Each day from `first` to `last` (of the list's own, where they are not said) is compared with
    it. Raises CannotRead, Refused, StoreFailed."""
    shape = guessing.shape_of(file, known=mapping.headings_of([KIND]))
    rows = opening.first_rows(file, shape, opening.LOOKED_AT)
    columns = mapping.guessed(KIND, shape.columns, rows)
    for said in columns.values():
        if unit and said.get("type") == "money":
            said["unit"] = unit
        if said.get("type") == "moment":
            said["order"] = said.get("order") or order
    if wrong := mapping.problems(KIND, columns):
        raise Refused(" ".join(wrong))
    params = {
        "reconciliation": row.pk,
        "file": file.name,
        "bytes": storing.size(file),
        "end": opening.size(file, shape),
        "shape": shape.kept(),
        "columns": columns,
        "by_payment": all(said["to"] != PLACED for said in columns.values()),
        "first": first.isoformat() if first else None,
        "last": last.isoformat() if last else None,
    }
    with transaction.atomic():
        job = running.begin(CompareList, params=params, by=by, now=now, input=file)
        return running.at_once(job, now) if params["bytes"] <= SOON else job


class CompareList(RowsKind):
    """The cursor is the place in the file; `memo` has the number of lines before it."""

    key, label, icon = "compare_list", gettext_lazy("comparing a list"), "difference"
    permission = "integrations.change_reconciliation"
    window, most, takes_file = 1_000, 20_000, True

    def rows(self, job, window):
        if job.input is None:
            raise Refused(_("The file is no longer here: send it again."))
        reader = kept.reader_of(job)
        try:
            found = list(bounded(reader, window))
            is_last = reader.peek() is None
        except CannotRead as problem:
            raise Refused(str(problem)) from problem
        cursor = job.cursor
        if found:
            job.memo["line"], cursor = kept.line_behind(job, found[-1]), found[-1].after
        return Piece(found, cursor, is_last)

    def carry_out(self, job, rows, now) -> Counter:
        row, counts = self.about(job), Counter[str]()
        if row is None:
            raise Refused(_("This source is not compared any more."))
        zone, over = ZoneInfo(row.time_zone), days_of(row, now)[0]
        first, last = (date.fromisoformat(said) if said else None for said in span_of(job))
        names = job.params["shape"]["columns"]
        columns = [
            replace(one, how=replace(one.how, zone=zone))
            for one in mapping.columns_of(KIND, names, job.params["columns"])
        ]
        clock, found = PAID if job.params["by_payment"] else PLACED, []
        for read in rows:
            try:
                values = mapping.draft_of(KIND, columns, read, {}, None).values
                moment, paid = values.get(clock), values["paid_fen"] > 0
                if moment is None and (clock == PLACED or paid):
                    raise Refusal(_("“%(field)s” is missing.") % {"field": KIND.field(clock).label})
                if values["paid_fen"] < 0 or (values.get("refunded_fen") or 0) < 0:
                    raise Refusal(_("An amount below zero."))
            except Refusal as refusal:
                note(job, str(read.number), str(refusal), refusal.cell)
                counts[UNREADABLE] += 1
                continue
            if moment is None:
                counts[UNPAID] += 1
                continue
            day = moment.astimezone(zone).date()
            if day > over or day > (last or over) or day < (first or day):
                counts[OUTSIDE] += 1
                continue
            found.append(self.order(job, row, values, day))
        made = len(found) and written(job, found)
        counts[""], counts[TWICE] = made, len(found) - made
        return counts

    def order(self, job: Job, row: Reconciliation, values: dict, day: date) -> ListedOrder:
        return ListedOrder(
            reconciliation=row,
            listing=job.pk,
            number=values["number"][:100],
            day=day,
            status=status_of(values.get("status") or ""),
            paid_fen=values["paid_fen"],
            refunded_fen=values.get("refunded_fen") or 0,
            store=(values.get("store") or "")[:100],
        )

    def name_of(self, row):
        return str(row.number)

    def finish(self, job, now):
        """Every day of the list is compared with it, and with no older list any more."""
        row = self.about(job)
        if row is None:
            return
        days = self.days(job, row, now)
        ListedOrder.objects.filter(reconciliation=row, day__in=days).exclude(
            listing=job.pk
        ).delete()
        kept_days = [
            listed.compare_day(row, day, job.pk, now, by_payment=job.params["by_payment"])
            for day in days
        ]
        job.memo["days"] = len(kept_days)
        job.memo["differ"] = sum(1 for one in kept_days if not one.is_equal)
        until = comparing.complete_until(row)
        Reconciliation.objects.filter(pk=row.pk).update(complete_until=until)

    def days(self, job: Job, row: Reconciliation, now: datetime) -> list[date]:
        """From the first to the last, those without an order too. Raises Refused."""
        first, last = (date.fromisoformat(said) if said else None for said in span_of(job))
        found = ListedOrder.objects.filter(listing=job.pk).aggregate(
            first=Min("day"), last=Max("day")
        )
        first, last = first or found["first"], last or found["last"]
        if first is None or last is None:
            raise Refused(_("No order of this list is of a day that is over."))
        last = min(last, days_of(row, now)[0])
        if (last - first).days >= MOST_DAYS:
            raise Refused(
                _("More than %(n)d days: bring them in several lists.") % {"n": MOST_DAYS}
            )
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    # -- how it is shown

    def about(self, job):
        return (
            Reconciliation.objects.filter(pk=job.params["reconciliation"])
            .select_related("source")
            .first()
        )

    def facts(self, job):
        said = [(_("file"), job.params["file"])]
        if "days" in job.memo:
            said.append((_("days compared"), str(job.memo["days"])))
            said.append((_("days that differ"), str(job.memo["differ"])))
        return said

    def words(self, job, reason):
        return str(WORDS.get(reason) or super().words(job, reason))

    def share(self, job):
        return min(job.cursor / max(job.params["end"], 1), 1.0)

    def audited(self, job):
        return {"bytes": job.params["bytes"]}


def span_of(job: Job) -> tuple[str | None, str | None]:
    return job.params["first"], job.params["last"]


def written(job: Job, found: list[ListedOrder]) -> int:
    """How many were not there; a list names an order once, or says the same of it in several
    rows."""
    before = ListedOrder.objects.filter(listing=job.pk).count()
    ListedOrder.objects.bulk_create(found, ignore_conflicts=True)
    return ListedOrder.objects.filter(listing=job.pk).count() - before
