"""Messages and whom nothing is sent to."""

from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from campaigns.admin.content import as_shown
from campaigns.admin.filters import Channels, Reasons
from campaigns.admin.restored import Restored
from campaigns.delivery import costs, reasons
from campaigns.delivery.channels import headline, named
from campaigns.models import Assignment, Campaign, Journey, Message, Suppression
from crm_project.admin import Days, ModelAdmin, ReadOnly, link, state
from crm_project.admin.named import NamesSubjects
from crm_project.templatetags.hutong import page_of

State = Message.State
COLOURS = {
    State.SENT: "success",
    State.SENDING: "info",
    State.WAITING: "info",
    State.QUEUED: "info",
    State.FAILED: "danger",
    State.UNKNOWN: "warning",
}


@admin.register(Message)
class MessageAdmin(Restored, ReadOnly, ModelAdmin):
    actions = ("send_anyway", "keep_back")
    when_empty = _("Messages of campaigns and journeys stand here, with what became of each.")
    list_display = (
        "title",
        "customer_link",
        "channel_label",
        "state_label",
        "reason_word",
        "why",
        "created_at",
        "sent_at",
    )
    list_filter = (
        "state",
        ("channel", Channels),
        "purpose",
        ("created_at", Days),
        ("sent_at", Days),
    )
    list_select_related = ("customer",)
    ordering = ("-pk",)
    fields = (
        ("customer_link", "channel_label"),
        ("state", "reason_word"),
        ("why", "step"),
        "moved_on",
        "text",
        ("created_at", "sent_at"),
        ("delivered_at", "opened_at", "clicked_at"),
        ("bounced_at", "complained_at", "unsubscribed_at"),
        ("provider_id", "attempts"),
        ("parts", "cost_in_yuan"),
        ("due_at", "error"),
    )
    readonly_fields = (
        "customer_link",
        "channel_label",
        "reason_word",
        "why",
        "moved_on",
        "cost_in_yuan",
        "text",
    )

    customer_link = link("customer", _("customer"))
    state_label = state(COLOURS)

    def lookup_allowed(self, lookup, value, request=None):
        return lookup in ("campaign_id", "journey_id", "run_id") or super().lookup_allowed(
            lookup, value, request
        )

    def enrich(self, rows):
        campaigns = Campaign.objects.in_bulk({m.campaign_id for m in rows} - {None})
        journeys = Journey.objects.in_bulk({m.journey_id for m in rows} - {None})
        for m in rows:
            m.sender = campaigns.get(m.campaign_id) or journeys.get(m.journey_id)

    def get_object(self, request, object_id, from_field=None):
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            self.enrich([found])
        return found

    @display(description=_("title"))
    def title(self, row):
        return headline(row.channel, row.content) or f"#{row.pk}"

    @display(description=_("channel"), ordering="channel")
    def channel_label(self, row):
        return named(row.channel)

    @display(description=_("reason"), ordering="reason")
    def reason_word(self, row):
        return reasons.word(row.reason)

    @display(description=_("sent by"))
    def why(self, row):
        if row.is_test:
            return _("test")
        return row.sender and format_html(
            '<a class="ht-link" href="{}">{}</a>', page_of(row.sender), row.sender
        )

    @display(description=_("cost"))
    def cost_in_yuan(self, row):
        return costs.yuan(row.cost)

    @display(description=_("tried before"))
    def moved_on(self, row):
        """The channels that could not reach them, and why."""
        return "; ".join(f"{named(t['channel'])}: {reasons.word(t['reason'])}" for t in row.tried)

    @display(description=_("content"))
    def text(self, row):
        return render_to_string(
            "campaigns/preview_of.html",
            {"preview": as_shown({"content": row.content}, row.channel, row.purpose)},
        )


@admin.register(Suppression)
class SuppressionAdmin(ModelAdmin):
    list_display = ("customer_link", "channel_label", "purpose_word", "reason_word", "at")
    list_display_links = ("at",)
    list_filter = (("channel", Channels), "purpose", ("reason", Reasons))
    list_select_related = ("customer",)
    ordering = ("-pk",)
    fields = ("customer", "channel_label", "purpose_word", "reason_word", "at")
    readonly_fields = fields

    customer_link = link("customer", _("customer"))

    @display(description=_("channel"), ordering="channel")
    def channel_label(self, row):
        return named(row.channel)

    @display(description=_("reason"), ordering="reason")
    def reason_word(self, row):
        return reasons.word(row.reason)

    @display(description=_("purpose"), ordering="purpose")
    def purpose_word(self, row):
        return row.get_purpose_display() or _("all purposes")

    def has_add_permission(self, request):
        return False


@admin.register(Assignment)
class AssignmentAdmin(NamesSubjects, ReadOnly, ModelAdmin):
    list_display = ("customer_link", "about", "arm", "at")
    list_display_links = ("at",)
    list_filter = ("arm",)
    search_fields = ("subject",)
    list_select_related = ("customer",)
    ordering = ("-pk",)
    fields = ("customer", "about", "arm", "at")
    readonly_fields = ("about",)

    customer_link = link("customer", _("customer"))

    @display(description=_("subject"), ordering="subject")
    def about(self, row):
        return row.subject_words
