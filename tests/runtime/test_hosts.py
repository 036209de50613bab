"""Several machines: each keeps itself and says so, one that may not work does not start, and one
beat of many ticks."""

import os
import subprocess
import sys
import uuid
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from crm_project.hosts import admission, here, keeper, keys, signs, statics
from crm_project.hosts.keeper import Keeper
from crm_project.login.second_step import CONFIRMED
from crm_project.models import Host, KeyMark
from crm_project.queue import worker_loops
from crm_project.queue.beat import PLACE, Scheduler
from crm_project.runtime import home, pulse
from customers.models import AuditEntry
from tests.product import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_signs():
    for part in signs.PARTS:
        pulse.file_of(part).unlink(missing_ok=True)


def another(**values) -> Host:
    defaults = {"key": uuid.uuid4(), "name": "another", "seen_at": timezone.now()}
    return Host.objects.create(**defaults | values)


# --- who is there


def test_a_host_keeps_its_number_and_says_what_works_there(monkeypatch):
    monkeypatch.setenv("HUTONG_HOST", "shop-1")
    pulse.beat("web")
    assert signs.give({"spool": {"waiting": 2}}) is False
    assert signs.give({"spool": {"waiting": 3}}) is False

    host = Host.objects.get()
    assert (host.key, host.name, list(host.parts), host.waits) == (
        here.key(),
        "shop-1",
        ["web"],
        {"spool": {"waiting": 3}},
    )
    assert abs(host.clock_seconds) < 60


def test_health_names_hosts_to_operators_only():
    pulse.beat("worker")
    pulse.beat("beat")
    signs.give({"spool": {"waiting": 1, "oldest_at": timezone.now().isoformat()}})
    another(seen_at=timezone.now() - timedelta(minutes=5), parts={"worker": "2020-01-01T00:00:00Z"})

    told = Client().get("/healthz").json()
    assert {host["name"]: host["status"] for host in told["hosts"]} == {
        here.name(): "up",
        "another": "down",
    }
    ours = next(host for host in told["hosts"] if host["key"] == str(here.key()))
    assert set(ours["parts"]) == {"worker", "beat"}
    assert ours["spool"]["waiting"] == 1
    assert ours["spool"]["oldest_seconds"] < 60
    assert told["status"] == "up"  # another host that is away takes nothing down
    strangers = Client().get("/healthz", REMOTE_ADDR="203.0.113.9").json()
    assert "hosts" not in strangers


def test_livez_is_about_this_process_alone(monkeypatch, django_assert_num_queries):
    monkeypatch.setenv("HUTONG_HOST", "shop-1")
    with django_assert_num_queries(0):
        answer = Client(headers={"host": "10.1.2.3"}).get("/livez")
    assert (answer.status_code, answer.json()) == (200, {"status": "up", "host": "shop-1"})


# --- the keeper


class Recorded:
    """A duty that notes what it was asked."""

    key, asked, fails, more = "recorded", [], False, 0

    def work(self):
        self.asked.append("work")
        if type(self).fails:
            raise ValueError
        type(self).more -= 1
        return type(self).more >= 0

    def report(self):
        return {"asked": len(self.asked)}

    def give_up(self):
        self.asked.append("give up")
        return 1


@pytest.fixture
def duty(monkeypatch):
    made = type("Made", (Recorded,), {"asked": []})
    monkeypatch.setattr(keeper, "duties", [made])
    return made


def kept(end=lambda: None) -> Keeper:
    return Keeper("web", end=end)


def test_a_round_reports_and_works(duty):
    duty.more = 1
    one = kept()
    assert one.round() is True
    assert one.round() is False
    assert duty.asked == ["work", "work"]
    assert Host.objects.get().waits == {"recorded": {"asked": 1}}


def test_a_duty_that_fails_is_tried_again(duty):
    duty.fails = True
    one = kept()
    assert one.round() is False
    assert one.round() is False
    assert duty.asked == ["work", "work"]


def test_what_waits_on_a_host_that_was_given_up_is_deleted_before_it_works_again(duty):
    another(key=here.key(), gone_at=timezone.now())
    one = kept()
    one.round()
    one.round()
    assert duty.asked == ["give up", "work", "work"]
    assert Host.objects.get().gone_at is None


def test_a_host_that_was_silent_for_a_month_was_given_up_too(duty):
    another(key=here.key(), seen_at=timezone.now() - timedelta(days=31))
    kept().round()
    assert duty.asked == ["give up", "work"]


def test_one_process_of_a_host_is_its_keeper():
    first, second = kept(), kept()
    assert first.is_ours()
    assert not second.is_ours()
    first.lock.close()
    assert second.is_ours()
    second.lock.close()


def test_a_database_with_other_keys_ends_the_process_that_began_without_it(duty):
    keys.problems()
    KeyMark.objects.filter(name="HUTONG_HASH_KEY").update(mark="another")
    ended = []
    kept(end=lambda: ended.append(True)).round()
    assert ended


# --- who may start


def test_the_first_host_gives_the_keys_and_others_must_have_them(settings):
    assert keys.problems() == []
    assert keys.problems() == []
    settings.ENCRYPTION_KEYS = {"1": b"o" * 32}
    assert keys.problems() == ["HUTONG_ENCRYPTION_KEYS 1 is another one than this installation's."]


def test_a_new_key_may_come_and_a_retired_one_may_go(settings):
    old = dict(settings.ENCRYPTION_KEYS)
    keys.problems()
    settings.ENCRYPTION_KEYS = {"9": b"n" * 32, **old}
    assert keys.problems() == []
    settings.ENCRYPTION_KEYS = {"9": b"n" * 32}
    assert keys.problems() == [
        "HUTONG_ENCRYPTION_KEYS 1 is missing here, and what other hosts seal needs it."
    ]
    keys.retire("1")
    assert keys.problems() == []


def test_prepare_refuses_another_secret_key_until_it_is_told_that_it_is_right(settings):
    keys.problems()
    settings.SECRET_KEY = "quite another one"
    with pytest.raises(CommandError, match="SECRET_KEY is another one"):
        call_command("prepare")
    call_command("prepare", new_secret_key=True)
    assert keys.problems() == []


def test_a_host_without_static_files_may_not_start(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "static"
    assert "no static files" in admission.of_disk()[0]
    settings.STATIC_ROOT.mkdir()
    (settings.STATIC_ROOT / "staticfiles.json").touch()
    statics.stamp().write_text(statics.sources())
    assert admission.of_disk() == []
    statics.stamp().write_text("of another release")
    assert "of other sources" in admission.of_disk()[0]


def test_a_database_of_an_older_release_is_refused():
    assert admission.unapplied() == []
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE app = 'integrations' AND name = (SELECT max(name)"
            " FROM django_migrations WHERE app = 'integrations')"  # nothing hangs on it
        )
    try:
        assert "not prepared for this release (integrations.0" in admission.of_database()[0]
    finally:
        call_command("migrate", "integrations", fake=True, verbosity=0)


def test_a_web_that_was_not_prepared_says_so_and_ends(tmp_path):
    environment = {"HUTONG_DATA": str(tmp_path / "data")}
    copied = home.folder() / "secrets.json"
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secrets.json").write_text(copied.read_text())
    done = subprocess.run(
        [sys.executable, "-m", "crm_project.runtime.web", "127.0.0.1:0"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == admission.EXIT_CODE
    assert "web does not start on this host: there are no static files" in done.stderr


# --- beat


@contextmanager
def another_session_holds(place: str):
    with psycopg.connect(
        **connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}
    ) as other:
        other.execute("SELECT pg_advisory_lock(hashtext(%s), 0)", [worker_loops.lock(place)])
        yield other


def test_one_beat_ticks_and_another_takes_over_when_its_session_is_gone():
    beat = Scheduler.__new__(Scheduler)
    with another_session_holds(PLACE):
        assert beat.is_ours() is False
    assert eventually(beat.is_ours, seconds=10, every=0.1)
    assert beat.is_ours() is True
    session = connection.connection
    connection.close()
    assert session is not connection.connection
    assert beat.is_ours() is True  # its former session is gone, and nobody else came
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock_all()")


# --- the page


def test_an_administrator_declares_a_host_gone_and_a_living_one_not(client):
    boss = User.objects.create_superuser("boss", password="x")
    client.force_login(boss)
    session = client.session
    session[CONFIRMED] = 0
    session.save()
    silent = another(seen_at=timezone.now() - timedelta(hours=1))
    alive = another(name="alive")
    page = client.get("/admin/hosts/").content.decode()
    assert page.count('name="host"') == 1
    question = client.post("/admin/hosts/", {"host": str(silent.key)})
    assert "_confirm" in question.content.decode()
    for host in (silent, alive):
        client.post("/admin/hosts/", {"host": str(host.key), "_confirm": "x"})
    assert set(Host.objects.exclude(gone_at=None)) == {silent}
    assert AuditEntry.objects.filter(act="host.gone").count() == 1
    assert client.post("/admin/hosts/", {"host": "nonsense"}).status_code == 404


def test_who_is_no_administrator_sees_no_hosts(client):
    client.force_login(User.objects.create_user("staff", is_staff=True))
    assert client.get("/admin/hosts/").status_code == 403
