"""Exports on a schedule: what is made when, how the last one fared; paused, gone on with."""

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.decorators import display

from crm_project.admin import ModelAdmin, ReadOnly, act
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from customers.bulk import scheduled
from customers.models import ScheduledExport
from customers.workspace.schedule_field import sentence

EXPORT = "customers.export_list"


@admin.register(ScheduledExport)
class ScheduledExportAdmin(ReadOnly, ModelAdmin):
    """Everybody's own; who may see all work sees all."""

    list_display = ("name", "when", "by", "state", "fired_at", "delivered_at", "until")
    list_select_related = ("by",)
    fields = ("name", "when", "what", "reason", "by", "until", "fired_at", "delivered_at", "state")
    readonly_fields = ("when", "what", "state")
    ordering = ("-pk",)
    when_empty = gettext_lazy("Filter a list, choose Export, and say when it is made again.")
    is_worked_in_bulk = False
    acts = ("pause", "go_on")

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        return rows if request.user.is_superuser else rows.filter(by=request.user)

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm(EXPORT)

    def may_act(self, request):
        return request.user.has_perm(EXPORT)

    def enrich(self, rows):
        """The jobs are cleared by time: of older ones they are gone."""
        found = Job.objects.in_bulk([row.job_id for row in rows if row.job_id])
        now = database_now()
        for row in rows:
            row.its_job, row.looked_at = found.get(row.job_id), now

    @display(description=gettext_lazy("again and again"))
    def when(self, row):
        return sentence(row.schedule)

    @display(description=gettext_lazy("what"))
    def what(self, row):
        shown = [row.said.get("format", ""), row.of, row.query, *row.said.get("columns", ())]
        clear = [_("%(kind)s in clear") % {"kind": kind} for kind in row.said.get("clear", ())]
        return " · ".join(one for one in [*shown, *clear] if one)

    @display(description=pgettext_lazy("of an export", "state"))
    def state(self, row):
        if not hasattr(row, "its_job"):  # of the page of one
            self.enrich([row])
        if why := scheduled.problem(row, row.its_job, row.looked_at):
            return why
        return _("well") if row.is_active else _("paused")

    @act(gettext_lazy("Pause"), icon="pause", shown=lambda row: row.is_active)
    def pause(self, request, row):
        scheduled.switch(row, is_active=False, by=request.user)

    @act(
        gettext_lazy("Go on"),
        icon="play_arrow",
        shown=lambda row: not row.is_active or row.due_at is None,
    )
    def go_on(self, request, row):
        scheduled.switch(row, is_active=True, by=request.user)
