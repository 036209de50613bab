"""An act on more rows than the workspace allows alone waits for somebody else."""

import pytest
from django.contrib.auth.models import User

from crm_project.jobs import running
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from customers.approval import deciding
from customers.approval.kinds import Refused
from customers.bulk import approval
from customers.bulk import job as bulk
from customers.bulk.customers import PutOn
from customers.models import Approval, CustomerTag, Tag, Workspace
from tests.factories import a_customer, a_workspace

pytestmark = pytest.mark.django_db
State = Job.State


@pytest.fixture
def boss():
    return User.objects.create_superuser("boss")


@pytest.fixture
def other():
    return User.objects.create_superuser("other")


def begin(by, customers=3):
    for _n in range(customers):
        a_customer()
    tag = Tag.objects.create(name="VIP")
    return bulk.begin(
        PutOn,
        label="customers.customer",
        query="",
        params={"tag": tag.pk},
        reason="",
        by=by,
        now=database_now(),
    )


def work():
    Job.objects.filter(due_at__isnull=False).update(due_at=database_now())
    while running.work():
        Job.objects.filter(due_at__isnull=False).update(due_at=database_now())


def test_an_act_on_few_goes_on_by_itself(boss):
    a_workspace(approval_above=3)
    begin(boss)
    work()
    assert Job.objects.get().state == State.DONE
    assert CustomerTag.objects.count() == 3
    assert not Approval.objects.exists()


def test_an_act_on_many_waits_and_goes_on_once_it_is_approved(boss, other):
    a_workspace(approval_above=2)
    job = begin(boss)
    work()
    assert (job.state, CustomerTag.objects.count()) == (State.PAUSED, 0)
    asked = Approval.objects.get()
    assert "VIP" in str(approval.ActOnMany().words(asked.content))
    with pytest.raises(Refused):
        deciding.approve(asked, by=boss, now=database_now())

    deciding.approve(asked, by=other, now=database_now())
    work()

    asked.refresh_from_db()
    assert asked.state == Approval.State.USED
    assert Job.objects.get().state == State.DONE
    assert CustomerTag.objects.count() == 3


def test_whoever_resumes_it_without_a_word_does_nothing(boss):
    a_workspace(approval_above=0)
    job = begin(boss)
    running.resume(job, by=boss, now=database_now())
    work()
    job.refresh_from_db()
    assert (job.state, CustomerTag.objects.count()) == (State.FAILED, 0)
    assert job.error


def test_a_rejected_one_is_over(boss, other):
    a_workspace(approval_above=0)
    begin(boss)
    deciding.reject(Approval.objects.get(), by=other, now=database_now())
    work()
    assert Job.objects.get().state == State.CANCELLED
    assert CustomerTag.objects.count() == 0


def test_one_that_was_cancelled_meanwhile_cannot_be_approved(boss, other):
    a_workspace(approval_above=0)
    job = begin(boss)
    running.cancel(job, by=boss, now=database_now())
    with pytest.raises(Refused):
        deciding.approve(Approval.objects.get(), by=other, now=database_now())
    assert Workspace.get().approval_above == 0
