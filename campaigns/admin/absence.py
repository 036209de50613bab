"""The plain form "did A and then no B within T → a coupon and a message": for a marketer who sees
it for the first time."""

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.admin.gift import GiftForm
from campaigns.recipes import absence
from customers.segments.conditions.fields import UNIT_SECONDS, UNITS
from events.fields import EventNameField


class AbsenceForm(GiftForm):
    title = _("Not followed by: coupon and message")
    who_title = _("Who: did A and then no B")
    note = _(
        "Somebody does something, and what should follow does not: they looked at a product and did"
        " not order, they began to pay and did not finish. Then they get a coupon and a message, by"
        " themselves and once."
    )
    who = ("entered_by", "ended_by", "within_n", "within_unit", "same_product")
    message_title = _("{{ customer.name | default: 'Hello' }}, do you still want it?")
    message_body = _(
        "{{ product.name | default: 'What you looked at' }} is waiting for you.{% if coupon.code %}"
        " Here is a coupon: {{ coupon.value }}, code {{ coupon.code }}, until {{ coupon.expires"
        " }}.{% endif %}"
    )

    entered_by = EventNameField(label=_("somebody did"), initial="Product Viewed")
    ended_by = EventNameField(label=_("and then did not"), initial="Order Completed")
    within_n = forms.IntegerField(label=_("within"), min_value=1, max_value=100_000, initial=24)
    within_unit = forms.ChoiceField(label=_("unit"), choices=UNITS[:-1], initial="hours")
    same_product = forms.BooleanField(label=_("of the same product"), required=False, initial=True)

    def clean(self):
        data = super().clean()
        if data.get("entered_by") and data.get("entered_by") == data.get("ended_by"):
            self.add_error("ended_by", _("These are the same."))
        return data

    def make(self, *, content, **common):
        data = self.cleaned_data
        return absence.create(
            entered_by=data["entered_by"].strip(),
            ended_by=data["ended_by"].strip(),
            within_seconds=data["within_n"] * UNIT_SECONDS[data["within_unit"]],
            same_product=data["same_product"],
            title=content["title"],
            body=content["body"],
            page=content.get("page", ""),
            **common,
        )
