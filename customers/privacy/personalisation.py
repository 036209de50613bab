"""Who does not want to be treated by what they did (models 26).

The consent has no kind of its own yet: a customer's attribute `no_personalisation` that is true
says so, as the shop states it.
"""

from collections.abc import Collection

from crm_project.db.sets import among
from customers.models import CustomerAttribute

KEY = "no_personalisation"


def refused(customers: Collection[int]) -> frozenset[int]:
    """Those of these customers whose behaviour, orders and interests may choose nothing for
    them."""
    said = CustomerAttribute.objects.filter(among("customer", customers), key=KEY, value=True)
    return frozenset(said.values_list("customer", flat=True))
