"""What the release before left, or still writes while it is rolled out, goes on as a job."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.db.models import Max
from django.db.models.functions import Coalesce

from crm_project.jobs import running
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from customers.bulk.carried_over import MIGRATION, carry_over, import_module
from customers.models import Customer, CustomerTag, Tag
from tests.factories import NOW, a_customer

pytestmark = pytest.mark.django_db


def insert(table: str, **values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(['%s'] * len(values))})",
            list(values.values()),
        )


def newest() -> int:
    """The number of the last customer, 0 where there is none."""
    return Customer.objects.aggregate(last=Coalesce(Max("pk"), 0))["last"]


def a_bulk_run(by, **more):
    values = {
        "act": "tag_on",
        "list": "customers.customer",
        "query": "",
        "reason": "spring",
        "starts_journeys": False,
        "language": "en",
        "by_id": by.pk,
        "cursor": 0,
        "last_id": newest(),
        "done_rows": 0,
        "attempts": 0,
        "error": "",
        "created_at": NOW,
        "due_at": NOW,
        **more,
    }
    for name in ("params", "skipped"):
        values[name] = json.dumps(values.get(name, {}))
    insert("customers_bulkrun", **values)


def a_tag_job(tag, by, **more):
    values = {
        "tag_id": tag.pk,
        "is_on": True,
        "why": "spring",
        "starts_journeys": False,
        "by_id": by.pk,
        "total": 0,
        "done_so_far": 0,
        "changed": 0,
        "cursor": 0,
        "attempts": 0,
        "error": "",
        "created_at": NOW,
        "due_at": NOW,
        **more,
    }
    insert("customers_tagjob", **values)


@pytest.fixture
def boss():
    return User.objects.create_superuser("boss")


def carried() -> list[Job]:
    carry_over()
    carry_over()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM customers_bulkrun) + (SELECT count(*) FROM"
            " customers_tagjob) + (SELECT count(*) FROM customers_exportpart)"
        )
        assert cursor.fetchone() == (0,)
    return list(Job.objects.order_by("pk"))


def test_an_act_on_a_list_goes_on_behind_what_was_done(boss):
    people, tag = [a_customer() for _n in range(4)], Tag.objects.create(name="VIP")
    params = {"tag": tag.pk}
    a_bulk_run(boss, params=params, cursor=people[1].pk, done_rows=1, skipped={"as_before": 1})

    [job] = carried()
    assert (job.kind, job.state, job.by, job.reason) == ("bulk", "queued", boss, "spring")
    while running.work():
        pass

    job.refresh_from_db()
    assert set(CustomerTag.objects.values_list("customer", flat=True)) == {
        one.pk for one in people[2:]
    }
    assert (job.state, job.done_rows, job.skipped) == ("done", 3, {"as_before": 1})


def test_an_export_under_way_begins_anew(boss):
    a_customer()
    a_bulk_run(boss, act="export", params={"format": "csv"}, cursor=newest(), done_rows=7)

    [job] = carried()
    while running.work():
        pass

    job.refresh_from_db()
    assert (job.state, job.done_rows) == ("done", 1)
    assert job.result is not None


def test_what_was_over_is_history(boss):
    over = {"ended_at": NOW + timedelta(hours=1), "due_at": None}
    heading = {"format": "csv", "heading": ["Name"]}
    a_bulk_run(boss, act="export", params=heading, done_rows=7, **over)
    a_bulk_run(boss, error="not allowed", **over)
    a_bulk_run(boss, cancelled_at=NOW, **over)

    jobs = carried()
    assert [(one.state, one.error, one.done_rows) for one in jobs] == [
        ("done", "", 7),
        ("failed", "not allowed", 0),
        ("cancelled", "", 0),
    ]
    assert jobs[0].params["said"] == {"format": "csv"}
    assert not running.work()


def test_a_tagging_goes_on_too(boss):
    people, tag = [a_customer() for _n in range(3)], Tag.objects.create(name="VIP")
    ids = [one.pk for one in people]
    until = database_now() + timedelta(days=3)
    more = {"customers": ids, "cursor": ids[0], "done_so_far": 1, "total": 3}
    a_tag_job(tag, boss, expires_at=until, **more)
    a_tag_job(tag, boss, ended_at=NOW, due_at=None, changed=2, done_so_far=5, total=5)

    job, over = carried()
    while running.work():
        pass

    job.refresh_from_db()
    assert set(CustomerTag.objects.values_list("customer", "expires_at")) == {
        (pk, until) for pk in ids[1:]
    }
    assert (job.state, job.done_rows, job.skipped) == ("done", 2, {"as_before": 1})
    assert (over.state, over.done_rows, over.skipped) == ("done", 2, {"as_before": 3})


def test_who_had_a_right_has_it_further(boss):
    """As the migration finds them: rights of tables that are gone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_content_type (app_label, model) VALUES ('customers', 'bulkrun'),"
            " ('customers', 'tagjob')"
        )
        cursor.execute("DELETE FROM auth_permission WHERE codename IN ('export_list', 'tag_many')")
        cursor.execute(
            "INSERT INTO auth_permission (name, codename, content_type_id) SELECT 'x', c.codename,"
            " t.id FROM django_content_type t JOIN (VALUES ('bulkrun', 'export_list'), ('tagjob',"
            " 'add_tagjob')) c (model, codename) ON c.model = t.model"
        )
    clerk, group = User.objects.create_user("clerk"), Group.objects.create(name="ours")
    other = User.objects.create_user("other")
    other.groups.add(group)
    for rights in (clerk.user_permissions, group.permissions):
        rights.set(Permission.objects.filter(codename__in=["export_list", "add_tagjob"]))

    with connection.cursor() as cursor:
        cursor.execute(import_module(MIGRATION).RIGHTS)

    for user in (clerk, other):
        user = User.objects.get(pk=user.pk)
        assert user.has_perms(["customers.export_list", "customers.tag_many"])
    assert Permission.objects.filter(codename__in=["export_list", "tag_many"]).count() == 2
