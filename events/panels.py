"""What this room shows on the customer's page: what they did and bought."""

from django.utils.translation import gettext_lazy as _

from customers.profile import Panel
from events.models import Event, Order

LAST = 50


class Events(Panel):
    key, label, template = "events", _("Events"), "events/panels/events.html"
    is_wide = True

    def context(self, customer):
        return {
            "events": Event.objects.filter(customer=customer).select_related("name", "source").order_by("-occurred_at")[:LAST],
            "last": LAST,
        }


class Orders(Panel):
    key, label, template = "orders", _("Orders"), "events/panels/orders.html"

    def context(self, customer):
        return {"orders": Order.objects.filter(customer=customer).order_by("-placed_at", "-pk")[:LAST]}
