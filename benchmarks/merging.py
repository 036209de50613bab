"""A thousand visitors log in in one request: a thousand merges, against the same request when
everybody is one already."""

import os
import uuid
from datetime import UTC, datetime
from random import Random

from benchmarks.cpu import Meter
from benchmarks.environment import web
from benchmarks.inside import connect, median, report
from benchmarks.posts import all_stored, poured, request
from benchmarks.shop import Writer, a_source

SIZE, ROUNDS, BEFORE = 1000, 3, 3  # BEFORE: what each visitor did until then


class Visits:
    """The same people, first as visitors, then as members who log in."""

    def __init__(self, writer: Writer, people: list, url: str, source):
        self.writer, self.url, self.source = writer, url, source
        self.pairs = [(member, uuid.uuid4().hex) for member, _openid, _number in people]

    def post(self, *events: dict) -> bytes:
        return request(self.url, self.source.key, self.source.secret, {"batch": list(events)})

    def visit(self) -> list[bytes]:
        return [
            self.post(*(self.event({"anonymous_id": visitor}) for _member, visitor in self.pairs))
            for _n in range(BEFORE)
        ]

    def log_in(self) -> list[bytes]:
        return [
            self.post(
                *(
                    self.event({"member_id": member, "anonymous_id": visitor})
                    for member, visitor in self.pairs
                )
            )
        ]

    def event(self, identities: dict) -> dict:
        return {
            "id": str(uuid.uuid4()),
            "name": "Page Viewed",
            "occurred_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "identities": identities,
            "properties": {"page": "/pages/index"},
        }


def merged() -> int:
    with connect() as database:
        return database.execute("SELECT count(*) FROM customers_merge").fetchone()[0]


def measure(postgres: int) -> dict:
    source, dice = a_source(), Random(os.urandom(8))
    writer = Writer(dice, SIZE * ROUNDS)
    found = {name: [] for name in ("with", "without", "with_cpu", "without_cpu")}
    with web() as (url, pid):
        url += "/api/v1/events"
        for round_ in range(ROUNDS):
            visits = Visits(writer, writer.people[round_ * SIZE : (round_ + 1) * SIZE], url, source)
            assert all_stored(poured(url, visits.visit(), 1)[2])
            before = merged()
            for name in ("with", "without"):
                requests = visits.log_in()
                with Meter(postgres) as spent, Meter(pid) as served:
                    seconds, _took, statuses = poured(url, requests, 1)
                assert all_stored(statuses), statuses
                found[name].append(seconds)
                found[f"{name}_cpu"].append(spent.seconds + served.seconds)
            assert merged() - before == len(visits.pairs)
    return found


def main() -> None:
    found = measure(int(os.environ["BENCH_POSTGRES_PID"]))
    report(
        "merging 1,000 visitors in one request",
        median(found["with"]),
        median(found["without"]),
        budget=6,
        at_most=True,
        unit="s",
        **found,
    )
    cpu, bare = median(found["with_cpu"]), median(found["without_cpu"])
    report(
        "merging, CPU of the request",
        cpu,
        bare,
        budget=6,
        at_most=True,
        unit="s web + postgres",
        **found,
    )


if __name__ == "__main__":
    main()
