"""What happened, and the names it came under."""

from django.contrib import admin
from django.db import connection
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from crm_project.admin import Days, ModelAdmin, ReadOnly, link, money
from crm_project.admin.filters import midnight
from crm_project.bounds import whole_in
from crm_project.templatetags.hutong import pretty_json
from crm_project.web import viewer
from customers.models import Source
from events import words
from events.admin.paging import EventPaginator
from events.models import Event, EventName
from events.privacy.personal import masked_part
from events.rights import events_permissions

MOST_NAMES = 200
LOOKED_AT = 200_000


class NameFilter(admin.SimpleListFilter):
    title = _("name")
    parameter_name = "name"

    def lookups(self, request, model_admin):
        return [
            (pk, words.event(name))
            for pk, name in EventName.objects.order_by("name").values_list("pk", "name")[
                :MOST_NAMES
            ]
        ]

    def queryset(self, request, queryset):
        name = whole_in(self.value() or "")
        return queryset if name is None else queryset.filter(name_id=name)


class SourceFilter(admin.SimpleListFilter):
    title = _("source")
    parameter_name = "source"

    def lookups(self, request, model_admin):
        return Source.objects.order_by("name").values_list("pk", "name")

    def queryset(self, request, queryset):
        source = whole_in(self.value() or "")
        return queryset if source is None else newest(request, queryset).filter(source_id=source)


class TimingFilter(admin.SimpleListFilter):
    title = _("timing")
    parameter_name = "timing"

    def lookups(self, request, model_admin):
        return Event.Timing.choices

    def queryset(self, request, queryset):
        if self.value() == str(Event.Timing.FUTURE.value):
            return queryset.filter(
                out_of_range=True, timing=Event.Timing.FUTURE
            )  # they stand in a place of their own
        if self.value() not in {str(value) for value in Event.Timing.values}:
            return queryset
        return newest(request, queryset).filter(timing=self.value())


def newest(request, queryset):
    """No index knows an event's source or timing: without a name they are looked for among the
    newest."""
    if request.GET.get("name"):
        return queryset
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM events_event_id_seq")
        return queryset.filter(pk__gt=cursor.fetchone()[0] - LOOKED_AT)


def may_see(event: Event) -> bool:
    """What it says, and not only that it was."""
    return viewer.may(*events_permissions([event.name.name]))


@admin.register(Event)
class EventAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "occurred_at",
        "name_said",
        "customer_link",
        "about",
        "amount",
        "source",
        "timing",
    )
    list_filter = (NameFilter, SourceFilter, TimingFilter, ("occurred_at", Days))
    list_select_related = ("name", "customer", "source")
    ordering = ("-occurred_at", "-id")
    fields = (
        ("name_said", "customer"),
        ("occurred_at", "received_at"),
        ("source", "external_id"),
        ("about", "amount"),
        "timing",
        "properties_shown",
        "context_shown",
    )
    readonly_fields = ("name_said", "properties_shown", "context_shown")

    customer_link = link("customer", _("customer"))
    amount = money("amount_fen", _("amount"))

    def get_queryset(self, request):
        return super().get_queryset(request).defer("personal")

    def get_paginator(self, request, queryset, per_page, orphans=0, allow_empty_first_page=True):
        made = EventPaginator(queryset, per_page, orphans, allow_empty_first_page)
        made.is_in_time = not any(
            request.GET.get(name) for name in ("name", "source", "timing", "q", "o", "customer")
        )
        if made.is_in_time and (said := request.GET.get("occurred_at_from")):
            made.since = midnight(said)
        if made.is_in_time and (said := request.GET.get("occurred_at_to")):
            made.until = midnight(said, days=1)
        return made

    def enrich(self, rows):
        called = words.product_names({key for row in rows for key in row.keys or []})
        for row in rows:
            row.called = called

    def get_object(self, request, object_id, from_field=None):
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            self.enrich([found])
        return found

    @display(description=_("name"))
    def name_said(self, row):
        return words.event(row.name.name)

    @display(description=_("products"))
    def about(self, row):
        return (
            ", ".join(row.called.get(key, key) for key in row.keys or [])
            if may_see(row)
            else "••••"
        )

    @display(description=_("properties"))
    def properties_shown(self, row):
        return format_html(
            '<pre class="ht-code ht-wrap">{}</pre>',
            pretty_json(masked_part(row, "properties")) if may_see(row) else "••••",
        )

    @display(description=_("context"))
    def context_shown(self, row):
        return format_html(
            '<pre class="ht-code ht-wrap">{}</pre>',
            pretty_json(masked_part(row, "context")) if may_see(row) else "••••",
        )
