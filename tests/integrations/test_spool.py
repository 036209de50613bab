"""When no commit is possible, a collector whose senders hear no answer keeps the bytes on the disk,
or gives no answer at all."""

import json
import shutil
from datetime import UTC, datetime

import pytest
from django.db import OperationalError
from django.test import Client

from customers.models import Source
from events import ingest
from integrations.doors import replaying, spool, spool_reader
from integrations.doors.problems import TooManyRequests
from integrations.doors.spool_duty import Spool
from integrations.models import Quarantine
from tests.integrations.foreign import a_segment, a_sensors, call, collect, events, names, refused

pytestmark = pytest.mark.django_db

MS = int(datetime.now(UTC).timestamp() * 1000)
HELLO = {
    "type": "track",
    "event": "Hello",
    "distinct_id": "d1",
    "time": MS,
    "_track_id": 1,
    "properties": {"secret": "canary"},
}


@pytest.fixture(autouse=True)
def spool_is_empty():
    yield
    shutil.rmtree(spool.folder(), ignore_errors=True)
    spool._memory.away_until = 0
    spool._memory.counted_at = -spool.COUNT_SECONDS


@pytest.fixture
def is_away(monkeypatch):
    """The database, for as long as the test does not undo it."""

    def away(*_args, **_more):
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(ingest, "record", away)
    return monkeypatch


def waiting() -> int:
    return len(list(spool.waiting()))


def test_what_cannot_be_committed_is_spooled_sealed_and_ingested_once(is_away):
    _source, key = a_sensors()

    assert collect(key, HELLO).status_code == 200
    assert collect(key, HELLO | {"_track_id": 2}).status_code == 200  # now without trying
    assert spool_reader.ingest_spooled() == 0  # still away
    assert (waiting(), events()) == (2, [])
    assert b"canary" not in next(spool.waiting()).read_bytes()
    assert next(spool.waiting()).stat().st_mode & 0o077 == 0

    is_away.undo()
    spool._memory.away_until = 0
    collect(key, HELLO)  # came again by itself meanwhile

    assert (spool_reader.ingest_spooled(), waiting(), names()) == (2, 0, ["Hello", "Hello"])
    assert spool_reader.ingest_spooled() == 0


@pytest.mark.parametrize("way", ["address", "header", "body"])
def test_a_beacon_of_a_page_waits_too_however_it_names_its_key(is_away, way):
    """Its page is never told what was answered, and may be gone."""
    _source, key = a_segment()
    body = {
        "batch": [{"type": "track", "event": "Hello", "anonymousId": "a1", "messageId": "m1"}]
    } | ({"writeKey": key} if way == "body" else {})
    address = "/beacon/v1/batch" + (f"?writeKey={key}" if way == "address" else "")

    answer = Client().post(
        address,
        json.dumps(body),
        content_type="text/plain",
        headers={"x-write-key": key} if way == "header" else {},
    )
    is_away.undo()
    spool._memory.away_until = 0

    assert (answer.status_code, waiting(), events()) == (200, 1, [])
    assert (spool_reader.ingest_spooled(), waiting(), names()) == (1, 0, ["Hello"])


def test_dying_between_commit_and_removal_changes_nothing(is_away, monkeypatch):
    _source, key = a_sensors()
    collect(key, HELLO)
    is_away.undo()
    path = next(spool.waiting())
    left = path.read_bytes()

    spool_reader.ingest_spooled()
    path.write_bytes(left)

    assert (spool_reader.ingest_spooled(), waiting(), names()) == (1, 0, ["Hello"])


def test_even_the_source_need_not_be_known(monkeypatch):
    _source, key = a_sensors()

    def away(*_args, **_more):
        raise OperationalError

    with monkeypatch.context() as patched:
        patched.setattr(Source.objects, "select_related", away)
        patched.setattr("integrations.doors.callers.Source.objects", Source.objects)
        assert collect(key, HELLO).status_code == 200
        assert collect("nobody's", HELLO).status_code == 200

    assert waiting() == 2
    assert (spool_reader.ingest_spooled(), waiting(), names()) == (2, 0, ["Hello"])


def test_too_many_requests_are_spooled_and_not_refused(monkeypatch):
    _source, key = a_sensors()

    def full(_source):
        raise TooManyRequests(retry_after=1)

    monkeypatch.setattr("integrations.doors.throttle.count", full)

    assert collect(key, HELLO).status_code == 200
    assert (spool_reader.ingest_spooled(), names()) == (1, ["Hello"])


def test_a_bug_of_ours_about_an_item_costs_nobody_an_event(monkeypatch):
    _source, key = a_sensors()

    with monkeypatch.context() as patched:
        patched.setattr("integrations.sensors.messages.Request.incoming", lambda *_args: 1 / 0)
        assert collect(key, HELLO).status_code == 200
    assert (spool_reader.ingest_spooled(), refused()) == (0, ["not_storable"])

    row = Quarantine.objects.get()
    assert replaying.replay(row, row.received_at)
    assert names() == ["Hello"]


def test_a_bug_of_ours_costs_nobody_an_event_and_holds_up_nothing(monkeypatch):
    _source, key = a_sensors()

    with monkeypatch.context() as patched:
        patched.setattr("integrations.doors.webhooks.take", lambda *_args: 1 / 0)
        patched.setattr("integrations.doors.spool_reader.take", lambda *_args: 1 / 0)
        assert collect(key, HELLO).status_code == 200
        assert spool_reader.ingest_spooled() == 1

    assert [path.suffix for path in spool.folder().iterdir() if path.name != "lock"] == [".failed"]


@pytest.mark.parametrize("trouble", ["full", "broken"])
def test_when_nothing_can_be_kept_there_is_no_answer(is_away, settings, trouble):
    _source, key = a_sensors()
    if trouble == "full":
        settings.SPOOL_BYTES = 10
    else:
        spool.folder().write_text("a file where the folder should be")

    answer = collect(key, HELLO)

    assert answer["Content-Length"] == "1"
    with pytest.raises(ConnectionAbortedError):
        answer.getvalue()
    if trouble == "broken":
        spool.folder().unlink()


def test_a_dry_run_is_never_kept(is_away):
    _source, key = a_sensors()
    is_away.setattr("integrations.doors.callers.keyed_source", ingest.record)

    assert collect(key, HELLO, path="sa/debug", dry_run="true").status_code == 503
    assert waiting() == 0


def test_segment_is_asked_to_come_again(is_away):
    _source, key = a_segment()

    answer = call(key, "track", event="Hello", anonymousId="a1")

    assert (answer.status_code, json.loads(answer.content)["code"], waiting(), refused()) == (
        503,
        "unavailable",
        0,
        [],
    )
    assert answer["Retry-After"]


def test_each_host_empties_its_own_spool_and_says_how_much_waits(is_away):
    _source, key = a_sensors()
    assert collect(key, HELLO).status_code == 200
    duty = Spool()
    report = duty.report()
    assert (report["waiting"], report["put_aside"]) == (1, 0)
    age = datetime.now(UTC) - datetime.fromisoformat(report["oldest_at"])
    assert abs(age.total_seconds()) < 600

    is_away.undo()
    spool._memory.away_until = 0
    assert duty.work() is False
    assert (duty.report()["waiting"], duty.report()["oldest_at"], names()) == (0, None, ["Hello"])


def test_a_host_that_was_given_up_deletes_what_waited(is_away):
    _source, key = a_sensors()
    assert collect(key, HELLO).status_code == 200
    spool.put_aside(next(spool.waiting()))
    assert collect(key, HELLO | {"_track_id": 2}).status_code == 200
    assert Spool().give_up() == 2
    assert not list(spool.waiting())
    assert not list(spool.put_asides())
