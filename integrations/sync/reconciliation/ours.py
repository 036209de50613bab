"""Our own numbers of a window of time: of the orders of a shop that were placed in it."""

from datetime import datetime

from django.db.models import Count, Sum

from customers.models import Source
from events.models import Event, Order
from integrations.sync.reconciliation.contract import Amounts, OneOrder, Window

REGISTERED = "Customer Registered"


def placed(source: Source, first: datetime, last: datetime, *, by_payment: bool = False):
    """The shop's orders, whichever source told them first; `by_payment`: those paid then."""
    clock = "paid_at" if by_payment else "placed_at"
    within = {f"{clock}__gte": first, f"{clock}__lt": last}
    return Order.objects.filter(namespace=source.namespace_id, **within)


def window(source: Source, first: datetime, last: datetime, *, by_payment: bool = False) -> Window:
    said = placed(source, first, last, by_payment=by_payment).aggregate(
        orders=Count("pk"), paid=Sum("paid_fen"), refunded=Sum("refunded_fen")
    )
    return Window(said["orders"], said["paid"] or 0, said["refunded"] or 0)


def registered(source: Source, first: datetime, last: datetime) -> int:
    return Event.objects.filter(
        name__name=REGISTERED,
        source__namespace=source.namespace_id,
        occurred_at__gte=first,
        occurred_at__lt=last,
    ).count()


def orders(source: Source, first: datetime, last: datetime) -> list[OneOrder]:
    rows = placed(source, first, last).values_list("number", "paid_fen", "refunded_fen")
    return [OneOrder(*row) for row in rows]


def known(source: Source, numbers) -> dict[str, OneOrder]:
    rows = Order.objects.filter(namespace=source.namespace_id, number__in=list(numbers))
    return {
        row[0]: OneOrder(*row) for row in rows.values_list("number", "paid_fen", "refunded_fen")
    }


def by_store(
    source: Source, first: datetime, last: datetime, *, by_payment: bool = False
) -> dict[str, Amounts]:
    """By the key of each store; "" for orders of none."""
    rows = placed(source, first, last, by_payment=by_payment).values_list("store__key")
    said = rows.annotate(Count("pk"), Sum("paid_fen"), Sum("refunded_fen"))
    return {key or "": Amounts(*numbers) for key, *numbers in said}
