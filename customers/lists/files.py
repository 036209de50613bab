"""Lists by file: who is named in a CSV or a text is put on the list, in the background where it is
long."""

from collections import Counter
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.db import transactions
from crm_project.files.models import File
from crm_project.jobs import running
from crm_project.jobs.kinds import Refused, note
from crm_project.jobs.models import Job
from customers.identity import normalising, resolution
from customers.identity import rows as identity_rows
from customers.lists import csv_jobs
from customers.lists import rows as list_rows
from customers.models import Segment, Source

SOON = 256 << 10  # bytes of a file that is worked off while the person waits
FEW = 4096  # bytes that name no more people than one might by hand
AS_BEFORE, MALFORMED, UNKNOWN = "as_before", "malformed", "unknown"
WORDS = {
    AS_BEFORE: gettext_lazy("on the list already"),
    MALFORMED: gettext_lazy("malformed"),
    UNKNOWN: gettext_lazy("not found"),
}


def begin(
    segment: Segment,
    file: File,
    *,
    kind: str,
    source: Source | None,
    column: int = 1,
    has_heading: bool = False,
    starts_journeys: bool = False,
    by,
    now: datetime,
) -> Job:
    """Whoever holds one of the identities in this column, named as `source` names them, is put on
    the list. Raises CannotRead, Refused.

    A file is history, unless it `starts_journeys`: nobody is written to for entering a segment by
    it.
    """
    params = {
        "segment": segment.pk,
        "kind": str(kind),
        "source": source.pk if source else None,
        **csv_jobs.params_of(file, column=column, has_heading=has_heading),
    }
    with transaction.atomic():
        job = running.begin(
            ListFile, params=params, starts_journeys=starts_journeys, by=by, now=now, input=file
        )
        return running.at_once(job, now) if params["bytes"] <= SOON else job


class ListFile(csv_jobs.CsvKind):
    key, label, icon = "list_file", gettext_lazy("people by file"), "upload_file"
    permission = "customers.change_segment"
    reasons = WORDS

    def is_mass(self, job):
        return job.params["bytes"] > FEW

    def carry_out(self, job, rows, now) -> Counter:
        segment, said = self.about(job), job.params
        if segment is None:
            raise Refused(_("There is no such list."))
        source = Source.objects.select_related("namespace").filter(pk=said["source"]).first()
        keys = []
        for row in rows:
            normal = normalising.normal(said["kind"], self.value(job, row))
            keys.append(normal and resolution.key_of(source, said["kind"], normal))
        transactions.take_number()  # before reading who they are
        held, counts = identity_rows.holders({key for key in keys if key}), Counter()
        for row, key in zip(rows, keys, strict=True):
            if key not in held:
                reason = UNKNOWN if key else MALFORMED
                counts[reason] += 1
                note(job, str(row.line), str(WORDS[reason]), self.value(job, row))
        matched = {one.customer_id: one.origin_id for one in held.values()}
        counts[""] = list_rows.insert(segment, matched, now)
        counts[AS_BEFORE] = len(rows) - counts.total()
        return counts

    def finish(self, job, now):
        if (segment := self.about(job)) is not None:
            details = {"kind": job.params["kind"], "rows": job.worked_rows, "added": job.done_rows}
            list_rows.note(segment, "segment.list_file", job.by, details)

    # -- how it is shown

    def about(self, job):
        return Segment.objects.filter(pk=job.params["segment"], kind=Segment.Kind.LIST).first()
