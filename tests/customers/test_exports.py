"""Exports: columns that are chosen and remembered, JSON Lines, phones in clear by right and reason,
files on a schedule into a folder or a bucket."""

import json
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import translation

from crm_project.attention import Line
from crm_project.files import storing
from crm_project.jobs import running
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from customers.bulk import scheduled
from customers.bulk.attention import NotDelivered
from customers.models import AuditEntry, ScheduledExport
from events import ingest
from events.incoming_items import Named
from tests.factories import NOW, a_source, an_event, member

pytestmark = pytest.mark.django_db(transaction=True)
URL = "?_list=customers.customer&_act=export"
DAILY = {"schedule_kind": "daily", "schedule_time": "09:00"}


@pytest.fixture
def boss(client):
    with translation.override("en"):
        user = User.objects.create_superuser("boss", password="secret-1234")
        client.force_login(user)
        session = client.session
        session["stepped_up_at"] = session["step_up"] = database_now().timestamp()
        session.save()
        client.user = user
        client.cookies["django_language"] = "en"
        for n in range(3):
            named = [member(f"M{n}"), Named("phone", f"+861380000000{n}")]
            ingest.record(a_source(), [an_event(*named, at=NOW)])
        yield client


def exported(user, **said) -> Job:
    from customers.bulk import job as bulk
    from customers.bulk.exporting import Export

    made = bulk.begin(
        Export,
        label="customers.customer",
        query="",
        params={"format": "jsonl", **said},
        reason="for the post office",
        by=user,
        now=database_now(),
    )
    while running.work():
        pass
    made.refresh_from_db()
    return made


def lines(job) -> list[dict]:
    text = b"".join(storing.pieces(job.result)).decode()
    return [json.loads(line) for line in text.splitlines()]


def test_json_lines_with_the_chosen_columns(boss):
    job = exported(boss.user, columns=["identities", "first_seen_at"])
    assert job.state == Job.State.DONE, job.error
    found = lines(job)
    assert len(found) == 3
    assert list(found[0]) == ["identities", "first_seen_at"]
    assert "13800000000" not in json.dumps(found)


def test_phones_in_clear_need_a_right_and_are_written_down(boss):
    job = exported(boss.user, columns=["identities"], clear=["phone"], hours=1)
    assert sorted(one["phone_clear"] for one in lines(job)) == [
        f"+861380000000{n}" for n in range(3)
    ]
    assert job.expires_at - job.ended_at == timedelta(hours=1)
    entry = AuditEntry.objects.get(act="export.clear")
    assert entry.details == {"what": ["phone"], "rows": 3, "reason": "for the post office"}
    other = User.objects.create_user("other", is_staff=True)
    rights = ("export_list", "view_customer")
    other.user_permissions.set(Permission.objects.filter(codename__in=rights))
    refused = exported(other, columns=["identities"], clear=["phone"])
    assert refused.state == Job.State.FAILED


def test_the_form_remembers_the_columns_and_says_what_is_wrong(boss, settings):
    settings.EXPORTS_URL = ""
    page = reverse("admin:bulk_begin") + URL
    exported(boss.user, columns=["first_seen_at"])
    shown = boss.get(page).content.decode()
    assert 'value="first_seen_at"' in shown
    checked = [
        one
        for one in shown.split("<input")
        if 'name="columns"' in one and re.search(r" checked(?![:\w-])", one.partition(">")[0])
    ]
    assert len(checked) == 1
    assert "name of the schedule" not in shown
    said = {"format": "csv", "reason": "why not"}
    assert "Choose at least one column." in boss.post(page, said).content.decode()
    settings.EXPORTS_URL = "file:///tmp"
    assert "ame of the schedule" in boss.get(page).content.decode()


def a_schedule(user, tmp_path, **more) -> ScheduledExport:
    params = {
        "format": "csv",
        "columns": ["identities"],
        "name": "每天 daily",
        "until": 30,
        "schedule": {"kind": "daily", "time": "09:00", "missed": "last"},
    }
    row = scheduled.make(
        label="customers.customer", query="", by=user, params=params, reason="for the shop"
    )
    past = database_now() - timedelta(days=2)
    ScheduledExport.objects.filter(pk=row.pk).update(due_at=database_now(), created_at=past)
    return row


def test_a_file_lies_in_the_folder_at_each_time(boss, settings, tmp_path):
    settings.EXPORTS_URL = f"file://{tmp_path}"
    row = a_schedule(boss.user, tmp_path)
    assert scheduled.fire() == 1
    while running.work():
        pass
    row.refresh_from_db()
    job = Job.objects.get(pk=row.job_id)
    assert (job.state, job.error) == (Job.State.DONE, "")
    (found,) = (tmp_path / "exports").iterdir()
    assert found.name.startswith("每天-daily-")
    assert len(found.read_text().strip().splitlines()) == 4
    assert row.delivered_at
    assert row.due_at > database_now()
    assert list(NotDelivered().lines(boss.user, database_now())) == []
    assert scheduled.fire() == 0


def test_one_that_cannot_be_delivered_is_told_and_can_be_paused(boss, settings, tmp_path):
    settings.EXPORTS_URL = f"file://{tmp_path}/never-mounted"
    row = a_schedule(boss.user, tmp_path)
    scheduled.fire()
    for _ in range(2000):  # as many turns as the numbers of customers have windows
        Job.objects.update(due_at=database_now())
        running.work()
        if list(NotDelivered().lines(boss.user, database_now())):
            break
    (line,) = NotDelivered().lines(boss.user, database_now())
    assert isinstance(line, Line)
    page = reverse("admin:customers_scheduledexport_change", args=[row.pk])
    assert "Files cannot be kept" in boss.get(page).content.decode()
    scheduled.switch(row, is_active=False, by=boss.user)
    row.refresh_from_db()
    assert row.due_at is None
    (tmp_path / "never-mounted").mkdir()
    Job.objects.update(due_at=database_now())
    while running.work():
        pass
    assert list((tmp_path / "never-mounted" / "exports").iterdir())
    assert list(NotDelivered().lines(boss.user, database_now())) == []


def test_whoever_may_not_export_any_more_makes_no_file(boss, settings, tmp_path):
    settings.EXPORTS_URL = f"file://{tmp_path}"
    row = a_schedule(boss.user, tmp_path)
    User.objects.filter(pk=boss.user.pk).update(is_superuser=False)
    scheduled.fire()
    row.refresh_from_db()
    assert (row.is_active, row.due_at, row.job_id) == (False, None, None)
    assert [line.count for line in NotDelivered().lines(boss.user, database_now())] == [1]
    assert list(tmp_path.iterdir()) == []
