"""Rows follow their origin: each stands at the customer to whom its origin belongs now, through
merges and their undoing (decision 4)."""

from collections import Counter
from collections.abc import Collection, Iterable

from django.apps import apps
from django.db import connection
from django.db.models import Model

from crm_project.db import prepared, transactions
from crm_project.db.sets import literal
from customers.models import Merge, OfCustomer, OfCustomerUnchecked

# The rows that stand at one of these customers and whose origin is somebody else's by now; how many
# per origin.
MOVE = """
WITH moved AS (
  UPDATE {table} r SET customer_id = coalesce(c.merged_into_id, c.id) FROM customers_customer c
   WHERE r.customer_id = ANY(%s::int[]) AND c.id = r.origin_customer_id
     AND r.customer_id <> coalesce(c.merged_into_id, c.id)
  RETURNING r.origin_customer_id)
SELECT origin_customer_id, count(*) FROM moved GROUP BY 1
"""

WHOSE = """
SELECT c.id, root.id FROM customers_customer c JOIN customers_customer root
  ON root.id = coalesce(c.merged_into_id, c.id)
 WHERE c.id = ANY(%s::int[]) AND root.erased_at IS NULL
"""

Moved = dict[str, Counter]  # label of the table -> rows by origin
# They follow their customer as all do, but say nothing about the person.
NOT_ABOUT_THEM = frozenset({"customers.Export", "customers.Erasure", "events.Reaction"})


def followers() -> list[type[Model]]:
    """Every table whose rows follow their customer."""
    return [
        m
        for m in apps.get_models()
        if issubclass(m, (OfCustomer, OfCustomerUnchecked)) and m is not Merge
    ]


def follow(customers: Collection[int]) -> Moved:
    """Whatever stands at one of these customers stands at the one to whom its origin belongs now.

    One round trip for all tables; a table's model that must prepare for it says so (`before_move`).
    """
    ids = literal(customers)
    for model in followers():
        if hasattr(model, "before_move"):
            model.before_move(customers)
    cursors = {}
    with prepared.together():
        for model in followers():
            cursors[model._meta.label] = cursor = prepared.cursor()
            cursor.execute(MOVE.format(table=model._meta.db_table), [ids])
    found = {label: Counter(dict(cursor.fetchall())) for label, cursor in cursors.items()}
    return {label: rows for label, rows in found.items() if rows}


def by_origins(moved: Moved, origins: Iterable[int]) -> dict[str, int]:
    """How many of the moved rows came by one of these origins, by table."""
    counted = {label: sum(rows[origin] for origin in origins) for label, rows in moved.items()}
    return {label: rows for label, rows in counted.items() if rows}


def moved_to(customers: Collection[int]) -> None:
    """Whatever a table keeps about customers as they are now is right for these, whose rows were
    moved to or from them."""
    for model in followers():
        if hasattr(model, "after_move"):
            model.after_move(customers)


def whose(customers: Iterable[int]) -> dict[int, int]:
    """Who these customers are now: themselves, or who took them in. The erased are absent.

    What this transaction writes for them afterwards follows also a merge that commits meanwhile: it
    has its number before it reads.
    """
    transactions.take_number()
    with connection.cursor() as cursor:
        cursor.execute(WHOSE, [literal(customers)])
        return dict(cursor.fetchall())


def origins_of(customers: Iterable[int]) -> dict[int, list[int]]:
    """Each of these customers with all that were merged into them, themselves first."""
    found = {pk: [pk] for pk in customers}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT merged_into_id, id FROM customers_customer WHERE merged_into_id ="
            " ANY(%s::int[]) ORDER BY id",
            [literal(found)],
        )
        for root, pk in cursor:
            found[root].append(pk)
    return found


def are_of_one(one, other) -> bool:
    """Whether two rows are about the same person, also while a merge moves one after the other."""
    return (
        one.customer_id == other.customer_id or one.origin_customer_id == other.origin_customer_id
    )
