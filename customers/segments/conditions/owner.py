"""Owner: who looks after a customer, at which store, or that nobody does."""

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Owner, Store
from customers.segments.conditions.base import Condition, Evidence

# Of a merged customer's owners the latest is in force.
IN_FORCE = """
SELECT customer_id FROM customers_owner o WHERE is_current AND {who} AND NOT EXISTS (
  SELECT FROM customers_owner later WHERE later.customer_id = o.customer_id AND later.is_current
     AND (later.since, later.id) > (o.since, o.id)) {{among}}
"""
WHO = {
    "staff": gettext_lazy("is one of"),
    "store": gettext_lazy("is in one of the stores"),
    "nobody": gettext_lazy("is nobody"),
}


class OwnerIs(Condition):
    key, label, reads = "owner", gettext_lazy("Owner"), frozenset({"owner"})
    permission = "customers.view_customer"
    help = gettext_lazy("Who of the staff looks after them, at which store, or nobody.")

    who = forms.ChoiceField(label=gettext_lazy("owner"), choices=list(WHO.items()), initial="staff")
    staff = forms.ModelMultipleChoiceField(
        label=gettext_lazy("staff"),
        queryset=get_user_model().objects.filter(is_staff=True).order_by("username"),
        required=False,
    )
    stores = forms.ModelMultipleChoiceField(
        label=gettext_lazy("stores"), queryset=Store.objects.order_by("name", "pk"), required=False
    )

    shown_if = {"staff": "who=staff", "stores": "who=store"}

    def clean(self):
        data = super().clean()
        if data.get("who") == "staff" and not data.get("staff") and "staff" not in self.errors:
            raise ValidationError({"staff": _("Choose somebody.")})
        if data.get("who") == "store" and not data.get("stores") and "stores" not in self.errors:
            raise ValidationError({"stores": _("Choose a store.")})
        return data

    def customers(self, *, now, among):
        if self.cleaned_data["who"] == "nobody":
            return among - self.owned("staff_id IS NOT NULL", [], now=now, among=among)
        column, name = {"staff": ("staff_id", "staff"), "store": ("store_id", "stores")}[
            self.cleaned_data["who"]
        ]
        ids = sorted(row.pk for row in self.cleaned_data[name])
        return self.owned(f"{column} = ANY(%(ids)s)", ids, now=now, among=among)

    def owned(self, who: str, ids: list[int], *, now, among):
        return self.asked(IN_FORCE.format(who=who), {"ids": ids}, now=now, among=among)

    def evidence(self, customer, *, now):
        rows = Owner.objects.filter(customer=customer, is_current=True)
        found = rows.select_related("staff", "store").order_by("-since", "-pk").first()
        return [Evidence(str(found) or _("nobody"), found.since)] if found else []

    def sentence(self):
        if self.cleaned_data["who"] == "nobody":
            return _("has no owner")
        if self.cleaned_data["who"] == "store":
            names = ", ".join(store.name for store in self.cleaned_data["stores"])
            return _("is looked after in %(names)s") % {"names": names}
        names = ", ".join(str(user) for user in self.cleaned_data["staff"])
        return _("is looked after by %(names)s") % {"names": names}
