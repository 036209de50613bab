"""A list as a file: the columns that it shows, as it shows them (masked where it masks), safe to
open in a spreadsheet.

The file is written a part a batch, in the transaction that moves the job on; only whoever began it
may fetch it, for a day.
"""

from collections import Counter
from datetime import date, datetime, timedelta

from django import forms
from django.contrib.admin.utils import label_for_field, lookup_field
from django.db.models import Model
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.admin.themed_forms import Form as BaseForm
from crm_project.files import storing
from crm_project.jobs.models import Job
from crm_project.jobs.reporting import CSV, MARK, csv_text, safe
from customers.bulk import workbook
from customers.bulk.acts import Act, said
from customers.bulk.listing import asking

MOST_ROWS = 200_000
TOO_MANY = "too_many"
KEPT = timedelta(days=14)  # until it is whole; then a day (crm_project/jobs/running.py)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Export(Act):
    key, label, icon = "export", gettext_lazy("Export to a file"), "download"
    permission = "customers.export_list"
    needs_reason = True
    is_confirmed = True

    class Form(BaseForm):
        format = forms.ChoiceField(
            label=gettext_lazy("format"),
            choices=[("xlsx", "Excel (XLSX)"), ("csv", "CSV")],
            initial="xlsx",
            widget=forms.RadioSelect,
        )

    def carry_out(self, job: Job, rows: list, admin, now: datetime) -> Counter:
        self.begin_file(job, admin, now)
        taken = rows[: max(MOST_ROWS - job.memo["rows"], 0)]
        columns = columns_of(admin, job)
        self.add(job, [cells(row, columns, admin) for row in taken])
        return Counter({"": len(taken), TOO_MANY: len(rows) - len(taken)})

    def begin_file(self, job: Job, admin, now: datetime) -> None:
        """It has its heading, also where no row follows."""
        if job.result is not None:
            return
        kind = said(job)["format"]
        job.result = storing.make(
            by=job.by,
            name=f"{job.params['list'].replace('.', '-')}-{job.pk}-{job.by_id}.{kind}",
            content_type=CSV if kind == "csv" else XLSX,
            expires_at=now + KEPT,
        )
        heading = [
            capfirst(str(label_for_field(name, admin.model, admin)))
            for name in columns_of(admin, job)
        ]
        job.memo["rows"] = -1  # the heading is none
        if kind == "csv":
            storing.append(job.result, MARK.encode())
        else:
            head, job.memo["workbook"] = workbook.begun(f"{job.by} {job}", now)
            storing.append(job.result, head)
        self.add(job, [heading])

    def add(self, job: Job, rows: list[list[str]]) -> None:
        if not rows:
            return
        job.memo["rows"] += len(rows)
        if said(job)["format"] == "csv":
            written = csv_text([[safe(value) for value in row] for row in rows]).encode()
        else:  # a cell of a workbook is text, whatever it begins with
            written = workbook.more(job.memo["workbook"], rows)
        storing.append(job.result, written)

    def finish(self, job: Job, admin, now: datetime) -> None:
        self.begin_file(job, admin, now)
        if said(job)["format"] == "xlsx":
            storing.append(job.result, workbook.ended(job.memo["workbook"]))

    def words(self, reason: str) -> str:
        return (
            _("over the limit of %(n)s rows") % {"n": f"{MOST_ROWS:,}"}
            if reason == TOO_MANY
            else reason
        )


def columns_of(admin, job: Job) -> list:
    """Those that were shown to whoever began it; names, or callables."""
    shown = admin.get_list_display(asking(job))
    return [name for name in shown if name != "action_checkbox"]


def cells(row: Model, columns: list[str], admin) -> list[str]:
    """As the list shows them; whole where the list shows the beginning only (`whole_<column>` of
    its admin)."""
    return [
        text_of(
            lookup_field(whole if hasattr(admin, whole := f"whole_{name}") else name, row, admin)
        )
        for name in columns
    ]


def text_of(found) -> str:
    field, _attribute, value = found
    if field is not None and getattr(field, "flatchoices", None):
        value = dict(field.flatchoices).get(value, value)
    if isinstance(value, tuple):  # a coloured label: what it is, and its word
        value = value[-1]
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, SafeString):
        return " ".join(strip_tags(value.replace("</span>", " ")).split())
    return str(value)
