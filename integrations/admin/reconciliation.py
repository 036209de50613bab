"""Reconciliation: which sources are compared, the days, and the orders that differ."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from crm_project.admin import Form, ModelAdmin, ReadOnly, act, once
from crm_project.files import uploads
from crm_project.files.stores import StoreFailed
from crm_project.jobs.kinds import Refused
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from crm_project.templatetags.hutong import yuan
from crm_project.web.sizes import takes_files
from customers.models import AuditEntry, Connection, Source
from integrations.admin.import_forms import ORDERS, UNITS
from integrations.models import Difference, ReconciledDay, Reconciliation
from integrations.outbound.client import CallFailed, in_words
from integrations.sync.files.reading.rows import CannotRead
from integrations.sync.reconciliation import (
    bringing,
    comparing,
    contract,
    fetching,
    listed,
    trend,
)
from integrations.sync.reconciliation.vendor import Summary

MOST_SHOWN = 200
CHANGE = "integrations.change_reconciliation"
REFUSED = (CannotRead, Refused, uploads.Refused, StoreFailed)
AGREES = {True: pgettext_lazy("reconciliation", "agrees"), False: _("differs")}


class ReconciliationForm(forms.ModelForm):
    class Meta:
        model = Reconciliation
        fields = ("source", "connection", "time_zone", "days", "is_active")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "source" in self.fields:
            self.fields["source"].queryset = Source.objects.filter(
                trust=Source.Trust.SERVER
            ).others()
        if "connection" in self.fields:
            self.fields["connection"].queryset = Connection.objects.filter(vendor=Summary.key)


class ListForm(Form):
    """A list of orders, and what cannot be seen in it."""

    file = forms.FileField(
        label=_("file"), required=False, help_text=_("CSV, Excel (.xlsx) or JSON Lines.")
    )
    upload = forms.CharField(required=False, widget=forms.HiddenInput)  # brought in parts
    unit = forms.ChoiceField(
        label=_("money is in"),
        required=False,
        choices=[("", _("as the headings say, else yuan")), *UNITS],
    )
    order = forms.ChoiceField(
        label=_("days begin with"), required=False, choices=[("", _("as it can be seen")), *ORDERS]
    )
    first = forms.DateField(
        label=_("first day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("From this day on the list has every order. Empty: from its first order on."),
    )
    last = forms.DateField(
        label=_("last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Days that are not over are left out."),
    )

    def clean(self):
        data = super().clean()
        if not (data.get("file") or data.get("upload")) and not self.errors:
            self.add_error("file", gettext("Choose a file."))
        first, last = data.get("first"), data.get("last")
        if first and last and first > last:
            self.add_error("last", gettext("The last day is before the first."))
        return data

    def brought(self, by, now):
        """The file, in parts or with this form. Raises uploads.Refused, StoreFailed."""
        if said := self.cleaned_data["upload"]:
            return uploads.complete(said, by=by, now=now)
        return uploads.received(self.cleaned_data["file"], by=by, now=now)


@admin.register(Reconciliation)
class ReconciliationAdmin(ModelAdmin):
    form = ReconciliationForm
    when_empty = _(
        "Your own system tells how many orders it has of each day, and here it is compared."
        " Connect its summary first, under Connections; or bring its orders as a list."
    )
    list_display = ("source", "complete_until", "differing", "asked_at", "is_active")
    list_select_related = ("source",)
    ordering = ("source__name",)
    panels_above = ("integrations/sync/reconciliation.html",)
    acts = ("compare_now", "fetch_all")

    def get_readonly_fields(self, request, obj=None):
        return ("source",) if obj else ()

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        comparing.compare_now(obj)
        self.noted(request, obj, "change" if change else "create")

    def noted(self, request, row, what):
        AuditEntry.objects.create(
            by=request.user,
            act=f"reconciliation.{what}",
            subject=f"reconciliation:{row.pk}",
            details={},
        )

    def enrich(self, rows):
        unequal = ReconciledDay.objects.filter(reconciliation__in=rows, is_equal=False)
        found = dict(unequal.values_list("reconciliation").annotate(n=Count("pk")))
        for row in rows:
            row.unequal_days = found.get(row.pk, 0)

    @display(description=_("days that differ"))
    def differing(self, row):
        return row.unequal_days

    def page_context(self, request, row):
        found = list(row.reconciled.order_by("-day")[: max(row.days, trend.DAYS)])
        return {
            "days": found,
            "unequal": [one for one in found if not one.is_equal],
            "chart": trend.chart_of(row, database_now()),
            "may_bring": request.user.has_perm(CHANGE),
            "problem": in_words(row.problem),
        }

    # -- a list that somebody brings

    def get_urls(self):
        view = self.admin_site.admin_view(self.list_view)
        where = path("<int:pk>/list/", view, name="integrations_reconciliation_list")
        return [where, *super().get_urls()]

    @takes_files
    def list_view(self, request, pk: int):
        """A list of theirs is the other side of its days."""
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        row = Reconciliation.objects.select_related("source").filter(pk=pk).first()
        if row is None:
            raise Http404
        if request.method == "POST":
            return once.once(request, lambda: self.brought(request, row))
        return self.list_page(request, row, ListForm())

    def brought(self, request, row):
        form, now = ListForm(request.POST, request.FILES), database_now()
        if form.is_valid():
            data = form.cleaned_data
            said = {name: data[name] for name in ("unit", "order", "first", "last")}
            try:
                file = form.brought(request.user, now)
                job = bringing.begin(row, file, by=request.user, now=now, **said)
            except REFUSED as refused:
                form.add_error("file", str(refused))
            else:
                return self.after_list(request, row, job)
        return self.list_page(request, row, form, status=400)

    def after_list(self, request, row, job):
        """Back to the source; to the job where it is not over, or there is something to read."""
        if job.state == Job.State.DONE and not any(job.skipped.values()):
            n = job.memo["days"]
            text = ngettext("%(n)s day was compared.", "%(n)s days were compared.", n)
            messages.success(request, text % {"n": n})
            where = "admin:integrations_reconciliation_change"
            return HttpResponseRedirect(reverse(where, args=[row.pk]))
        return HttpResponseRedirect(reverse("admin:crm_project_job_change", args=[job.pk]))

    def list_page(self, request, row, form, *, status=200):
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Compare a list: %(source)s") % {"source": row.source.name},
            "opts": self.opts,
            "row": row,
            "form": form,
            "fields": [
                (one.label, (*one.headings[:3], one.headings[-1])) for one in bringing.KIND.fields
            ],
        }
        name = "integrations/sync/compare_list.html"
        return TemplateResponse(request, name, context, status=status)

    @act(_("Compare now"), icon="sync", style="primary")
    def compare_now(self, request, row):
        comparing.compare_now(row)
        self.message_user(request, gettext("It is compared within a few seconds."))

    @act(
        _("Fetch what differs"),
        icon="cloud_download",
        confirm=_("The orders that differ are asked for again. Fetch them?"),
        shown=lambda row: bool(row.connection_id) and fetchable(row).exists(),
    )
    def fetch_all(self, request, row):
        found = fetchable(row).order_by("asked_again_at", "pk")
        fetch(self, request, row, list(found[: contract.MOST_ORDERS]))
        self.noted(request, row, "fetch")


def fetchable(row):
    return Difference.objects.filter(day__reconciliation=row)


def fetch(page, request, row, differences) -> None:
    """They were asked for, and whoever asked is told what came."""
    try:
        taken, refused = fetching.fetch(row, differences, database_now())
    except (CallFailed, contract.Unreadable) as failed:
        page.message_user(request, in_words(str(failed)), "ERROR")
        return
    comparing.compare_now(row)
    text = ngettext(
        "%(n)s order was asked for again; %(taken)s came at once, %(refused)s refused.",
        "%(n)s orders were asked for again; %(taken)s came at once, %(refused)s refused.",
        len(differences),
    )
    page.message_user(request, text % {"n": len(differences), "taken": taken, "refused": refused})


@admin.register(ReconciledDay)
class ReconciledDayAdmin(ReadOnly, ModelAdmin):
    list_display = ("day", "reconciliation", "state", "orders", "their_orders", "paid", "there")
    list_filter = ("is_equal", ("reconciliation__source", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("reconciliation__source",)
    ordering = ("-day",)
    when_empty = _("No day has been compared yet.")
    fields = (
        ("reconciliation", "day", "compared_at"),
        ("orders", "their_orders"),
        ("customers", "their_customers"),
    )
    panels_below = ("integrations/sync/differences.html",)
    acts = ("fetch_day", "leave_list")

    def may_act(self, request):
        return request.user.has_perm("integrations.change_reconciliation")

    @display(description=_("state"), label={"True": "success", "False": "danger"})
    def state(self, row):
        return str(row.is_equal), AGREES[row.is_equal]

    @display(description=_("paid here"))
    def paid(self, row):
        return yuan(row.paid_fen - row.refunded_fen)

    @display(description=_("paid there"))
    def there(self, row):
        return yuan(row.their_paid_fen - row.their_refunded_fen)

    def page_context(self, request, row):
        found = list(row.differences.order_by("number")[: MOST_SHOWN + 1])
        return {
            "differences": found[:MOST_SHOWN],
            "has_more": len(found) > MOST_SHOWN,
            "may_import": request.user.has_perm("integrations.add_fileimport"),
        }

    @act(
        _("Ask its system instead of the list"),
        icon="undo",
        shown=lambda row: bool(row.listing and row.reconciliation.connection_id),
    )
    def leave_list(self, request, row):
        listed.leave(row)
        comparing.compare_now(row.reconciliation)
        self.message_user(request, gettext("It is compared within a few seconds."))

    @act(
        _("Fetch what differs"),
        icon="cloud_download",
        shown=lambda row: bool(row.reconciliation.connection_id) and row.differences.exists(),
    )
    def fetch_day(self, request, row):
        found = list(row.differences.all()[: contract.MOST_ORDERS])
        fetch(self, request, row.reconciliation, found)
