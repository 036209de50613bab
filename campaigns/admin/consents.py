"""What customers agreed to, by channel."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from campaigns.admin.filters import Channels
from campaigns.delivery.channels import named
from crm_project.admin import Days, ModelAdmin, ReadOnly, link
from customers.models import Consent


@admin.register(Consent)
class ConsentAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "customer_link",
        "channel_label",
        "purpose",
        "is_granted",
        "occurred_at",
        "source",
    )
    list_display_links = ("occurred_at",)
    list_filter = (("channel", Channels), "purpose", "is_granted", ("occurred_at", Days))
    list_select_related = ("customer", "source")
    ordering = ("-pk",)
    exclude = ("origin_customer", "merge")

    customer_link = link("customer", _("customer"))

    @display(description=_("channel"), ordering="channel")
    def channel_label(self, row):
        return named(row.channel)
