"""Whose trade a page about one customer speaks of."""

from django.db.models import Q

from crm_project.web import trade_words
from customers.models import Customer, Identity, Namespace


def turn_to_that_of(customer: Customer) -> None:
    """Where all that is known of them comes from one namespace that states a trade, its; else the
    workspace's."""
    known = Identity.objects.filter(customer=customer).order_by()
    namespaces = Namespace.objects.filter(
        Q(pk__in=known.values("source__namespace")) | Q(key__in=known.values("scope"))
    )
    trades = list(namespaces.values_list("trade", flat=True)[:2])
    if len(trades) == 1 and trades[0]:
        trade_words.turn_to(trades[0])
