"""What foreign clients send and nobody understands: kept whole and sealed, tried again once the
reason is mended, forgotten after 30 days."""

import base64
import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from crm_project.files import storing
from crm_project.jobs import running as running_jobs
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from customers.data_rights.retention import running
from customers.data_rights.retention.base import kinds
from customers.models import Retention, Source
from events import schema
from events.models import Event, EventName, SeenEvent
from integrations.doors import callers, quarantine, replaying
from integrations.models import Quarantine
from tests.factories import a_source
from tests.integrations.foreign import a_segment, a_sensors, basic, call, collect, names, refused

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
STRICT = {"is_strict": True}


def posted(client, path, body, key):
    return client.post(
        f"/{path}", body, content_type="application/json", headers={"authorization": basic(key)}
    )


def mend(source, **change):
    """What staff change to let the quarantined in."""
    Source.objects.filter(pk=source.pk).update(**change)
    callers.forget()


def replay_all() -> list[bool]:
    rows = (
        Quarantine.objects.select_related("source__namespace")
        .filter(replayed_at=None)
        .order_by("pk")
    )
    return [replaying.replay(row, NOW) for row in rows]


def test_a_strict_source_is_let_in_once_the_name_is_declared():
    _source, key = a_segment(**STRICT)
    at = "2026-11-20T10:00:00+08:00"
    call(
        key,
        "batch",
        batch=[
            {
                "type": "track",
                "event": "Tea Tasted",
                "anonymousId": "a",
                "messageId": "m1",
                "timestamp": at,
            }
        ],
        sentAt=at,
    )
    assert (names(), refused()) == ([], ["unknown_event"])
    assert replay_all() == [False]

    EventName.objects.create(name="Tea Tasted", is_declared=True)
    schema.forget()

    assert replay_all() == [True]
    row = Quarantine.objects.get()
    assert (names(), row.replayed_at, row.door) == (["Tea Tasted"], NOW, "v1/batch")
    # Sent and happened in one moment: by our clock it happened when it came in. Without the batch's
    # sentAt it would be days before.
    assert abs(Event.objects.get().occurred_at - row.received_at) < timedelta(seconds=5)


def test_names_seen_before_it_became_strict_stay_welcome():
    source, key = a_segment(**STRICT)
    SeenEvent.objects.create(
        source=source,
        name=EventName.objects.create(name="Tea Tasted"),
        first_seen_at=NOW,
        last_seen_at=NOW,
        volume=1,
    )

    call(key, "track", anonymousId="a", event="Tea Tasted")
    call(key, "track", anonymousId="a", event="Tea Spilled")
    call(key, "page", anonymousId="a", name="Home")

    assert names() == ["Tea Tasted", "Page Viewed"]
    assert refused() == ["unknown_event"]


def test_what_another_source_sends_is_not_known_to_a_strict_one():
    _other, other_key = a_segment()
    _source, key = a_segment(**STRICT)

    call(other_key, "track", anonymousId="a", event="Tea Tasted")
    call(key, "track", anonymousId="a", event="Tea Tasted")

    assert (names(), refused()) == (["Tea Tasted"], ["unknown_event"])


def test_a_strict_collector_keeps_its_own_names_and_quarantines_others():
    _source, key = a_sensors(**STRICT)
    item = {"type": "track", "distinct_id": "d1", "time": 1763899200000, "properties": {}}

    collect(key, item | {"event": "$MPLaunch"}, item | {"event": "TeaTasted"})

    assert (names(), refused()) == (["Application Opened"], ["unknown_event"])


def test_a_strict_native_source_says_which_name(sender):
    native = sender(a_source(**STRICT))
    event = {
        "id": "e1",
        "name": "Tea Tasted",
        "occurred_at": NOW.isoformat(),
        "identities": {"member_id": "1"},
    }

    answer = native.post("events", event)
    order = {
        "number": "1",
        "status": "paid",
        "occurred_at": NOW.isoformat(),
        "identities": {"member_id": "1"},
        "total_fen": 1,
    }

    body = json.loads(answer.content)
    assert (answer.status_code, body["code"], body["path"]) == (400, "unknown_event", "$.name")
    assert native.post("orders", order).status_code == 202
    assert native.post("events", event | {"name": "Order Completed"}).status_code == 202


def test_the_raw_bytes_are_kept_as_they_came_and_sealed(client):
    _source, key = a_segment()
    body = gzip.compress('{"batch":7,"secret":"王小明 13812345678"}'.encode())

    posted(client, "v1/batch", body, key)

    row = Quarantine.objects.get()
    assert (quarantine.raw_bytes(row), row.size, row.code, row.path) == (
        body,
        len(body),
        "wrong_type",
        "$.batch",
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT raw FROM integrations_quarantine")
        stored = bytes(cursor.fetchone()[0])
    assert base64.b64encode(body)[:20] not in stored


def test_a_place_that_names_a_person_is_not_shown():
    _source, key = a_segment()

    call(
        key,
        "track",
        anonymousId="a",
        event="Hello",
        properties={"13812345678": 10**30, "x": {"王小明": "a\x00"}},
    )

    assert Quarantine.objects.get().path == "$.properties.…"


def test_an_item_that_nothing_names_is_stored_once_however_often_it_is_tried():
    source, key = a_segment(**STRICT)
    call(key, "track", anonymousId="a", event="Tea Tasted")
    mend(source, is_strict=False)
    row = Quarantine.objects.select_related("source__namespace").get()

    assert [replaying.replay(row, NOW), replaying.replay(row, NOW)] == [True, True]
    assert names() == ["Tea Tasted"]


def worked() -> Job:
    while running_jobs.work():
        pass
    return Job.objects.latest("pk")


def test_a_batch_of_many_is_replayed_by_the_worker_once():
    source, key = a_segment(**STRICT)
    call(
        key,
        "batch",
        batch=[
            {"type": "track", "event": "Tea Tasted", "anonymousId": "a", "messageId": f"m{n}"}
            for n in range(120)
        ],
    )
    mend(source, is_strict=False)

    rows = Quarantine.objects.filter(source=source, code="unknown_event")
    assert replaying.ask(rows, by=None, now=database_now()) == 120
    job = worked()
    assert replaying.ask(rows, by=None, now=database_now()) == 0
    assert not running_jobs.work()

    assert (job.state, job.done_rows, job.total, job.skipped) == ("done", 120, 120, {})
    assert len(names()) == 120
    assert not Quarantine.objects.filter(replayed_at=None).exists()


def test_a_sensors_request_is_replayed_from_its_own_bytes(client):
    source, key = a_sensors()
    body = b"data=" + base64.b64encode(b'{"type":"dance"}').replace(b"+", b"%2B")
    client.post(f"/sa?token={key}", body, content_type="text/plain")
    broken = Quarantine.objects.get()
    assert (broken.code, broken.door) == ("unknown_value", "sa")

    whole = {
        "type": "track",
        "event": "Tea",
        "distinct_id": "d1",
        "time": 1763899200000,
        "properties": {},
    }
    form = b"data_list=" + base64.b64encode(
        json.dumps([whole, {"type": "dance"}]).encode()
    ).replace(b"+", b"%2B")
    rejected = [replaying.Rejected(0, None, "some_bug", "$", "", form)]
    Quarantine.objects.all().delete()
    quarantine.keep(source=source, format_key="sensors", rejected=rejected, now=NOW, door="sa")

    assert replay_all() == [True]
    assert (names(), refused()) == (["Tea"], ["some_bug", "unknown_value"])


def test_a_row_that_fails_waits_and_holds_up_no_other(monkeypatch):
    source, key = a_segment(**STRICT)
    call(
        key,
        "batch",
        batch=[{"type": "track", "event": f"Tea {n}", "anonymousId": "a"} for n in range(3)],
    )
    mend(source, is_strict=False)
    whole = replaying.replay

    def failing(row, now):
        if b"Tea 1" in quarantine.raw_bytes(row):
            raise ZeroDivisionError("13812345678")
        return whole(row, now)

    monkeypatch.setattr(replaying, "replay", failing)
    replaying.ask(Quarantine.objects.all(), by=None, now=database_now())
    job = worked()

    assert names() == ["Tea 0", "Tea 2"]
    assert (job.state, job.done_rows, job.skipped) == ("done", 2, {"failed": 1})
    row = Quarantine.objects.get(replayed_at=None)
    told = b"".join(storing.pieces(job.errors)).decode()
    assert f"#{row.pk}" in told
    assert "13812345678" not in told


def test_what_is_still_refused_is_counted_by_its_reason():
    _source, key = a_segment(**STRICT)
    call(key, "track", event="Tea", anonymousId="a")
    row = Quarantine.objects.get()
    replaying.ask(Quarantine.objects.all(), by=None, now=database_now())
    Quarantine.objects.filter(pk=row.pk).update(code="before")

    assert worked().skipped == {"unknown_event": 1}
    row.refresh_from_db()
    assert (row.code, row.replayed_at) == ("unknown_event", None)


def test_after_thirty_days_it_is_gone():
    source, _key = a_segment()
    for days in (31, 29):
        rejected = [replaying.Rejected(0, None, "x", "$", "", b"x")]
        quarantine.keep(
            source=source, format_key="segment", rejected=rejected, now=NOW - timedelta(days=days)
        )

    kind, row = kinds["quarantine"](), Retention.objects.get(kind="quarantine")
    running.advance(row, kind, kind.cutoff(30, NOW), NOW)
    assert row.gone == 1
    assert Quarantine.objects.count() == 1


def test_nobody_fills_the_disk_with_nonsense(monkeypatch):
    _source, key = a_segment()
    monkeypatch.setattr(quarantine, "MOST_BYTES", 10_000)

    for _ in range(40):
        call(key, "track", nonsense="x" * 500)

    assert 5 <= Quarantine.objects.count() <= 10


def test_the_figures_count_it(capsys):
    _source, key = a_segment()
    call(key, "track")

    call_command("figures")

    assert '"quarantined": 1' in capsys.readouterr().out
