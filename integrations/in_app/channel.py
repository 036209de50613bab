"""Messages inside the mini-program: its server fetches them from us (GET /api/v1/messages)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.delivery.channels import Address, Channel, LiquidField
from crm_project.db.sets import among
from customers.models import Customer, Identity
from customers.segments.conditions.base import asked


class InApp(Channel):
    key, label = "in_app", _("in the mini-program")
    is_pull = True
    is_markup = False
    quiet_hours_apply = False
    granted_by_default = True

    class Content(forms.Form):
        title = LiquidField(label=_("title"), max_length=200)
        body = LiquidField(label=_("text"), max_length=2000, is_long=True)
        page = LiquidField(
            label=_("page in the mini-program"),
            max_length=500,
            required=False,
            help_text=_("Opened when the message is tapped."),
        )

    def addresses(self, customer_ids):
        known = Identity.objects.filter(among("customer", customer_ids)).values("customer")
        found = Customer.objects.alive().filter(pk__in=known).values_list("pk", "public_id")
        return {pk: [Address(None, public_id)] for pk, public_id in found}

    def reached(self, customers):
        return asked(
            "SELECT DISTINCT customer_id FROM customers_identity WHERE true {among}",
            {},
            among=customers,
        )
