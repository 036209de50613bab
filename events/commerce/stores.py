"""Stores as orders and bookings name them: found by their key, and made where a server source is
the first to name one, as products are."""

from collections.abc import Iterable

from django.db import connection

from customers.models import Source, Store

MOST = 10_000  # per namespace; an order of a store beyond is kept without it, as its event says it
MAKE = """
INSERT INTO customers_store (namespace_id, key, name, is_active)
SELECT %(namespace)s, key, key, true FROM unnest(%(keys)s::text[]) AS given(key)
ON CONFLICT (namespace_id, key) DO NOTHING
"""


def numbers(source: Source, keys: Iterable[str]) -> dict[str, int]:
    """The store of each key, where there is one by now."""
    wanted = sorted(set(keys) - {""})
    if not wanted:
        return {}
    found = known(source, wanted)
    new = [key for key in wanted if key not in found]
    if new and source.is_server:
        room = MOST - Store.objects.filter(namespace=source.namespace_id)[:MOST].count()
        with connection.cursor() as cursor:  # in one order, so that two batches do not wait in turn
            values = {"namespace": source.namespace_id, "keys": new[: max(room, 0)]}
            cursor.execute(MAKE, values)
        found |= known(source, new)
    return found


def known(source: Source, keys: list[str]) -> dict[str, int]:
    rows = Store.objects.filter(namespace=source.namespace_id, key__in=keys)
    return dict(rows.values_list("key", "pk"))
