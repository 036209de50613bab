"""Unproven identities, the audit log."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from crm_project.admin import Days, ModelAdmin, ReadOnly, link
from crm_project.admin.named import NamesSubjects
from customers.models import AttributeChange, AuditEntry, IdentityClaim


@admin.register(IdentityClaim)
class ClaimAdmin(ReadOnly, ModelAdmin):
    list_display = ("kind", "masked_value", "customer_link", "source", "first_seen_at")
    list_filter = ("kind",)
    list_select_related = ("customer", "source")
    ordering = ("-pk",)
    fields = ("kind", "masked_value", "customer", "source", "first_seen_at")

    customer_link = link("customer", _("customer"))

    @display(description=_("value"))
    def masked_value(self, row):
        return row.masked_value


@admin.register(AttributeChange)
class AttributeChangeAdmin(ReadOnly, ModelAdmin):
    list_display = ("key", "shown", "customer_link", "occurred_at", "source")
    list_select_related = ("customer", "source")
    ordering = ("-pk",)
    fields = ("key", "shown", "customer", "source", "occurred_at")

    customer_link = link("customer", _("customer"))

    @display(description=_("value"))
    def shown(self, row):
        return "••••" if row.sealed is not None else row.value


@admin.register(AuditEntry)
class AuditAdmin(NamesSubjects, ReadOnly, ModelAdmin):
    list_display = ("at", "act", "about", "by")
    list_filter = ("act", ("at", Days))
    search_fields = ("subject", "act")
    list_select_related = ("by",)
    ordering = ("-at", "-pk")
    fields = ("at", "by", "act", "about", "details")
    readonly_fields = ("about",)

    @display(description=_("subject"), ordering="subject")
    def about(self, row):
        return row.subject_words
