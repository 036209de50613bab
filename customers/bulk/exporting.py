"""A list as a file: the columns that it shows, as it shows them (masked where it masks), safe to
open in a spreadsheet; phones and e-mails in clear only by a right of its own, with a reason.

The file is written a part a batch, in the transaction that moves the job on; only whoever began it
may fetch it, for a day.
"""

from collections import Counter
from datetime import date, datetime, timedelta

import msgspec
from django.contrib.admin.utils import label_for_field, lookup_field
from django.db.models import Model
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project import audit
from crm_project.files import storing
from crm_project.jobs.kinds import Refused
from crm_project.jobs.models import Job
from crm_project.jobs.reporting import CSV, MARK, csv_text, safe
from customers.bulk import scheduled, workbook
from customers.bulk.acts import Act, said
from customers.bulk.export_form import CLEAR, CLEARED, ExportForm
from customers.bulk.listing import asking
from customers.models import Identity
from customers.privacy.sealing import scrubbed

MOST_ROWS = 200_000
TOO_MANY = "too_many"
KEPT = timedelta(days=14)  # until it is whole; then a day (crm_project/jobs/running.py)
TYPES = {
    "csv": CSV,
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/jsonl",
}


class Export(Act):
    key, label, icon = "export", gettext_lazy("Export to a file"), "download"
    permission = "customers.export_list"
    needs_reason = True
    is_confirmed = True

    def form_for(self, user, list_admin, data=None):
        return ExportForm(data, user=user, list_admin=list_admin)

    def params(self, form):
        return form.said()

    def kept(self, job):
        return timedelta(hours=said(job).get("hours") or 24)

    def audited(self, job):
        return {"clear": said(job).get("clear") or []}

    def carry_out(self, job: Job, rows: list, admin, now: datetime) -> Counter:
        self.begin_file(job, admin, now)
        taken = rows[: max(MOST_ROWS - job.memo["rows"], 0)]
        columns, clear = columns_of(admin, job), self.clear(job, taken)
        both = zip(taken, clear, strict=True)
        self.add(job, [[*cells(row, columns, admin), *found] for row, found in both])
        return Counter({"": len(taken), TOO_MANY: len(rows) - len(taken)})

    def clear(self, job: Job, rows: list) -> list[list[str]]:
        """Of each row what is asked for in clear. Raises Refused where somebody may not see it any
        more."""
        kinds = said(job).get("clear") or []
        if kinds and not job.by.has_perm(CLEAR):
            raise Refused(_("Whoever began it may not do this any more."))
        found: dict[tuple[int, str], list[str]] = {}
        if kinds:
            known = Identity.objects.filter(customer__in=rows, kind__in=kinds).order_by("pk")
            for one in known.exclude(sealed=None):
                found.setdefault((one.customer_id, one.kind), []).append(one.sealed)
        return [[", ".join(found.get((row.pk, kind), ())) for kind in kinds] for row in rows]

    def begin_file(self, job: Job, admin, now: datetime) -> None:
        """It has its heading, also where no row follows."""
        if job.result is not None:
            return
        kind = said(job)["format"]
        job.result = storing.make(
            by=job.by,
            name=f"{job.params['list'].replace('.', '-')}-{job.pk}-{job.by_id}.{kind}",
            content_type=TYPES[kind],
            expires_at=now + KEPT,
        )
        job.memo["rows"] = -1  # the heading is none
        if kind == "csv":
            storing.append(job.result, MARK.encode())
        elif kind == "xlsx":
            head, job.memo["workbook"] = workbook.begun(f"{job.by} {job}", now)
            storing.append(job.result, head)
        else:
            job.memo["rows"] = 0
            job.memo["keys"] = heading_of(admin, job, is_keys=True)
            return
        self.add(job, [heading_of(admin, job)])

    def add(self, job: Job, rows: list[list[str]]) -> None:
        if not rows:
            return
        job.memo["rows"] += len(rows)
        kind = said(job)["format"]
        if kind == "csv":
            written = csv_text([[safe(value) for value in row] for row in rows]).encode()
        elif kind == "jsonl":
            keys = job.memo["keys"]
            lines = [msgspec.json.encode(dict(zip(keys, row, strict=True))) for row in rows]
            written = b"\n".join(lines) + b"\n"
        else:  # a cell of a workbook is text, whatever it begins with
            written = workbook.more(job.memo["workbook"], rows)
        storing.append(job.result, written)

    def finish(self, job: Job, admin, now: datetime) -> None:
        self.begin_file(job, admin, now)
        if said(job)["format"] == "xlsx":
            storing.append(job.result, workbook.ended(job.memo["workbook"]))
        if kinds := said(job).get("clear"):
            audit.note(
                by=job.by,
                act="export.clear",
                subject=f"job:{job.pk}",
                details={"what": kinds, "rows": job.memo["rows"], "reason": scrubbed(job.reason)},
            )
        scheduled.deliver(job)

    def words(self, reason: str) -> str:
        return (
            _("over the limit of %(n)s rows") % {"n": f"{MOST_ROWS:,}"}
            if reason == TOO_MANY
            else reason
        )


def columns_of(admin, job: Job) -> list:
    """Those that were chosen, of what whoever began it may see; else those that were shown to
    them. Names, or callables."""
    there = offered_columns(admin, asking(job))
    chosen = said(job).get("columns")
    if chosen is None:
        return shown_columns(admin, asking(job))
    return [there[key] for key in chosen if key in there]


def shown_columns(admin, request) -> list:
    return [name for name in admin.get_list_display(request) if name != "action_checkbox"]


def offered_columns(admin, request) -> dict:
    """By its key, each column that this person may see in the list."""
    found = {key_of(one): one for one in shown_columns(admin, request)}
    if hasattr(admin, "choosable"):
        found |= {key: one for key, one in admin.choosable(request).items() if key not in found}
    return found


def key_of(column) -> str:
    return column if isinstance(column, str) else getattr(column, "__name__", str(column))


def heading_of(admin, job: Job, *, is_keys: bool = False) -> list[str]:
    """How the columns are called, for people or for programs."""
    columns, clear = columns_of(admin, job), said(job).get("clear") or []
    if is_keys:
        return [*map(key_of, columns), *(f"{kind}_clear" for kind in clear)]
    labels = [label_for_field(name, admin.model, admin) for name in columns]
    kinds = dict(CLEARED)
    return [*(capfirst(str(one)) for one in labels), *(str(kinds[kind]) for kind in clear)]


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
