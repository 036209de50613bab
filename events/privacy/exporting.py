"""What of orders belongs in the copy that a customer gets."""

from django.db.models import Exists, OuterRef

from customers.data_rights.exporting import Portion
from events.models import EventName, Order, OrderLine, Refund


class OfOrders(Portion):
    key = "events"

    def parts(self, customers):
        orders = Order.objects.filter(customer__in=customers)
        yield "events.OrderLine", OrderLine.objects.filter(order__in=orders)
        theirs = orders.filter(namespace=OuterRef("namespace"), number=OuterRef("order_number"))
        yield "events.Refund", Refund.objects.filter(Exists(theirs))
        yield "events.EventName", EventName.objects.all()  # events name their kind by its number
