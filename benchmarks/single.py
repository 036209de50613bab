"""One event per request, against the same server answering an empty 204 after the same signature
check, in turns."""

import os
from random import Random

from benchmarks.cpu import Meter
from benchmarks.environment import web
from benchmarks.inside import median, percentile, report, scaled
from benchmarks.posts import all_stored, poured, request
from benchmarks.shop import WAITING, WATCHED, Writer, a_journey, a_source

ROUNDS = 3


def main() -> None:
    source, count = a_source(), scaled(10_000)
    a_journey("Watching", {"trigger": "event", "event": WATCHED}, WAITING)
    writer = Writer(Random(os.urandom(8)), scaled(200_000))
    found = {"events": [], "null": [], "events_cpu_ms": [], "null_cpu_ms": [], "p99_ms": []}
    with web() as (url, pid):
        for name, path, status in [("null", "/null", 204), ("events", "/api/v1/events", 202)] * (
            ROUNDS + 1
        ):
            requests = [
                request(url + path, source.key, source.secret, writer.event())
                for _n in range(count)
            ]
            with Meter(pid, int(os.environ["BENCH_POSTGRES_PID"])) as spent:
                seconds, took, statuses = poured(url, requests)
            assert all_stored(statuses, status), statuses
            found[name].append(count / seconds)
            found[f"{name}_cpu_ms"].append(spent.seconds / count * 1000)
            if name == "events":
                found["p99_ms"].append(percentile(took, 0.99) * 1000)
    warm = {name: values[1:] for name, values in found.items()}
    cpu = median(warm["null_cpu_ms"]) / median(warm["events_cpu_ms"])
    unit = f"requests/s; by CPU {cpu:.3f}"
    report(
        "single events",
        median(warm["events"]),
        median(warm["null"]),
        budget=0.22,
        at_most=False,
        unit=unit,
        cpu_ratio=cpu,
        **warm,
    )


if __name__ == "__main__":
    main()
