"""Every kind of background work that settings name."""

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from campaigns.models import DryRun, Journey, VersionMove
from crm_project.jobs import running
from crm_project.jobs.kinds import POISON, JobKind, Refused, RowsKind, jobs
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from customers.bulk.acts import acts
from customers.models import Customer, Segment
from integrations.models import Reconciliation
from tests.admin import rows
from tests.factories import a_customer, a_member, uploaded

pytestmark = pytest.mark.django_db
KINDS = pytest.mark.parametrize("kind", list(jobs), ids=lambda kind: kind.key)


def params(key: str) -> dict:
    """What somebody might have said; a kind without an example here fails its tests."""
    by_hand = Segment.objects.create(name=key, kind="list")
    said = {
        "bulk": {
            "act": "list_on",
            "list": "customers.customer",
            "query": "",
            "last_id": max(Customer.objects.values_list("pk", flat=True), default=0),
            "said": {"segment": by_hand.pk},
        },
        "tag_many": {
            "tag": None,
            "is_on": True,
            "segment": None,
            "customers": [1],
            "until": None,
            "total": 1,
        },
        "list_file": {
            "segment": by_hand.pk,
            "kind": "phone",
            "source": None,
            "column": 1,
            "file": "a.csv",
            "bytes": 5,
            "encoding": "utf-8",
            "delimiter": ",",
            "headings": 0,
        },
        "coupon_codes": {
            "batch": 0,
            "column": 1,
            "file": "a.csv",
            "bytes": 5,
            "encoding": "utf-8",
            "delimiter": ",",
            "headings": 0,
        },
        "import_file": an_import(),
        "compare_list": a_list_to_compare() if key == "compare_list" else {},
        "import_trial": an_import(),
        "import_undo": {"import": 0, "job": 0, "source": 0},
        "import_let_in": {
            "import": 0,
            "job": 0,
            "journey": 0,
            "version": 0,
            "segment": 0,
            "per_hour": None,
            "slot": "2026-11-24T10:00:00+00:00",
        },
        "replay": {"ids": [10**9]},
        "move_runs": {"move": rows.ROWS[VersionMove]().pk if key == "move_runs" else 0},
        "dry_run": a_dry_run() if key == "dry_run" else {},
        "write_to_bookings": rows.WRITTEN_TO_BOOKINGS,
    }
    return said[key]


def an_import() -> dict:
    shape = {"form": "csv", "columns": ["who"], "encoding": "utf-8", "delimiter": ","}
    return {
        "import": 0,
        "mapping": 0,
        "source": 0,
        "generation": 1,
        "kind": "customers",
        "file": "a.csv",
        "bytes": 5,
        "rows": None,
        "shape": {**shape, "heading": 0, "sheet": 0},
        "columns": {"who": {"to": "identities.phone", "type": "key"}},
        "options": {},
        "as_of": database_now().isoformat(),
    }


def a_list_to_compare() -> dict:
    said = {"reconciliation": rows.ROWS[Reconciliation]().pk, "by_payment": True}
    meant = {"who": {"to": "number", "type": "key"}}
    day = {"first": "2026-11-01", "last": "2026-11-01", "end": 5}
    return {**an_import(), **said, **day, "columns": meant}


def a_dry_run() -> dict:
    steps = {"s1": {"step": "end", "fields": {}, "exits": {}}}
    trigger = {"trigger": "event", "fields": {"event": "Product Viewed"}}
    stored = {"v": 2, "trigger": trigger, "reentry": {"kind": "once"}, "start": "s1"}
    now = database_now()
    journey = Journey.objects.create(name=f"tried {Journey.objects.count()}")
    row = DryRun.objects.create(
        journey=journey, definition=stored | {"steps": steps}, since=now, until=now, created_at=now
    )
    return {"dry_run": row.pk, "journey": journey.pk}


def begun(kind: type[JobKind], by) -> Job:
    more = {"input": uploaded("hello", by)} if kind.takes_file else {}
    return running.begin(kind, params=params(kind.key), by=by, now=database_now(), **more)


@pytest.fixture
def boss():
    return User.objects.create_superuser("boss")


@KINDS
def test_it_says_what_it_is_and_who_may(kind):
    assert kind.key
    assert kind.label
    assert kind.icon
    assert 0 < kind.window <= kind.most
    known = {f"{p.content_type.app_label}.{p.codename}" for p in Permission.objects.all()}
    assert set(kind().permissions()) <= known
    assert kind().permissions()


@KINDS
def test_whoever_may_not_begins_nothing_and_goes_no_further(kind, boss):
    with pytest.raises(Refused):
        begun(kind, User.objects.create_user("guest", is_staff=True))
    assert not Job.objects.exists()
    Segment.objects.all().delete()
    job = begun(kind, boss)
    User.objects.filter(pk=boss.pk).update(is_superuser=False)

    assert running.work()

    job.refresh_from_db()
    assert (job.state, job.done_rows) == ("failed", 0)
    assert job.error


@KINDS
def test_it_comes_to_an_end_with_each_row_accounted_for(kind, boss):
    a_customer(), a_member(1)
    job = begun(kind, boss)
    for _batch in range(100):
        if not running.work():
            break

    job.refresh_from_db()
    assert job.is_over
    assert job.state in ("done", "failed")
    assert job.state == "done" or job.error
    assert job.state == "failed" or job.total is None or job.worked_rows == job.total
    assert all(rows > 0 for rows in job.skipped.values())


@KINDS
def test_its_page_shows_it_in_every_state(kind, boss, client):
    client.force_login(boss)
    job = begun(kind, boss)
    page = reverse("admin:crm_project_job_change", args=[job.pk])
    for state in Job.State.values:
        Job.objects.filter(pk=job.pk).update(state=state, skipped={POISON: 2, "code": 1})
        for language in ("en", "zh-hans"):
            client.cookies["django_language"] = language
            assert client.get(page).status_code == 200
    assert kind().title(job)
    assert kind().act(job)
    assert "phone" not in str(kind().audited(job)).lower()


@KINDS
def test_what_a_poison_row_is_called_reveals_nobody(kind):
    if issubclass(kind, RowsKind):
        assert kind().words(Job(params=params(kind.key)), POISON)


def test_every_act_on_a_list_belongs_to_the_kind_that_carries_it_out():
    assert {act.permission for act in acts} == set(jobs["bulk"]().permissions())
