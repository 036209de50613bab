"""Who is on a list, in sets."""

from datetime import datetime

from django.db import connection, transaction

from crm_project.db import transactions
from crm_project.db.sets import literal
from crm_project.queue import lanes
from customers.models import AuditEntry, ListMember, Segment


def insert(segment: Segment, matched: dict[int, int], now: datetime) -> int:
    """These customers, or who took them in, each by the origin of the identity that named it, are
    members. How many are new."""
    with transaction.atomic(), connection.cursor() as cursor:
        transactions.take_number()
        cursor.execute(
            "INSERT INTO customers_listmember (segment_id, customer_id, origin_customer_id, since)"
            " SELECT DISTINCT ON (c.id) %(segment)s, c.id, named.origin, %(now)s   FROM"
            " unnest(%(customers)s::int[], %(origins)s::int[]) AS named(customer, origin)   JOIN"
            " customers_customer o ON o.id = named.origin   JOIN customers_customer c ON c.id ="
            " coalesce(o.merged_into_id, o.id) AND c.erased_at IS NULL  WHERE NOT EXISTS (SELECT 1"
            " FROM customers_listmember m WHERE m.segment_id = %(segment)s AND m.customer_id ="
            " c.id)  ORDER BY c.id, named.origin ON CONFLICT DO NOTHING",
            {
                "segment": segment.pk,
                "now": now,
                "customers": literal(matched),
                "origins": literal(matched.values()),
            },
        )
        return cursor.rowcount


def empty(segment: Segment, *, by) -> int:
    """Nobody is on the list any more. How many were."""
    with transaction.atomic(), lanes.mass(), lanes.history():
        removed = ListMember.objects.filter(segment=segment).delete()[0]
        note(segment, "segment.list_emptied", by, {"removed": removed})
    return removed


def note(segment: Segment, act: str, by, details: dict) -> None:
    AuditEntry.objects.create(by=by, act=act, subject=f"segment:{segment.pk}", details=details)
