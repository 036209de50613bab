"""Batches of 100 through the signed webhook, against two bare COPY clients into the same tables, in
turns."""

import os
from random import Random

from benchmarks.copying import copied, rows
from benchmarks.cpu import Meter
from benchmarks.environment import web
from benchmarks.inside import connect, median, percentile, report, scaled
from benchmarks.posts import all_stored, poured, request
from benchmarks.shop import WAITING, WATCHED, Writer, a_journey, a_source

SIZE, ROUNDS, WARM = 100, 3, 60


def forget_changes() -> None:
    """What the evaluator would have read meanwhile: it is not running."""
    with connect(autocommit=True) as database:
        database.execute("TRUNCATE customers_changedcustomer, events_reaction")


def measure(events: int, postgres: int) -> dict:
    """Events per second of both, by rounds, with the CPU of each event."""
    source, dice = a_source(), Random(os.urandom(8))
    a_journey("Watching", {"trigger": "event", "event": WATCHED}, WAITING)
    writer = Writer(dice, scaled(200_000))
    customers = [number for _member, _openid, number in writer.people]
    found = {
        "webhook": [],
        "copy": [],
        "webhook_cpu_ms": [],
        "copy_cpu_ms": [],
        "web_cpu_ms": [],
        "took": [],
    }
    with web() as (url, pid):
        url += "/api/v1/events"
        made = lambda count: [  # noqa: E731
            request(url, source.key, source.secret, writer.batch(SIZE)) for _n in range(count)
        ]
        poured(url, made(WARM))
        for _round in range(ROUNDS):
            pairs = rows(events, customers, source.pk, dice)
            forget_changes()
            with Meter(postgres) as spent:
                seconds = copied(pairs)
            found["copy"].append(events / seconds)
            found["copy_cpu_ms"].append(spent.seconds / events * 1000)
            requests = made(events // SIZE)
            forget_changes()
            with Meter(postgres) as spent, Meter(pid) as served:
                seconds, took, statuses = poured(url, requests)
            assert all_stored(statuses), statuses
            found["webhook"].append(events / seconds)
            found["webhook_cpu_ms"].append((spent.seconds + served.seconds) / events * 1000)
            found["web_cpu_ms"].append(served.seconds / events * 1000)
            found["took"] += took
    return found


def main() -> None:
    found = measure(scaled(200_000), int(os.environ["BENCH_POSTGRES_PID"]))
    took = found.pop("took")
    webhook, copy = median(found["webhook"]), median(found["copy"])
    latency = {"p50_ms": percentile(took, 0.5) * 1000, "p99_ms": percentile(took, 0.99) * 1000}
    report(
        "ingest batch of 100",
        webhook,
        copy,
        budget=0.30,
        at_most=False,
        unit="events/s",
        **found,
        **latency,
    )
    cpu, bare = median(found["webhook_cpu_ms"]), median(found["copy_cpu_ms"])
    report(
        "ingest CPU per event",
        cpu,
        bare,
        budget=0.06,
        at_most=True,
        ratio=cpu,
        unit="ms web + postgres; limit: COPY",
        **found,
    )


if __name__ == "__main__":
    main()
