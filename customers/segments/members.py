"""The rows of membership: read as sets, written as differences."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import connection
from pyroaring import BitMap

from crm_project.db.sets import literal
from customers.segments.conditions.base import FEW, bitmap
from customers.segments.shards import WHOLE, Shard


def stored_members(
    segments: list[int], candidates: BitMap | None, shard: Shard = WHOLE
) -> dict[int, BitMap]:
    """Who of the candidates (of the shard's customers when None) is stored as a member, by
    segment."""
    few = None if candidates is None or len(candidates) > FEW else literal(candidates)
    of_these = "" if few is None else "AND customer_id = ANY(%s::int[])"
    with connection.cursor() as cursor:
        cursor.execute(
            # A constant
            "SELECT segment_id, string_agg(int4send(customer_id), '') FROM customers_membership "  # noqa: S608
            f"WHERE segment_id = ANY(%s) AND {shard.sql()} {of_these} GROUP BY segment_id",
            [segments] if few is None else [segments, few],
        )
        found = {segment: bitmap(sent) for segment, sent in cursor}
    if few is not None or candidates is None:
        return found
    return {pk: members & candidates for pk, members in found.items()}


def insert(entered: Mapping[int, BitMap], now: datetime) -> None:
    """These customers are members of these segments from now on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_membership (segment_id, customer_id, entered_at) SELECT segment,"
            " customer, %s FROM unnest(%s::int[], %s::int[]) AS n(segment, customer)",
            [now, *arrays(entered)],
        )


def delete(left: Mapping[int, BitMap]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM customers_membership m USING unnest(%s::int[], %s::int[]) AS n(segment,"
            " customer) WHERE m.segment_id = n.segment AND m.customer_id = n.customer",
            arrays(left),
        )


def note_transitions(
    found: Mapping[int, BitMap],
    *,
    entered: bool,
    reason: str,
    now: datetime,
    watched: Collection[int] = (),
) -> None:
    """These customers have entered (or left) these segments; due at once where somebody waits for
    it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_transition (segment_id, customer_id, entered, reason, at,"
            " due_at, attempts, error) SELECT segment, customer, %(entered)s, %(reason)s, %(now)s,"
            " CASE WHEN segment = ANY(%(watched)s) THEN %(now)s END, 0, '' FROM"
            " unnest(%(segments)s::int[], %(customers)s::int[]) AS n(segment, customer)",
            {
                "entered": entered,
                "reason": reason,
                "now": now,
                "watched": list(watched),
                **dict(zip(("segments", "customers"), arrays(found), strict=True)),
            },
        )


def arrays(found: Mapping[int, BitMap]) -> tuple[str, str]:
    """Two parameters of type int[]: the segment and the customer of each pair."""
    return literal(pk for pk, customers in found.items() for _customer in customers), literal(
        customer for customers in found.values() for customer in customers
    )
