"""The owner on a customer's page: who it is, assigning another, and how it came."""

from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Owner
from customers.owners import assigning
from customers.owners.forms import AssignForm
from customers.profile.actions import Action
from customers.profile.panel import Panel
from customers.profile.timeline import Entry, TimelineSource


def in_force(customer) -> Owner | None:
    rows = Owner.objects.filter(customer=customer, is_current=True)
    return rows.select_related("staff", "store").order_by("-since", "-pk").first()


class OwnerPanel(Panel):
    key, label, template = "owner", gettext_lazy("Owner"), "customers/panels/owner.html"
    place = "head"

    def context(self, customer):
        return {"owner": in_force(customer), "may_assign": self.user.has_perm(Assign.permission)}


class Assign(Action):
    key, label, icon = "assign", gettext_lazy("Assign"), "assignment_ind"
    permission = "customers.add_owner"
    button = gettext_lazy("Assign")
    Form = AssignForm

    def form(self, data=None, initial=None):
        owner = in_force(self.customer)
        now = {"staff": owner.staff_id, "store": owner.store_id} if owner else {}
        return super().form(data, {**now, **(initial or {})})

    def carry_out(self, data, now):
        is_new = assigning.assign_one(
            self.customer, staff=data["staff"], store=data["store"], by=self.user, now=now
        )
        return _("Assigned.") if is_new else _("That was so already.")


class Owners(TimelineSource):
    key, label, icon = "owners", gettext_lazy("Owners"), "assignment_ind"
    moment = "since"
    facts = {
        "staff": Coalesce("staff__username", Value("")),
        "store": Coalesce("store__name", Value("")),
        "by": Coalesce("by__username", Value("")),
    }
    searched = ("staff__username__icontains", "store__name__icontains")

    def rows(self, customer):
        return Owner.objects.filter(customer=customer)

    def entry(self, facts):
        title = _("Owner: %(name)s") % {"name": facts["staff"]} if facts["staff"] else _("No owner")
        return Entry(title, details=tuple(filter(None, [facts["store"]])), by=facts["by"])
