"""A tag for 300,000 at once, and meanwhile single events: from each event to its customer's place
in a segment (limit: 2 s)."""

import asyncio
import time
import uuid
from math import ceil
from random import Random

from benchmarks.environment import product, wait
from benchmarks.inside import connect, percentile, report
from benchmarks.latency import load, look, settled
from benchmarks.posts import request
from benchmarks.rules import MONTH, did, everything, saved, tagged, two_hundred
from benchmarks.shop import Writer, a_source, nobody_is_held_back
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from customers.models import ChangedCustomer, Customer, Segment, Tag
from customers.tags import jobs

MANY, SEGMENTS = 300_000, 50
PER_SECOND, LONGEST = 5, 120
PROBE, SEEN, LIMIT = "Benchmark Probe", "Probed", 2.0
RUN = uuid.uuid4().hex[:8]


def is_done(tag: Tag) -> bool:
    return (
        not Job.objects.filter(state__in=Job.UNFINISHED).exists()
        and not ChangedCustomer.objects.filter(is_mass=True).exists()
    )


async def watched(
    url: str, writer: Writer, source, segment: int, tag: Tag
) -> tuple[list, dict[int, float], float]:
    """Probes as long as mass changes wait; how long that was."""
    probes, seen, people = [], {}, iter(writer.people)

    def probe():
        member, openid, customer = next(people)
        event = writer.event(PROBE, member_id=member, openid=openid)
        event["properties"] = {"run": RUN}
        return str(customer), request(url, source.key, source.secret, event)

    began = time.time()
    looking = asyncio.create_task(look(began + LONGEST + 10, segment, seen))
    while time.time() < began + LONGEST and not await asyncio.to_thread(is_done, tag):
        await load(url, probe, time.time() + 2, PER_SECOND, probes)
    took = time.time() - began
    await asyncio.sleep(5)
    looking.cancel()
    return probes, seen, took


def main() -> None:
    source, writer = a_source(), Writer(Random(uuid.uuid4().bytes), 20_000)
    nobody_is_held_back()
    tag = Tag.objects.create(name=f"many {RUN}")
    definitions = {
        f"segment {n}": definition for n, definition in enumerate(two_hundred(Random(7))[:SEGMENTS])
    }
    saved(
        {
            **definitions,
            "tagged": everything(tagged(tag.name)),
            SEEN: everything(did(PROBE, 1, [["run", "is", RUN]], window=MONTH)),
        }
    )
    with connect(autocommit=True) as database:
        database.execute("TRUNCATE customers_changedcustomer, events_reaction")
    with product() as (url, _pid):
        wait(settled, 3600)
        ids = list(Customer.objects.alive().order_by("pk").values_list("pk", flat=True)[:MANY])
        for turn in range(
            ceil(MANY / len(ids))
        ):  # with fewer customers the tag is put on, taken off, put on again
            jobs.begin(tag, is_on=turn % 2 == 0, customers=ids, by=None, now=database_now())
        segment = Segment.objects.get(name=SEEN).pk
        probes, seen, took = asyncio.run(
            watched(f"{url}/api/v1/events", writer, source, segment, tag)
        )
    found = [seen[int(name)] - began for name, began, _answered in probes if int(name) in seen]
    quantiles = {f"p{int(share * 100)}_s": percentile(found, share) for share in (0.5, 0.9, 0.99)}
    unit = (
        f"s; p50 {quantiles['p50_s']:.3f}; {len(found)} of {len(probes)} beside {MANY:,} mass"
        f" changes that took {took:.0f} s"
    )
    more = {**quantiles, "arrived": len(found), "worst_s": max(found), "mass_seconds": took}
    report(
        "single events beside mass changes, p99",
        quantiles["p99_s"],
        LIMIT,
        budget=1.0,
        at_most=True,
        unit=unit,
        **more,
    )


if __name__ == "__main__":
    main()
