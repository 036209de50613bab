"""Assigning, a set of customers at a time."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from crm_project.db.sets import literal
from customers.models import AuditEntry, Store

# Locked in one order, so that two who assign at once come one after the other.
WHOM = """
SELECT DISTINCT c.id FROM unnest(%s::int[]) AS given(id) JOIN customers_customer o USING (id)
  JOIN customers_customer c ON c.id = coalesce(o.merged_into_id, o.id)
 WHERE c.erased_at IS NULL ORDER BY c.id
"""
LOCK = "SELECT id FROM customers_customer WHERE id = ANY(%s::int[]) ORDER BY id FOR NO KEY UPDATE"
OTHERS = """
SELECT given.id FROM unnest(%(customers)s::int[]) AS given(id) LEFT JOIN LATERAL (
  SELECT staff_id, store_id FROM customers_owner o WHERE o.customer_id = given.id AND o.is_current
   ORDER BY since DESC, id DESC LIMIT 1) now ON true
 WHERE (now.staff_id, now.store_id) IS DISTINCT FROM (%(staff)s::int, %(store)s::bigint)
"""
END = """
UPDATE customers_owner SET is_current = false WHERE origin_customer_id = ANY(%s::int[])
  AND is_current
"""
ASSIGN = """
INSERT INTO customers_owner (customer_id, origin_customer_id, staff_id, store_id, since, by_id,
  is_current)
SELECT id, id, %(staff)s, %(store)s, %(now)s, %(by)s, true
  FROM unnest(%(customers)s::int[]) AS given(id)
"""


def assign(customers: Iterable[int], *, staff, store: Store | None, by, now: datetime) -> int:
    """From now on `staff` looks after them, at `store`; nobody where both are None. The number of
    those for whom that is new."""
    said = {
        "staff": staff and staff.pk,
        "store": store and store.pk,
        "now": now,
        "by": by and by.pk,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        whom = column(cursor, WHOM, [literal(customers)])
        cursor.execute(LOCK, [literal(whom)])
        changed = column(cursor, OTHERS, {**said, "customers": literal(whom)})
        if changed:
            cursor.execute(END, [literal(changed)])
            cursor.execute(ASSIGN, {**said, "customers": literal(changed)})
    return len(changed)


def assign_one(customer, *, staff, store: Store | None, by, now: datetime) -> bool:
    """The same for one, written down in the audit log."""
    with transaction.atomic():
        is_new = bool(assign([customer.pk], staff=staff, store=store, by=by, now=now))
        if is_new:
            AuditEntry.objects.create(
                by=by,
                act="owner.assign",
                subject=f"customer:{customer.pk}",
                details={"owner": str(staff or ""), "store": store.key if store else ""},
            )
    return is_new


def column(cursor, sql: str, values) -> list[int]:
    cursor.execute(sql, values)
    return [pk for (pk,) in cursor.fetchall()]
