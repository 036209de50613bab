"""Whom somebody trusted vouches for: a server source, or staff, has named them.

A customer whom only a public key named may be made up by anyone who reads that key, a thousand at a
time; a source's switch *believe its identities* lets it join behaviour, and vouches for nobody
(decision 29).
"""

from collections.abc import Collection

from django.db.models import Q

from crm_project.db.sets import among
from customers.models import Identity, Source


def vouched(customer_ids: Collection[int]) -> set[int]:
    """Those of the customers."""
    named = Identity.objects.filter(among("customer", customer_ids)).filter(
        Q(source=None) | Q(source__trust=Source.Trust.SERVER)
    )
    return set(named.values_list("customer", flat=True))
