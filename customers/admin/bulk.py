"""All rows of a list at once: the page that asks what is to be done, the bar that fills, the file
that is fetched."""

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpResponse,
    HttpResponseRedirect,
    QueryDict,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from crm_project.admin import Days, Form, ModelAdmin, ReadOnly, act, once, state
from crm_project.login import step_up
from crm_project.queue.due import database_now
from customers.bulk import exporting, running
from customers.bulk.acts import StartForm, acts, offered
from customers.models import BulkRun

SHORTEST_REASON = 4
LIST, ACT = "_list", "_act"


class ReasonForm(Form):
    reason = forms.CharField(label=gettext_lazy("why"), max_length=200, min_length=SHORTEST_REASON)


def counted(rows) -> tuple[int, bool]:
    """How many rows there are, and whether there are more than is counted."""
    most = 10_000
    found = rows.order_by()[: most + 1].count()
    return min(found, most), found > most


@admin.register(BulkRun)
class BulkRunAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "number",
        "act_label",
        "list_label",
        "by",
        "state_label",
        "done_rows",
        "created_at",
        "ended_at",
    )
    list_filter = ("act", ("created_at", Days))
    list_select_related = ("by",)
    ordering = ("-pk",)
    fields = (("act_label", "list_label"), ("by", "created_at"), "reason", "filter_shown")
    readonly_fields = ("act_label", "list_label", "filter_shown")
    panels_above = ("customers/bulk/progress.html",)
    acts = ("cancel",)

    state_label = state(
        {"done": "success", "running": "info", "failed": "danger", "cancelled": "warning"},
        "stage",
        _("state"),
    )

    def get_queryset(self, request):
        """Everybody's own; superusers see all."""
        runs = super().get_queryset(request)
        return runs if request.user.is_superuser else runs.filter(by=request.user)

    def has_view_permission(self, request, obj=None):
        """Whoever began one may look at it."""
        return (
            request.user.is_authenticated
            and request.user.is_staff
            and (obj is None or request.user.is_superuser or obj.by_id == request.user.pk)
        )

    def has_module_permission(self, request):
        return True

    def may_act(self, request):
        return True

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("begin/", view(self.begin_view), name="customers_bulkrun_begin"),
            path("<int:pk>/progress/", view(self.progress_view), name="customers_bulkrun_progress"),
            path("<int:pk>/file/", view(self.file_view), name="customers_bulkrun_file"),
            *super().get_urls(),
        ]

    # -- beginning

    def begin_view(self, request):
        """`_list` names the list, `_act` what is chosen, all else is the list's own filter. Sent
        twice it begins once."""
        return once.once(request, lambda: self.begun(request))

    def begun(self, request):
        query = QueryDict(request.META.get("QUERY_STRING", ""), mutable=True)
        label, key = query.pop(LIST, [""])[-1], query.pop(ACT, [""])[-1]
        list_admin = self.list_admin(request, label)
        offers = offered(request.user, label)
        chosen = next((one for one in offers if one.key == key), None)
        if not offers or (key and chosen is None):
            raise PermissionDenied
        filtered = query.urlencode()
        found, is_more = counted(
            running.listed(BulkRun(list=label, query=filtered, by=request.user), list_admin)
        )
        posted = request.POST if request.method == "POST" else None
        form = chosen and chosen().form(request.user, posted)
        reason = chosen and chosen.needs_reason and ReasonForm(posted)
        start = chosen and chosen.moves_customers and StartForm(posted)
        if (
            chosen
            and form.is_valid()
            and (not reason or reason.is_valid())
            and (not start or start.is_valid())
        ):
            if chosen.is_confirmed and (question := step_up.asked(request)):
                return question
            said = {
                "params": chosen().params(form),
                "reason": reason.cleaned_data["reason"] if reason else "",
            }
            said["starts_journeys"] = bool(start) and start.cleaned_data["starts_journeys"]
            run = running.begin(
                chosen, label=label, query=filtered, by=request.user, now=database_now(), **said
            )
            once.made(request, self.page_of(run))
            return HttpResponseRedirect(self.page_of(run))
        context = {
            **self.admin_site.each_context(request),
            "title": _("All of the list: %(list)s") % {"list": list_admin.opts.verbose_name_plural},
            "offers": [{"act": one, "url": self.address(query, label, one.key)} for one in offers],
            "chosen": chosen,
            "form": form,
            "reason": reason,
            "start": start,
            "found": found,
            "is_more": is_more,
            "back": f"{list_admin.list_page()}?{filtered}",
        }
        return TemplateResponse(request, "customers/bulk/begin.html", context)

    def list_admin(self, request, label: str):
        try:
            model = apps.get_model(label)
        except (LookupError, ValueError):
            raise Http404 from None
        found = self.admin_site._registry.get(model)  # noqa: SLF001 -- what is no list is not found
        if found is None:
            raise Http404
        if not found.has_view_permission(request):
            raise PermissionDenied
        return found

    def address(self, query: QueryDict, label: str, key: str) -> str:
        own = query.copy()
        own[LIST], own[ACT] = label, key
        return f"?{own.urlencode()}"

    # -- the bar, the file

    def enrich(self, rows):
        for row in rows:
            row.stage = (
                "cancelled"
                if row.cancelled_at
                else (
                    "failed"
                    if row.error and row.ended_at
                    else "done"
                    if row.ended_at
                    else "running"
                )
            )
            row.get_stage_display = {
                "cancelled": _("cancelled"),
                "failed": _("failed"),
                "done": _("done"),
                "running": _("under way"),
            }[row.stage].__str__

    def page_context(self, request, row):
        self.enrich([row])
        kind = acts[row.act]() if row.act in acts else None
        skipped = [
            (kind.words(reason) if kind else reason, n)
            for reason, n in sorted(row.skipped.items())
            if n
        ]
        has_file = (
            row.stage == "done"
            and row.act == exporting.Export.key
            and row.by_id == request.user.pk
            and row.expires_at > database_now()
        )
        given = kind.gives(row) if kind else None
        return {
            "run": row,
            "skipped": skipped,
            "has_file": has_file,
            "act_name": kind.label if kind else row.act,
            "given": given,
        }

    def own(self, request, pk: int) -> BulkRun:
        run = self.get_queryset(request).filter(pk=pk).first()
        if run is None:
            raise Http404
        return run

    def progress_view(self, request, pk):
        shown = self.page_context(request, self.own(request, pk))
        # What may no longer be done, and what may now, stands elsewhere on the page.
        headers = {} if shown["run"].stage == "running" else {"HX-Refresh": "true"}
        return TemplateResponse(request, "customers/bulk/progress.html", shown, headers=headers)

    def file_view(self, request, pk):
        """Only for whoever made it, and for a day."""
        run = self.own(request, pk)
        if (
            run.by_id != request.user.pk
            or run.act != exporting.Export.key
            or run.ended_at is None
            or run.cancelled_at
            or run.error
        ):
            raise Http404
        if run.expires_at <= database_now():
            return HttpResponse(
                _("This file is no longer kept: export the list again."),
                status=410,
                content_type="text/plain; charset=utf-8",
            )
        running.audit(run, "fetch", {"rows": run.done_rows})
        kind = (
            "text/csv; charset=utf-8"
            if run.params["format"] == "csv"
            else "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        )
        response = StreamingHttpResponse(exporting.file_of(run), content_type=kind)
        response["Content-Disposition"] = f'attachment; filename="{exporting.name_of(run)}"'
        response["Cache-Control"] = "no-store"
        return response

    @act(
        gettext_lazy("Cancel"),
        icon="cancel",
        style="danger",
        shown=lambda run: run.ended_at is None,
    )
    def cancel(self, request, run):
        if running.cancel(run, database_now()):
            messages.success(request, _("No further row is touched."))

    # -- columns

    @display(description=gettext_lazy("number"), ordering="pk")
    def number(self, row):
        return f"#{row.pk}"

    @display(description=gettext_lazy("act"))
    def act_label(self, row):
        return acts[row.act].label if row.act in acts else row.act

    @display(description=gettext_lazy("list"))
    def list_label(self, row):
        try:
            return apps.get_model(row.list)._meta.verbose_name_plural
        except LookupError:
            return row.list

    @display(description=gettext_lazy("filter"))
    def filter_shown(self, row):
        return ", ".join(
            f"{name} = {value}"
            for name, value in QueryDict(row.query).items()
            if name != running.CHOSEN
        ) or _("everything")
