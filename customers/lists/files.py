"""Lists by file: who is named in a CSV or a text is put on the list, in the background where it is
long."""

from collections import Counter
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.db import transactions
from crm_project.files import storing
from crm_project.files.models import File
from crm_project.jobs import running
from crm_project.jobs.kinds import Piece, Refused, RowsKind, note
from crm_project.jobs.models import Job
from customers.identity import normalising, resolution
from customers.identity import rows as identity_rows
from customers.lists import reading
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
    shape = reading.shape_of(next(storing.pieces(file), b""), has_heading=has_heading)
    params = {
        "segment": segment.pk,
        "kind": str(kind),
        "source": source.pk if source else None,
        "column": column,
        "file": file.name,
        "bytes": storing.size(file),
        "encoding": shape.encoding,
        "delimiter": shape.delimiter,
        "headings": shape.headings,
    }
    with transaction.atomic():
        job = running.begin(
            ListFile, params=params, starts_journeys=starts_journeys, by=by, now=now, input=file
        )
        return running.at_once(job, now) if params["bytes"] <= SOON else job


class ListFile(RowsKind):
    """The cursor is the place in the file, in bytes; `memo` has the number of lines before it."""

    key, label, icon = "list_file", gettext_lazy("people by file"), "upload_file"
    permission = "customers.change_segment"
    window, most, takes_file = 5_000, 50_000, True

    def is_mass(self, job):
        return job.params["bytes"] > FEW

    def rows(self, job, window):
        said = job.params
        if job.input is None:
            raise Refused(_("The file is no longer here: send it again."))
        shape = reading.Shape(said["encoding"], said["delimiter"], said["headings"])
        line = job.memo.get("line", 0)
        reader = reading.rows(pieces(job.input, job.cursor), shape, at=job.cursor, line=line)
        try:
            found = list(islice(reader, window))
        except reading.CannotRead as problem:
            raise Refused(str(problem)) from problem
        is_last = len(found) < window
        if found:
            job.memo["line"] = found[-1].line
        return Piece(found, said["bytes"] if is_last else found[-1].after, is_last)

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

    def value(self, job: Job, row: reading.Row) -> str:
        column = job.params["column"]
        return row.cells[column - 1].strip() if len(row.cells) >= column else ""

    def name_of(self, row):
        return str(row.line)

    def finish(self, job, now):
        if (segment := self.about(job)) is not None:
            details = {"kind": job.params["kind"], "rows": job.worked_rows, "added": job.done_rows}
            list_rows.note(segment, "segment.list_file", job.by, details)

    # -- how it is shown

    def about(self, job):
        return Segment.objects.filter(pk=job.params["segment"], kind=Segment.Kind.LIST).first()

    def facts(self, job):
        return [(_("file"), job.params["file"])]

    def words(self, job, reason):
        return str(WORDS.get(reason) or super().words(job, reason))

    def share(self, job):
        return min(job.cursor / max(job.params["bytes"], 1), 1.0)

    def audited(self, job):
        return {"bytes": job.params["bytes"]}


def pieces(file: File, at: int):
    """The file from this byte on; only what lies there is read."""
    number, within = divmod(at, file.part_bytes) if file.part_bytes else (0, at)
    for piece in storing.pieces(file, after=number):
        yield piece[within:]
        within = max(within - len(piece), 0)
