"""10,000 changed customers in 200 segments: one pass of the evaluator, against one SQL per segment over everybody."""

import time
from random import Random

from django.db import connection

from benchmarks.inside import connect, median, report, scaled
from benchmarks.rules import saved, two_hundred
from crm_project.due import database_now
from customers.models import Customer, Membership, Transition
from customers.segments import membership, rules
from customers.segments.conditions import base

CHANGED, EVERY = 10_000, 10
PUT = """
INSERT INTO customers_changedcustomer (customer_id, what)
SELECT id, 'event' FROM customers_customer WHERE merged_into_id IS NULL ORDER BY hashint4extended(id, %s) LIMIT %s
"""


def sql_of(definition: dict) -> str:
    """The segment as one statement: its conditions' own statements, intersected."""
    parts = []

    def note(execute, sql, params, many, context):
        parts.append(context["cursor"].cursor.mogrify(sql, params))
        return execute("SELECT 1 WHERE false", (), many, context)

    with connection.execute_wrapper(note):
        for leaf in rules.leaves(rules.parse(definition)):
            leaf.customers(now=NOW, among=Everybody())
    asked = [part for part in parts if "customer_id" in part]
    return f"SELECT count(*) FROM ({' INTERSECT '.join(f'({part})' for part in asked)}) everybody"


class Everybody(base.BitMap):
    """Too many to be named in a statement."""

    def __len__(self):
        return base.FEW + 1


NOW = database_now()


def by_statements(definitions: list[dict]) -> float:
    """Seconds for all, from every tenth."""
    sample = [sql_of(definition) for definition in definitions[::EVERY]]
    began = time.perf_counter()
    with connect() as database:
        for statement in sample:
            database.execute(statement).fetchone()
    return (time.perf_counter() - began) * EVERY


def a_pass(changed: int) -> float:
    with connect(autocommit=True) as database:
        database.execute("TRUNCATE customers_changedcustomer")
        database.execute(PUT, [time.monotonic_ns() % 1000, changed])
    began = time.perf_counter()
    membership.refresh()
    return time.perf_counter() - began


def main() -> None:
    definitions = two_hundred(Random(7))
    saved({f"segment {n}": definition for n, definition in enumerate(definitions)})
    began = time.perf_counter()
    membership.refresh_all()
    full = time.perf_counter() - began
    changed = min(CHANGED, scaled(10 * CHANGED) // 10)
    passes = [a_pass(changed) for _round in range(3)]
    small = [a_pass(100) for _round in range(3)]
    limit = by_statements(definitions)
    rows = {"customers": Customer.objects.count(), "memberships": Membership.objects.count(), "transitions": Transition.objects.count()}
    figures = {"changed": changed, "first_full_pass_s": full, "passes_s": passes, "pass_of_100_s": median(small), **rows}
    unit = f"s; {changed} changed; limit from every {EVERY}th segment"
    report("changed customers, 200 segments", median(passes), limit, budget=1 / 20, at_most=True, unit=unit, **figures)


if __name__ == "__main__":
    main()
