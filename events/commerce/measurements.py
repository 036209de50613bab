"""Measurements: one row per (namespace, number), for ever; the first stays."""

from collections.abc import Sequence
from dataclasses import asdict

import msgspec
from django.db import connection

from customers.identity.resolution import Resolved
from customers.models import Source
from events.incoming_items import Measured

EVENT = "Measurement Recorded"

INSERT = """
INSERT INTO events_measurement (namespace_id, number, source_id, customer_id, origin_customer_id,
  kind, value, unit, text, product_id,
                                booking_number, occurred_at)
SELECT %s, number, %s, customer_id, origin_id, kind, value, unit, text, product_id, booking_number,
  occurred_at
FROM json_to_recordset(%s::json) AS r(number text, customer_id int, origin_id int, kind text,
  value float8, unit text, text text,
     product_id text, booking_number text, occurred_at timestamptz)
ORDER BY number
ON CONFLICT (namespace_id, number) DO NOTHING
"""


def save(source: Source, measured: Sequence[tuple[Measured, Resolved]]) -> None:
    """Each measurement is a row, whichever of the namespace's sources told it first."""
    if not measured:
        return
    rows = [
        {**asdict(one), "customer_id": whose.customer_id, "origin_id": whose.origin_id}
        for one, whose in measured
    ]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [source.namespace_id, source.pk, msgspec.json.encode(rows).decode()])
