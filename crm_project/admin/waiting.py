"""Work that waits: every due row of every table, the ones that failed too often, and "try
again"."""

from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Q, QuerySet, Value
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm_project.hosts import signs
from crm_project.models import Host
from crm_project.queue.due import STUCK_AFTER, DueRow, database_now

SHOWN = 20
PARTS = ("worker", "beat")


@dataclass
class Queue:
    """One table's waiting rows."""

    model: type[DueRow]
    waiting: int
    stuck: int
    oldest: datetime | None
    rows: list

    @property
    def label(self) -> str:
        return self.model._meta.label_lower

    @property
    def name(self) -> str:
        return self.model._meta.verbose_name_plural


def tables() -> list[type[DueRow]]:
    return [model for model in apps.get_models() if issubclass(model, DueRow)]


def counts(now: datetime) -> dict[str, tuple[int, int, datetime | None]]:
    """Per table: overdue, stuck, overdue since when; one statement over the partial indexes of what
    waits."""
    one = (
        "SELECT '{label}', count(*) FILTER (WHERE is_late), count(*) FILTER (WHERE attempts >= %s),"
        " min(due_at) FILTER (WHERE is_late) FROM ({late} UNION ALL {stuck}) AS looked_at (due_at,"
        " attempts, is_late)"
    )
    parts, values = [], []
    for model in tables():
        late, of_late = looked_at(model.objects.overdue(now), is_late=True)
        others = model.objects.stuck().exclude(Q(due_at__lte=now) & ~model.paused())
        stuck, of_stuck = looked_at(others, is_late=False)
        parts.append(one.format(label=model._meta.label_lower, late=late, stuck=stuck))
        values += [STUCK_AFTER, *of_late, *of_stuck]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        return {
            label: (waiting, stuck, oldest) for label, waiting, stuck, oldest in cursor.fetchall()
        }


def looked_at(rows: QuerySet, *, is_late: bool) -> tuple[str, tuple]:
    """The rows' due time and attempts as SQL with its parameters."""
    return (
        rows.order_by()
        .annotate(is_late=Value(is_late))
        .values_list("due_at", "attempts", "is_late")
        .query.sql_with_params()
    )


def health(now: datetime) -> dict:
    """In one line: who was seen alive, how long the oldest work waits, how many rows are stuck."""
    ages = signs.of_parts(list(Host.objects.all()), now)
    found = counts(now)
    oldest = min((oldest for _waiting, _stuck, oldest in found.values() if oldest), default=None)
    return {
        "parts": [
            (part, ages[part] is not None and signs.status(ages[part]) == "up") for part in PARTS
        ],
        "waits_seconds": int((now - oldest).total_seconds()) if oldest else 0,
        "stuck": sum(stuck for _waiting, stuck, _oldest in found.values()),
    }


def waiting_view(request):
    """The page of System > Waiting work; a post tries one table's stuck rows again."""
    if not request.user.is_superuser:
        raise PermissionDenied
    if request.method == "POST":
        return try_again(request)
    queues = []
    for model, (waiting, stuck, oldest) in zip(
        tables(), counts(database_now()).values(), strict=True
    ):
        rows = (
            [(row, page_of(row)) for row in model.objects.stuck().order_by("pk")[:SHOWN]]
            if stuck
            else []
        )
        queues.append(Queue(model, waiting, stuck, oldest, rows))
    context = {
        **admin.site.each_context(request),
        "title": _("Waiting work"),
        "queues": queues,
        "stuck": sum(q.stuck for q in queues),
    }
    return TemplateResponse(request, "hutong/waiting.html", context)


def try_again(request):
    model = next((m for m in tables() if m._meta.label_lower == request.POST.get("table")), None)
    if model is None:
        raise Http404
    tried = model.objects.stuck().try_again()
    messages.success(
        request,
        ngettext("%(n)d row is tried again.", "%(n)d rows are tried again.", tried) % {"n": tried},
    )
    return HttpResponseRedirect(reverse("admin:waiting"))


def page_of(row) -> str:
    try:
        return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return ""
