"""What happened, and the names it came under."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from crm_project.admin import Days, ModelAdmin, ReadOnly, link, money
from crm_project.templatetags.hutong import pretty_json
from customers.models import Source
from events.models import Event, EventName

MOST_NAMES = 200


class NameFilter(admin.SimpleListFilter):
    title = _("name")
    parameter_name = "name"

    def lookups(self, request, model_admin):
        return [(pk, name) for pk, name in EventName.objects.order_by("name").values_list("pk", "name")[:MOST_NAMES]]

    def queryset(self, request, queryset):
        return queryset.filter(name_id=self.value()) if (self.value() or "").isdigit() else queryset


class SourceFilter(admin.SimpleListFilter):
    title = _("source")
    parameter_name = "source"

    def lookups(self, request, model_admin):
        return Source.objects.order_by("name").values_list("pk", "name")

    def queryset(self, request, queryset):
        return queryset.filter(source_id=self.value()) if (self.value() or "").isdigit() else queryset


@admin.register(Event)
class EventAdmin(ReadOnly, ModelAdmin):
    list_display = ("occurred_at", "name", "customer_link", "about", "amount", "source", "timing")
    list_filter = (NameFilter, SourceFilter, "timing", ("occurred_at", Days))
    list_select_related = ("name", "customer", "source")
    ordering = ("-occurred_at", "-id")
    fields = (
        ("name", "customer"),
        ("occurred_at", "received_at"),
        ("source", "external_id"),
        ("about", "amount"),
        "timing",
        "properties_shown",
        "context_shown",
    )
    readonly_fields = ("properties_shown", "context_shown")

    customer_link = link("customer", _("customer"))
    amount = money("amount_fen", _("amount"))

    def get_queryset(self, request):
        return super().get_queryset(request).defer("personal")

    @display(description=_("products"))
    def about(self, row):
        return ", ".join(row.keys or [])

    @display(description=_("properties"))
    def properties_shown(self, row):
        return format_html('<pre class="ht-code ht-wrap">{}</pre>', pretty_json(row.properties))

    @display(description=_("context"))
    def context_shown(self, row):
        return format_html('<pre class="ht-code ht-wrap">{}</pre>', pretty_json(row.context))
