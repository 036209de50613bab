"""10,000 changed customers in 200 segments: one pass of the evaluator, against every segment's own
SQL over everybody."""

import contextlib
import time
from random import Random

from django.db import connection

from benchmarks.inside import connect, median, report, scaled
from benchmarks.rules import saved, two_hundred
from crm_project.queue.due import database_now
from customers.models import Customer, Membership, Transition
from customers.segments import membership, rules
from customers.segments.conditions import base

CHANGED, EVERY = 10_000, 10
PUT = """
INSERT INTO customers_changedcustomer (customer_id, what)
SELECT id, 'event' FROM customers_customer WHERE merged_into_id IS NULL
  ORDER BY hashint4extended(id, %s) LIMIT %s
"""


def statements_of(definition: dict) -> list[bytes]:
    """What the segment asks of everybody, condition by condition, as text that needs no
    parameters."""
    asked = []

    def note(execute, sql, params, many, context):
        if "events_eventname" in sql:  # a name's number is really asked for
            return execute(sql, params, many, context)
        asked.append(context["cursor"].cursor.mogrify(sql, params))
        raise Noted

    with connection.execute_wrapper(note):
        for leaf in rules.leaves(rules.parse(definition)):
            with contextlib.suppress(Noted):
                leaf.customers(now=NOW, among=Everybody())
    return asked


class Noted(Exception):
    """The statement is known and need not be carried out."""


class Everybody(base.BitMap):
    """Too many to be named in a statement."""

    def __len__(self):
        return base.FEW + 1


NOW = database_now()


def by_statements(definitions: list[dict]) -> float:
    """Seconds for all, from every tenth."""
    sample = [
        statement for definition in definitions[::EVERY] for statement in statements_of(definition)
    ]
    began = time.perf_counter()
    with connect() as database:
        for statement in sample:
            database.execute(statement).fetchall()
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
    rows = {
        "customers": Customer.objects.count(),
        "memberships": Membership.objects.count(),
        "transitions": Transition.objects.count(),
    }
    figures = {
        "changed": changed,
        "first_full_pass_s": full,
        "passes_s": passes,
        "pass_of_100_s": median(small),
        **rows,
    }
    unit = f"s; {changed} changed; limit from every {EVERY}th segment"
    report(
        "changed customers, 200 segments",
        median(passes),
        limit,
        budget=1 / 20,
        at_most=True,
        unit=unit,
        **figures,
    )


if __name__ == "__main__":
    main()
