"""Codes by file: each is one coupon's to come, and nobody else's."""

from collections import Counter
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.coupons import codes, pool
from campaigns.models import CouponBatch
from crm_project.files import storing
from crm_project.files.models import File
from crm_project.jobs import running
from crm_project.jobs.kinds import Piece, Refused, RowsKind, note
from crm_project.jobs.models import Job
from customers.lists import reading
from customers.lists.files import pieces
from customers.models import AuditEntry

SOON = 64 << 10  # bytes of a file that is worked off while the person waits
SHORTEST, LONGEST = 4, 40
KNOWN, TWICE, MALFORMED = "known", "twice", "malformed"
WORDS = {
    KNOWN: gettext_lazy("a coupon or another batch has this code already"),
    TWICE: gettext_lazy("twice in the file"),
    MALFORMED: gettext_lazy("no code: 4 to 40 of A–Z, digits and dashes"),
}


def begin(
    batch: CouponBatch,
    file: File,
    *,
    column: int = 1,
    has_heading: bool = False,
    by,
    now: datetime,
) -> Job:
    """The codes of this column wait in the batch. Raises CannotRead, Refused."""
    shape = reading.shape_of(next(storing.pieces(file), b""), has_heading=has_heading)
    params = {
        "batch": batch.pk,
        "column": column,
        "file": file.name,
        "bytes": storing.size(file),
        "encoding": shape.encoding,
        "delimiter": shape.delimiter,
        "headings": shape.headings,
    }
    with transaction.atomic():
        job = running.begin(CodesFile, params=params, by=by, now=now, input=file)
        return running.at_once(job, now) if params["bytes"] <= SOON else job


def is_code(text: str) -> bool:
    plain = text.replace("-", "").replace("_", "")
    return SHORTEST <= len(text) <= LONGEST and plain.isascii() and plain.isalnum()


class CodesFile(RowsKind):
    """The cursor is the place in the file, in bytes; `memo` has the number of lines before it."""

    key, label, icon = "coupon_codes", gettext_lazy("coupon codes by file"), "confirmation_number"
    permission = "campaigns.change_couponbatch"
    window, most, takes_file = 5_000, 50_000, True

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
        batch = (
            CouponBatch.objects.select_for_update(no_key=True)
            .filter(pk=job.params["batch"], code_mode=CouponBatch.Codes.UPLOADED)
            .first()
        )
        if batch is None:
            raise Refused(_("There is no such coupon batch."))
        counts: Counter = Counter()
        fresh: dict[str, str] = {}
        first: dict[str, reading.Row] = {}
        for row in rows:
            text = self.value(job, row)
            if not is_code(text):
                self.told(job, row, MALFORMED, counts)
            elif (digest := codes.digest(text)) in fresh:
                self.told(job, row, TWICE, counts)
            else:
                fresh[digest], first[digest] = text, row
        taken = pool.added(batch.pk, fresh)
        for digest in fresh.keys() - taken:
            self.told(job, first[digest], KNOWN, counts)
        counts[""] = len(taken)
        return counts

    def told(self, job: Job, row: reading.Row, reason: str, counts: Counter) -> None:
        """By its line; the code itself is money and stands nowhere in the clear."""
        counts[reason] += 1
        note(job, str(row.line), str(WORDS[reason]))

    def value(self, job: Job, row: reading.Row) -> str:
        column = job.params["column"]
        return row.cells[column - 1].strip() if len(row.cells) >= column else ""

    def name_of(self, row):
        return str(row.line)

    def finish(self, job, now):
        if (batch := self.about(job)) is not None:
            AuditEntry.objects.create(
                by=job.by,
                act="coupon_batch.codes",
                subject=f"couponbatch:{batch.pk}",
                details={"rows": job.worked_rows, "added": job.done_rows},
            )

    # -- how it is shown

    def about(self, job):
        return CouponBatch.objects.filter(pk=job.params["batch"]).first()

    def facts(self, job):
        return [(_("file"), job.params["file"])]

    def words(self, job, reason):
        return str(WORDS.get(reason) or super().words(job, reason))

    def share(self, job):
        return min(job.cursor / max(job.params["bytes"], 1), 1.0)

    def audited(self, job):
        return {"bytes": job.params["bytes"]}
