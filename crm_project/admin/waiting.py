"""Work that waits: every due row of every table, the ones that failed too often, and "try again"."""

from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm_project.models import Heartbeat
from crm_project.queue.due import STUCK_AFTER, DueRow, database_now

SHOWN = 20
OLDEST_HEARTBEAT = 10
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
    """Per table: due now, stuck, due since when; one statement over the partial indexes of what waits."""
    one = (
        "SELECT '{label}', count(*) FILTER (WHERE due_at <= %(now)s), count(*) FILTER (WHERE attempts >= %(stuck)s), "
        "min(due_at) FILTER (WHERE due_at <= %(now)s) FROM {table} WHERE due_at IS NOT NULL AND (due_at <= %(now)s OR attempts >= %(stuck)s)"
    )
    sql = " UNION ALL ".join(one.format(label=m._meta.label_lower, table=connection.ops.quote_name(m._meta.db_table)) for m in tables())
    with connection.cursor() as cursor:
        cursor.execute(sql, {"now": now, "stuck": STUCK_AFTER})
        return {label: (waiting, stuck, oldest) for label, waiting, stuck, oldest in cursor.fetchall()}


def health(now: datetime) -> dict:
    """In one line: who was seen alive, how long the oldest work waits, how many rows are stuck."""
    seen = dict(Heartbeat.objects.values_list("name", "at"))
    found = counts(now)
    oldest = min((oldest for _waiting, _stuck, oldest in found.values() if oldest), default=None)
    return {
        "parts": [(part, bool(at := seen.get(part)) and (now - at).total_seconds() <= OLDEST_HEARTBEAT) for part in PARTS],
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
    for model, (waiting, stuck, oldest) in zip(tables(), counts(database_now()).values(), strict=True):
        rows = [(row, page_of(row)) for row in model.objects.stuck().order_by("pk")[:SHOWN]] if stuck else []
        queues.append(Queue(model, waiting, stuck, oldest, rows))
    context = {**admin.site.each_context(request), "title": _("Waiting work"), "queues": queues, "stuck": sum(q.stuck for q in queues)}
    return TemplateResponse(request, "hutong/waiting.html", context)


def try_again(request):
    model = next((m for m in tables() if m._meta.label_lower == request.POST.get("table")), None)
    if model is None:
        raise Http404
    tried = model.objects.stuck().try_again()
    messages.success(request, ngettext("%(n)d row is tried again.", "%(n)d rows are tried again.", tried) % {"n": tried})
    return HttpResponseRedirect(reverse("admin:waiting"))


def page_of(row) -> str:
    try:
        return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return ""
