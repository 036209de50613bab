"""What looking for personal data costs: the CPU of parsing and recording batches of 100, and of the
looking alone, over the same events."""

import os
import time
from datetime import UTC, datetime
from random import Random

import msgspec

from benchmarks.cpu import Meter
from benchmarks.inside import connect, median, report, scaled
from benchmarks.shop import Writer, a_source
from customers.privacy.personal import without_personal
from events import ingest
from integrations.native.events import Events

SIZE, ROUNDS, AGAIN = 100, 5, 20
# As mini-programs send them, beside the shop's own: many keys, texts of all lengths, one event in
# ten with somebody's phone.
SDK = {
    "$lib": "MiniProgram",
    "$network_type": "wifi",
    "$model": "iPhone 17",
    "$os_version": "26.1",
    "$screen_width": 390,
    "$url_path": "pages/product/detail",
    "$url_query": "id=10086&from=share",
    "$title": "高山绿茶 250g",
    "$latest_scene": "wx-1011",
    "refer": "1706659200000",
}


def batches(writer: Writer, dice: Random, count: int) -> list[list[dict]]:
    made = [[writer.event() for _item in range(SIZE)] for _batch in range(count)]
    for event in (event for batch in made for event in batch):
        event["context"] |= SDK
        if dice.random() < 0.1:
            event["properties"]["receiver"] = {"receiverPhone": "13800138000", "city": "上海"}
    return made


def looked(items: list) -> float:
    """Seconds of CPU for the properties and contexts of these items, once."""
    began = time.thread_time()
    for _time in range(AGAIN):
        for item in items:
            without_personal(item.properties)
            without_personal(item.context)
    return (time.thread_time() - began) / AGAIN


def main() -> None:
    source, dice, door = a_source(), Random(os.urandom(8)), Events()
    writer, postgres = Writer(dice, scaled(200_000)), int(os.environ["BENCH_POSTGRES_PID"])
    whole, parsing, looking = [], [], []
    for _round in range(ROUNDS):
        bodies = [
            msgspec.json.encode({"batch": batch})
            for batch in batches(writer, dice, max(scaled(200), 20))
        ]
        events = len(bodies) * SIZE
        began, parsed = time.thread_time(), []
        for body in bodies:
            parsed.append(door.parse(body, source, datetime.now(UTC)).items)
        parsing.append((time.thread_time() - began) / events * 1000)
        with Meter(os.getpid(), postgres) as spent:
            for items in parsed:
                ingest.record(source, items)
        whole.append(parsing[-1] + spent.seconds / events * 1000)
        looking.append(sum(map(looked, parsed)) / events * 1000)
        with connect(autocommit=True) as database:
            database.execute("TRUNCATE customers_changedcustomer, events_reaction")
    cost, ingested = median(looking), median(whole) - median(looking)
    rounds = {"ingest_cpu_ms": whole, "parsing_cpu_ms": parsing, "looking_cpu_ms": looking}
    report(
        "privacy",
        cost,
        ingested,
        budget=0.03,
        at_most=True,
        unit="CPU ms an event; limit: parse and record without it",
        **rounds,
    )


if __name__ == "__main__":
    main()
