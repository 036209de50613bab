"""By what this room's rows are called by: the number of an order or a booking."""

from django.utils.translation import gettext as _

from customers.models import Namespace
from customers.profile.search import MOST, Finder
from events.models import Booking, Order


def numbered(model, term: str) -> list[tuple[int, str]]:
    # With the shops named, the unique index finds the number; by the number alone it could not.
    return model.objects.filter(
        namespace__in=Namespace.objects.values("pk"), number=term
    ).values_list("customer", "number")[:MOST]


class ByOrder(Finder):
    key = "order"
    permission = "events.view_order"

    def find(self, term):
        return [
            (customer, _("order %(number)s") % {"number": number})
            for customer, number in numbered(Order, term)
        ]


class ByBooking(Finder):
    key = "booking"
    permission = "events.view_booking"

    def find(self, term):
        return [
            (customer, _("booking %(number)s") % {"number": number})
            for customer, number in numbered(Booking, term)
        ]
