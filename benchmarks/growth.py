"""At one size of the history: what ingest and an incremental refresh cost, in CPU (the fill takes
long, and a machine's load moves meanwhile). The first size is the measure of the others."""

import json
import os
import sys

from benchmarks.changed import a_pass
from benchmarks.cpu import Meter
from benchmarks.ingest import measure
from benchmarks.inside import RESULTS, median, report, scaled
from benchmarks.rules import saved, six
from customers.segments import membership

FIRST = RESULTS / "growth-first.json"


def cpu_of_a_pass(postgres: int) -> float:
    with Meter(postgres, os.getpid()) as spent:
        a_pass(1000)
    return spent.seconds


def main(events: str) -> None:
    postgres = int(os.environ["BENCH_POSTGRES_PID"])
    found = measure(scaled(50_000), postgres)
    saved(six())
    membership.refresh_all()
    now = {
        "ingest": median(found["webhook_cpu_ms"]),
        "refresh": median([cpu_of_a_pass(postgres) for _round in range(5)]),
    }
    if not FIRST.exists() or int(events) <= json.loads(FIRST.read_text())["events"]:
        RESULTS.mkdir(exist_ok=True)
        FIRST.write_text(json.dumps({**now, "events": int(events)}))
    first = json.loads(FIRST.read_text())
    millions = f"{int(events) / 1e6:g}M"
    unit = f"ms CPU per event; limit: at {first['events'] / 1e6:g}M"
    report(
        f"growth, ingest at {millions}",
        now["ingest"],
        first["ingest"],
        budget=2.0,
        at_most=True,
        unit=unit,
        events=int(events),
        **found,
    )
    unit = f"s CPU for 1,000 changed; limit: at {first['events'] / 1e6:g}M"
    report(
        f"growth, refresh at {millions}",
        now["refresh"],
        first["refresh"],
        budget=1.2,
        at_most=True,
        unit=unit,
        events=int(events),
    )


if __name__ == "__main__":
    main(sys.argv[1])
