"""A file of people onto a list: rows a second after parsing, to the commit, for each kind of value
that names a person.

The demo's phones are written as a form would write them, so each takes the long way through
phonenumbers; plain mobiles, which nobody here holds, do not.
"""

import os
import time
from random import Random

from benchmarks.cpu import Meter
from benchmarks.inside import report, scaled
from benchmarks.shop import a_boss
from crm_project.queue.due import database_now
from customers.lists import files
from customers.models import Customer, Kind, Segment, Source
from demo.past import crowd

BUDGET = 10_000  # rows/s after parsing
UNKNOWN = 0.05
WRITE = {
    "member ids": (Kind.MEMBER_ID, lambda pk: f"M{pk:08}"),
    "phones": (Kind.PHONE, lambda pk: " ".join((crowd.phone_of(pk)[:6], crowd.phone_of(pk)[6:]))),
    "mobiles of strangers": (Kind.PHONE, lambda pk: f"139{pk:08}"[:11]),
}


def a_file(write, people: list[int], dice: Random) -> bytes:
    """A column of values, a few of which nobody holds."""
    picked = [pk if dice.random() > UNKNOWN else 10**8 + pk for pk in people]
    return ("who\n" + "\n".join(write(pk) for pk in picked)).encode()


def main() -> None:
    boss = a_boss()
    source = Source.objects.select_related("namespace").get(name="Demo history")
    dice = Random(3)
    people = list(
        Customer.objects.order_by("pk").values_list("pk", flat=True)[: scaled(files.MOST_ROWS)]
    )
    for name, (kind, write) in WRITE.items():
        segment = Segment.objects.create(name=f"benchmark {name}", kind=Segment.Kind.LIST)
        content = a_file(write, people, dice)
        began = time.perf_counter()
        rows = files.values(content, has_heading=True)
        parsed = time.perf_counter()
        with Meter(os.getpid(), int(os.environ["BENCH_POSTGRES_PID"])) as spent:
            added = files.add(segment, rows, kind=kind, source=source, by=boss, now=database_now())
        done = time.perf_counter()
        rate = len(rows) / (done - parsed)
        figures = {
            "rows": len(rows),
            "matched": added.matched,
            "parsing_s": parsed - began,
            "adding_s": done - parsed,
            "cpu_s": spent.seconds,
        }
        unit = (
            f"rows/s; {len(rows)} rows, {added.matched} matched, {spent.seconds:.1f} s of CPU;"
            f" parsed in {parsed - began:.1f} s"
        )
        report(
            f"file import, {name}", rate, BUDGET, budget=1.0, at_most=False, unit=unit, **figures
        )
        segment.delete()


if __name__ == "__main__":
    main()
