"""A file of people onto a list: rows a second from the stored file to the last commit, for each
kind of value that names a person.

The demo's phones are written as a form would write them, so each takes the long way through
phonenumbers; plain mobiles, which nobody here holds, do not.
"""

import os
import time
from random import Random

from django.core.files.uploadedfile import SimpleUploadedFile

from benchmarks.cpu import Meter
from benchmarks.inside import report, scaled
from benchmarks.shop import a_boss
from crm_project.files import uploads
from crm_project.jobs import running
from crm_project.queue.due import database_now
from customers.lists import files
from customers.models import Customer, Kind, Segment, Source
from demo.past import crowd

BUDGET = 10_000  # rows/s
MOST_ROWS = 200_000
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
    people = list(Customer.objects.order_by("pk").values_list("pk", flat=True)[: scaled(MOST_ROWS)])
    for name, (kind, write) in WRITE.items():
        segment = Segment.objects.create(name=f"benchmark {name}", kind=Segment.Kind.LIST)
        content = a_file(write, people, dice)
        file = uploads.received(
            SimpleUploadedFile("people.csv", content), by=boss, now=database_now()
        )
        said = {"kind": kind, "source": source, "has_heading": True}
        began = time.perf_counter()
        with Meter(os.getpid(), int(os.environ["BENCH_POSTGRES_PID"])) as spent:
            job = files.begin(segment, file, **said, by=boss, now=database_now())
            while running.work():
                pass
        seconds = time.perf_counter() - began
        job.refresh_from_db()
        rate = job.worked_rows / seconds
        figures = {
            "rows": job.worked_rows,
            "matched": job.done_rows,
            "adding_s": seconds,
            "cpu_s": spent.seconds,
        }
        unit = (
            f"rows/s; {job.worked_rows} rows, {job.done_rows} matched, {spent.seconds:.1f} s of CPU"
        )
        report(
            f"file import, {name}", rate, BUDGET, budget=1.0, at_most=False, unit=unit, **figures
        )
        segment.delete()


if __name__ == "__main__":
    main()
