"""Segments by hand: who is put on the list."""

from collections.abc import Iterable

from customers.models import Customer, ListMember, Segment
from customers.search import holders

MOST = 1000


def add(segment: Segment, terms: Iterable[str]) -> tuple[int, list[str]]:
    """Whoever holds one of these identities is on the list. How many are new, and the terms that mean nobody."""
    found, unknown = set(), []
    for term in [t.strip() for t in terms if t.strip()][:MOST]:
        held = holders(term)
        found |= held
        if not held:
            unknown.append(term)
    present = set(ListMember.objects.filter(segment=segment, customer__in=found).values_list("customer_id", flat=True))
    new = Customer.objects.alive().filter(pk__in=found - present).values_list("pk", flat=True)
    ListMember.objects.bulk_create(
        [ListMember(segment=segment, customer_id=pk, origin_customer_id=pk) for pk in new], ignore_conflicts=True
    )
    return len(new), unknown
