"""Runs that wait, a fifth of them due: each takes its next step; against one bare UPDATE of all due
rows."""

import os
import time

from django.db import connection

from benchmarks.cpu import Meter
from benchmarks.inside import median, report, scaled
from benchmarks.shop import a_journey
from campaigns.journeys import engine
from campaigns.models import Run

WAITING, ROUNDS = 1_000_000, 3
AND_AGAIN = {"step": "wait", "n": 2, "unit": "days", "next": "one"}
ENTER = """
INSERT INTO campaigns_run (customer_id, origin_customer_id, journey_id, version_id, entry_key,
  state, outcome, step, visit, is_waiting, facts,
                           is_held_out, entered_at, due_at, attempts, error)
SELECT c.id, c.id, %(journey)s, %(version)s, 'bench', 'active', '', 'one', 1, true,
  '{"event": {"product_id": "p101"}, "keys": ["p101"]}', false,
       now() - interval '2 days', now() + interval '30 days', 0, ''
FROM (SELECT id FROM customers_customer WHERE merged_into_id IS NULL ORDER BY id LIMIT %(count)s) c
"""
MAKE_DUE = (
    "UPDATE campaigns_run SET due_at = now() - interval '1 second' WHERE journey_id = %s AND id %%"
    " 5 = %s"
)
BARE = (
    "UPDATE campaigns_run SET due_at = now() + interval '2 days', step = 'one', visit = visit + 1"
    " WHERE due_at <= now()"
)


def execute(sql: str, values=None) -> float:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
    return time.perf_counter() - began


def main() -> None:
    journey, count = (
        a_journey(
            "Waiting in turns", {"trigger": "event", "event": "Nothing Sends This"}, AND_AGAIN
        ),
        scaled(WAITING),
    )
    if not Run.objects.filter(journey=journey).exists():
        execute(ENTER, {"journey": journey.pk, "version": journey.published_id, "count": count})
    execute("ANALYZE campaigns_run")
    due, found = count // 5, {"advanced": [], "bare": [], "advanced_cpu_ms": [], "bare_cpu_ms": []}
    for number in range(ROUNDS):
        execute(MAKE_DUE, [journey.pk, number])
        with Meter(int(os.environ["BENCH_POSTGRES_PID"])) as spent:
            found["bare"].append(due / execute(BARE))
        found["bare_cpu_ms"].append(spent.seconds / due * 1000)
        execute("VACUUM campaigns_run")
        execute(MAKE_DUE, [journey.pk, number])
        with Meter(int(os.environ["BENCH_POSTGRES_PID"]), os.getpid()) as spent:
            began, moved = time.perf_counter(), 0
            while taken := engine.advance():
                moved += taken
        found["advanced"].append(moved / (time.perf_counter() - began))
        found["advanced_cpu_ms"].append(spent.seconds / moved * 1000)
        execute("VACUUM campaigns_run")
    cpu = median(found["bare_cpu_ms"]) / median(found["advanced_cpu_ms"])
    unit = f"runs/s of {count} waiting; by CPU {cpu:.3f}"
    report(
        "journey steps",
        median(found["advanced"]),
        median(found["bare"]),
        budget=0.10,
        at_most=False,
        unit=unit,
        cpu_ratio=cpu,
        **found,
    )


if __name__ == "__main__":
    main()
