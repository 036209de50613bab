"""The file of errors of a job: a line for each row that was not done, which row and why, in the
language of whoever began it. It opens in a spreadsheet."""

import csv
import io
import re
import unicodedata
from datetime import datetime

from django.utils.translation import gettext as _

from crm_project.files import storing
from crm_project.jobs.models import Job

MARK = "\ufeff"  # Excel takes a CSV for UTF-8 only with it
# What a spreadsheet may take for the beginning of a formula, after what it skips.
FORMULA = re.compile(r"[=+\-@\t\r\n]")


def write(job: Job, expires_at: datetime) -> None:
    """What was noted of this batch is in the file."""
    noted = job.__dict__.pop("noted", [])
    if not noted:
        return
    text = csv_text([[safe(cell) for cell in line] for line in noted])
    if job.errors is None:
        text = (
            MARK + csv_text([[_("row"), _("why it was not done"), _("what stands there")]]) + text
        )
        job.errors = storing.make(
            by=job.by, name=f"errors-{job.pk}.csv", content_type=CSV, expires_at=expires_at
        )
    storing.append(job.errors, text.encode())


CSV = "text/csv; charset=utf-8"


def csv_text(rows: list) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def safe(text: str) -> str:
    """The text itself, or with an apostrophe before it where a spreadsheet might calculate."""
    plain = unicodedata.normalize("NFKC", text)
    begins = next(
        (
            c
            for c in plain
            if c in "\t\r\n" or not (c.isspace() or unicodedata.category(c) in ("Cc", "Cf"))
        ),
        "",
    )
    return f"'{text}" if FORMULA.match(begins) else text
