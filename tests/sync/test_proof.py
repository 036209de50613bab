"""A million rows by file, though the worker is killed with -9 and the disk fills up: here exactly
once.

SYNC_ROWS says another size (`make proof PART=sync`).
"""

import csv
import io
import os
import time

import pytest

from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from customers.models import Customer, CustomerAttribute, Identity
from events.models import Event, Reaction
from integrations.models import ImportRow
from integrations.sync.files import beginning
from tests.jobs import toy
from tests.product import eventually
from tests.sync.disks import full_disk
from tests.sync.importing import errors_of, looked_at

ROWS = int(os.environ.get("SYNC_ROWS", "1000000"))
SPOILT, TWICE = 997, 1_013  # each of so many rows is spoilt, comes twice
PATIENCE = 3_600


def members() -> tuple[str, dict]:
    out = io.StringIO()
    write = csv.writer(out)
    write.writerow(["姓名", "手机号", "会员号", "积分", "入会日期"])
    wanted = {"new": 0, "refused": 0, "same": 0}
    for n in range(ROWS):
        row = [f"人{n}", f"13{n:09}", f"M{n:07}", str(n % 1000), "2023-06-18"]
        if n % SPOILT == 5:
            row[1] = "1.38E+10"
        write.writerow(row)
        wanted["refused" if n % SPOILT == 5 else "new"] += 1
        if n % TWICE == 7 and n % SPOILT != 5:
            write.writerow(row)
            wanted["same"] += 1
    return out.getvalue(), wanted


@pytest.mark.proof
@pytest.mark.django_db(transaction=True)
def test_a_million_members_come_in_though_the_worker_is_killed_three_times(tmp_path):
    """With a batch leased, with one written and not committed, and wherever it stands."""
    content, wanted = members()
    one = looked_at(content)
    del content
    job = beginning.go(one, by=one.by, now=database_now())
    began = time.monotonic()
    for number, point in enumerate(("job.worked:3", "due.leased:2")):
        killed = toy.worker(f"{point}:{tmp_path / str(number)}")
        assert killed.wait(PATIENCE) == -9
    victim = toy.worker()
    try:
        assert eventually(lambda: share(job) > 0.4, seconds=PATIENCE, every=0.1)
    finally:
        victim.kill()
        victim.wait()
    last = toy.worker()
    try:
        assert eventually(lambda: share(job) > 0.6, seconds=PATIENCE, every=0.1)
        with full_disk("events_event"):
            time.sleep(5)
        assert eventually(lambda: is_over(job), seconds=PATIENCE, every=0.5)
    finally:
        last.kill()
        last.wait()
    took = time.monotonic() - began
    print(f"\n{ROWS} rows in {took:.0f} s with three kills: {ROWS / took:.0f} rows/s")
    assert (job.state, job.error) == (Job.State.DONE, "")
    assert job.memo["counted"] == {name: n for name, n in wanted.items() if n}
    new = wanted["new"]
    assert Customer.objects.count() == ImportRow.objects.count() == new
    assert Identity.objects.filter(kind="member_id").count() == new
    assert Identity.objects.filter(kind="phone").count() == new
    assert CustomerAttribute.objects.filter(key="points").count() == new
    assert Event.objects.count() == new  # each of them registered
    assert Reaction.objects.count() == 0
    lines = errors_of(job).strip().splitlines()
    assert len(lines) == len(set(lines)) == 1 + wanted["refused"]


def share(job) -> float:
    job.refresh_from_db()
    return job.cursor / max(job.params["bytes"], 1)


def is_over(job) -> bool:
    job.refresh_from_db()
    return job.is_over
