"""Codes by file: each is one coupon's to come, and nobody else's."""

from collections import Counter
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.coupons import codes, pool
from campaigns.models import CouponBatch
from crm_project.files.models import File
from crm_project.jobs import running
from crm_project.jobs.kinds import Refused, note
from crm_project.jobs.models import Job
from customers.lists import csv_jobs, reading
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
    params = {
        "batch": batch.pk,
        **csv_jobs.params_of(file, column=column, has_heading=has_heading),
    }
    with transaction.atomic():
        job = running.begin(CodesFile, params=params, by=by, now=now, input=file)
        return running.at_once(job, now) if params["bytes"] <= SOON else job


def is_code(text: str) -> bool:
    plain = text.replace("-", "").replace("_", "")
    return SHORTEST <= len(text) <= LONGEST and plain.isascii() and plain.isalnum()


class CodesFile(csv_jobs.CsvKind):
    key, label, icon = "coupon_codes", gettext_lazy("coupon codes by file"), "confirmation_number"
    permission = "campaigns.change_couponbatch"
    reasons = WORDS

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
