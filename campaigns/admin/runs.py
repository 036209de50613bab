"""Ways of customers through journeys, step by step."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from campaigns.models import Run, RunStep
from crm_project.admin import Days, ModelAdmin, ReadOnly, TabularInline, link, state
from crm_project.templatetags.hutong import pretty_json


class History(ReadOnly, TabularInline):
    model = RunStep
    fields = readonly_fields = ("visit", "step", "at", "outcome")
    ordering = ("visit",)


@admin.register(Run)
class RunAdmin(ReadOnly, ModelAdmin):
    list_display = ("number", "journey_link", "customer_link", "state_label", "step", "outcome", "is_held_out", "entered_at", "ended_at")
    list_filter = ("state", "journey", "is_held_out", ("entered_at", Days))
    list_select_related = ("journey", "customer")
    ordering = ("-pk",)
    fields = (
        ("journey_link", "customer_link"),
        ("version", "entry_key"),
        ("state", "outcome"),
        ("step", "visit"),
        ("entered_at", "ended_at"),
        ("is_held_out", "due_at"),
        "facts_shown",
        ("attempts", "error"),
    )
    readonly_fields = ("journey_link", "customer_link", "facts_shown")
    inlines = (History,)

    journey_link = link("journey", _("journey"))
    customer_link = link("customer", _("customer"))
    state_label = state({Run.State.ACTIVE: "info", Run.State.COMPLETED: "success", Run.State.EXITED: "warning"})

    @display(description=_("run"), ordering="pk")
    def number(self, row):
        return f"#{row.pk}"

    @display(description=_("facts"))
    def facts_shown(self, row):
        return format_html('<pre class="ht-code ht-wrap">{}</pre>', pretty_json(row.facts))
