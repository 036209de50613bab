"""What sending costs, set by people in fen."""

from decimal import Decimal

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from campaigns.admin.filters import Channels
from campaigns.delivery import costs
from campaigns.delivery.channels import channels, named
from campaigns.models import Price
from crm_project.admin import ModelAdmin, themed

HUNDREDTHS = 100


class PriceForm(forms.ModelForm):
    channel = forms.ChoiceField(
        label=_("channel"),
        choices=lambda: [
            *((c.key, c.label) for c in channels if not c.is_pull),
            (costs.PHONE, costs.PHONE_LABEL),
        ],
    )
    fen = forms.DecimalField(
        label=_("price of one part, in fen"),
        min_value=0,
        max_value=1_000_000,
        decimal_places=2,
        help_text=_("With up to two decimals: a short message is 4.5 fen, say."),
    )

    class Meta:
        model = Price
        fields = ("channel", "connection", "kind", "since")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["fen"] = Decimal(self.instance.price) / HUNDREDTHS
        themed(self)

    def clean(self):
        data = super().clean()
        if data.get("fen") is not None:
            self.instance.price = int(data["fen"] * HUNDREDTHS)
        return data


@admin.register(Price)
class PriceAdmin(ModelAdmin):
    """A new price is a new row with its day: what was sent before keeps what it cost."""

    form = PriceForm
    list_display = ("channel_label", "connection", "kind", "fen", "since")
    list_filter = (("channel", Channels),)
    list_select_related = ("connection",)
    ordering = ("channel", "-since")
    fields = (("channel", "kind"), "connection", ("fen", "since"))
    changed_beside = ("price",)

    @display(description=_("channel"), ordering="channel")
    def channel_label(self, row):
        return str(costs.PHONE_LABEL) if row.channel == costs.PHONE else named(row.channel)

    @display(description=_("price of one part, in fen"), ordering="price")
    def fen(self, row):
        return f"{row.price / HUNDREDTHS:g}"
