"""A million rows, killed again and again, are here exactly once."""

import csv
import io
import os
import random

import pytest

from crm_project.jobs import running
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from customers.models import Customer, Identity
from integrations.sync.files import beginning, job
from tests.sync.importing import looked_at

ROWS = int(os.environ.get("SYNC_ROWS", "1000000"))


@pytest.mark.proof
@pytest.mark.django_db
def test_a_million_members_come_in_though_the_worker_dies(monkeypatch):
    out = io.StringIO()
    write = csv.writer(out)
    write.writerow(["姓名", "手机号", "会员号"])
    write.writerows([f"人{n}", f"13{n:09}"[:11], f"M{n:07}"] for n in range(ROWS))
    one = looked_at(out.getvalue())
    begun = beginning.go(one, by=one.by, now=database_now())
    dice, real = random.Random(1), job.ImportFile.write
    deaths = []

    def dying(self, *args):
        real(self, *args)
        if len(deaths) < 3 and dice.random() < 0.1:
            deaths.append(1)
            raise MemoryError

    monkeypatch.setattr(job.ImportFile, "write", dying)
    while not begun.is_over:
        Job.objects.filter(pk=begun.pk, state__in=Job.GOING).update(due_at=database_now())
        running.work()
        begun.refresh_from_db()
    counted = begun.memo["counted"]
    assert begun.state == Job.State.DONE
    assert sum(counted.values()) == ROWS
    assert Customer.objects.count() == counted["new"]
    assert Identity.objects.filter(kind="member_id").count() == counted["new"]
    assert deaths or ROWS < 10_000
