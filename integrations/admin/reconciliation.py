"""Reconciliation: which sources are compared, the days, and the orders that differ."""

from django import forms
from django.contrib import admin
from django.db.models import Count
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from crm_project.admin import ModelAdmin, ReadOnly, act
from crm_project.queue.due import database_now
from crm_project.templatetags.hutong import yuan
from customers.models import AuditEntry, Connection, Source
from integrations.models import Difference, ReconciledDay, Reconciliation
from integrations.outbound.client import CallFailed, in_words
from integrations.sync.reconciliation import comparing, contract, fetching
from integrations.sync.reconciliation.vendor import Summary

MOST_SHOWN = 200
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


@admin.register(Reconciliation)
class ReconciliationAdmin(ModelAdmin):
    form = ReconciliationForm
    when_empty = _(
        "Your own system tells how many orders it has of each day, and here it is compared."
        " Connect its summary first, under Connections."
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
        days = list(row.reconciled.order_by("-day")[: row.days])
        return {
            "days": days,
            "unequal": [one for one in days if not one.is_equal],
            "problem": in_words(row.problem),
        }

    @act(_("Compare now"), icon="sync", style="primary")
    def compare_now(self, request, row):
        comparing.compare_now(row)
        self.message_user(request, gettext("It is compared within a few seconds."))

    @act(
        _("Fetch what differs"),
        icon="cloud_download",
        confirm=_("The orders that differ are asked for again. Fetch them?"),
        shown=lambda row: Difference.objects.filter(day__reconciliation=row).exists(),
    )
    def fetch_all(self, request, row):
        found = Difference.objects.filter(day__reconciliation=row).order_by("asked_again_at", "pk")
        fetch(self, request, row, list(found[: contract.MOST_ORDERS]))
        self.noted(request, row, "fetch")


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
    fields = (
        ("reconciliation", "day", "compared_at"),
        ("orders", "their_orders"),
        ("customers", "their_customers"),
    )
    panels_below = ("integrations/sync/differences.html",)
    acts = ("fetch_day",)

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
        return {"differences": found[:MOST_SHOWN], "has_more": len(found) > MOST_SHOWN}

    @act(
        _("Fetch what differs"),
        icon="cloud_download",
        shown=lambda row: row.differences.exists(),
    )
    def fetch_day(self, request, row):
        found = list(row.differences.all()[: contract.MOST_ORDERS])
        fetch(self, request, row.reconciliation, found)
