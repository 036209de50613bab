"""While 500 events/s come in: from a watched event to its message at the provider, and to the
customer's place in a segment."""

import asyncio
import os
import time
import uuid
from random import Random

import psycopg

from benchmarks.environment import product, wait
from benchmarks.inside import connect, percentile, report
from benchmarks.posts import Line, request
from benchmarks.provider import Served
from benchmarks.rules import MONTH, did, everything, saved, six
from benchmarks.shop import Writer, a_journey, a_source, nobody_is_held_back
from customers.models import ChangedCustomer, EvaluatorClock, Segment
from events.models import EventCursor

PER_SECOND, BATCH, PROBES_PER_SECOND, SECONDS, LINES = 500, 10, 10, 30, 8
PROBE = "Benchmark Probe"
SEEN = "Probed"
RUN = uuid.uuid4().hex[
    :8
]  # the same people may be probed again: their messages and their segment are of this run


async def load(url: str, made, until: float, per_second: float, sent: list) -> None:
    """Requests at their times, whether or not the others were answered; `sent` gets (name, sent,
    answered)."""
    lines = asyncio.Queue()
    async with asyncio.TaskGroup() as tasks:
        for _line in range(LINES):
            lines.put_nowait(await Line(url).__aenter__())
        began, number = time.perf_counter(), 0
        while time.time() < until:
            number += 1
            await asyncio.sleep(max(0.0, began + number / per_second - time.perf_counter()))
            tasks.create_task(one(await lines.get(), lines, *made(), sent))


async def one(line: Line, lines: asyncio.Queue, name: str, raw: bytes, sent: list) -> None:
    began = time.time()
    status = await line.post(raw)
    sent.append((name, began, time.time()))
    lines.put_nowait(line)
    assert status == 202, status


async def look(until: float, segment: int, seen: dict[int, float]) -> None:
    """When each customer is first seen in the segment."""
    async with await psycopg.AsyncConnection.connect(
        os.environ["DATABASE_URL"], autocommit=True
    ) as database:
        while time.time() < until:
            rows = await database.execute(
                "SELECT customer_id FROM customers_membership WHERE segment_id = %s", [segment]
            )
            now = time.time()
            for (customer,) in await rows.fetchall():
                seen.setdefault(customer, now)
            await asyncio.sleep(0.02)


async def everything_at_once(
    url: str, writer: Writer, source, segment: int
) -> tuple[list, list, dict[int, float]]:
    probes, noise, seen = [], [], {}
    people = iter(writer.people)

    def probe():
        member, openid, customer = next(people)
        event = writer.event(PROBE, member_id=member, openid=openid)
        event["properties"] = {"probe": f"{RUN} {customer}", "run": RUN}
        return str(customer), request(url, source.key, source.secret, event)

    def background():
        return "", request(
            url, source.key, source.secret, {"batch": [writer.event() for _n in range(BATCH)]}
        )

    until = time.time() + SECONDS
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(load(url, background, until, PER_SECOND / BATCH, noise))
        tasks.create_task(load(url, probe, until, PROBES_PER_SECOND, probes))
        tasks.create_task(look(until + 5, segment, seen))
    return probes, noise, seen


def settled() -> bool:
    """The past that the demo wrote by COPY has been worked out; what is measured is a day at work
    and not an import."""
    interests = EventCursor.objects.filter(pk__gte=EventCursor.Reader.INTERESTS)
    is_behind = not interests or any(mark.counted_id < mark.next_id for mark in interests)
    is_waiting = (
        any(clock.waiting for clock in EvaluatorClock.objects.all())
        or ChangedCustomer.objects.count() > 100
    )
    return not (is_behind or is_waiting or Segment.objects.filter(evaluated_version=0).exists())


def main() -> None:
    source, writer = a_source(), Writer(Random(uuid.uuid4().bytes), 20_000)
    nobody_is_held_back()
    saved({**six(), SEEN: everything(did(PROBE, 1, [["run", "is", RUN]], window=MONTH))})
    with Served() as provider, connect(autocommit=True) as database:
        os.environ["BENCH_PROVIDER"] = provider.url
        step = {
            "step": "send_message",
            "channel": "bench",
            "purpose": "service",
            "content": {"body": "{{ event.probe }}"},
            "next": None,
        }
        a_journey("Answering", {"trigger": "event", "event": PROBE}, step)
        database.execute("TRUNCATE customers_changedcustomer, events_reaction")
        with product() as (url, _pid):
            wait(settled, 3600)
            time.sleep(3)
            segment = Segment.objects.get(name=SEEN).pk
            probes, noise, seen = asyncio.run(
                everything_at_once(f"{url}/api/v1/events", writer, source, segment)
            )
        tell(probes, noise, seen, provider.heard())


def tell(probes: list, noise: list, seen: dict[int, float], heard: dict[str, float]) -> None:
    rate = len(noise) * BATCH / SECONDS
    told = [
        heard[text] - began
        for name, began, _answered in probes
        if (text := f"{RUN} {name}") in heard
    ]
    members = [seen[int(name)] - began for name, began, _answered in probes if int(name) in seen]
    posts = percentile([answered - began for _name, began, answered in probes], 0.5)
    background = {"background_events_per_s": rate, "probes": len(probes), "post_p50_s": posts}
    for name, found, budget in (
        ("event to message, p99", told, 0.5),
        ("event to membership, p99", members, 2.0),
    ):
        quantiles = {
            f"p{int(share * 100)}_s": percentile(found, share) for share in (0.5, 0.9, 0.99)
        }
        more = {**background, **quantiles, "arrived": len(found), "worst_s": max(found)}
        unit = (
            f"s; p50 {quantiles['p50_s']:.3f}; {len(found)} of {len(probes)} at {rate:.0f}"
            " events/s; limit: its POST p50"
        )
        report(
            name,
            quantiles["p99_s"],
            posts,
            budget=budget,
            at_most=True,
            ratio=quantiles["p99_s"],
            unit=unit,
            **more,
        )


if __name__ == "__main__":
    main()
