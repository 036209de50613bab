"""An order whose number changes: the same order, under another number."""

from collections.abc import Mapping

import msgspec
from django.db import connection

from customers.models import Source
from events.commerce import orders
from events.ingest import hashed
from events.models import Order

ORDERS = """
UPDATE events_order o SET number = r.new FROM json_to_recordset(%s::json) AS r(old text, new text)
WHERE o.namespace_id = %s AND o.number = r.old
  AND NOT EXISTS (SELECT FROM events_order n WHERE n.namespace_id = o.namespace_id
    AND n.number = r.new)
"""
REFUNDS = """
UPDATE events_refund f SET order_number = r.new
FROM json_to_recordset(%s::json) AS r(old text, new text)
WHERE f.namespace_id = %s AND f.order_number = r.old
"""
# What was told of it under the old number is not told again under the new one.
TOLD = """
INSERT INTO events_ledger (source_id, id_hash, fingerprint)
SELECT l.source_id, decode(r.new, 'hex'), l.fingerprint
FROM json_to_recordset(%s::json) AS r(old text, new text)
JOIN events_ledger l ON l.source_id = %s AND l.id_hash = decode(r.old, 'hex')
ORDER BY r.new ON CONFLICT DO NOTHING
"""


def renumber(source: Source, changed: Mapping[str, str]) -> None:
    """The orders of these old numbers have their new ones, their refunds too. An order that is here
    under its new number already stays beside the old one. In the caller's transaction."""
    if not changed:
        return
    orders.lock(source, [*changed, *changed.values()])
    numbers = encoded({"old": old, "new": new} for old, new in changed.items())
    ids = encoded(
        {"old": told(old, status), "new": told(new, status)}
        for old, new in changed.items()
        for status in Order.Status.values
    )
    with connection.cursor() as cursor:
        cursor.execute(ORDERS, [numbers, source.namespace_id])
        cursor.execute(REFUNDS, [numbers, source.namespace_id])
        cursor.execute(TOLD, [ids, source.pk])
    orders.sum_refunds(source, sorted(changed.values()))


def told(number: str, status: str) -> str:
    """By which the ledger knows the event of this state."""
    return hashed(f"orders:{number}:{status}").hex()


def encoded(rows) -> str:
    return msgspec.json.encode(list(rows)).decode()
