"""Segments by hand: who is put on the list."""

from collections.abc import Iterable
from datetime import datetime

from crm_project.db.sets import among
from customers.lists import rows as list_rows
from customers.models import ListMember, Segment
from customers.profile.finders import holders_of

MOST = 1000


def add(segment: Segment, terms: Iterable[str], *, now: datetime) -> tuple[int, list[str]]:
    """Whoever holds one of these identities is on the list. How many are new, and the terms that
    mean nobody."""
    held = holders_of([t.strip() for t in terms if t.strip()][:MOST])
    found = set().union(*held.values())
    return list_rows.insert(segment, {pk: pk for pk in found}, now), [
        term for term, customers in held.items() if not customers
    ]


def take_off(segment: Segment, customers: Iterable[int]) -> int:
    """They are on the list no more, by whichever origin they were put there. How many rows that
    were."""
    rows = ListMember.objects.filter(among("customer", customers), segment=segment)
    rows = ListMember.objects.filter(
        pk__in=list(rows.order_by("pk").select_for_update().values_list("pk", flat=True))
    )
    return rows.delete()[0]
