"""A backup is whole or not there; what is restored from it is row by row, index by index what was
backed up."""

import io
import json
import os
import resource
import subprocess
import sys
import zipfile
from datetime import timedelta
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection

from crm_project.backup import archive, keys, restoring, taking
from crm_project.backup.tables import tables
from crm_project.queue import wakeups
from crm_project.queue.due import database_now
from crm_project.runtime import home
from customers.data_rights import erased_again, erased_marks, erasing
from customers.models import AuditEntry, Customer, Erasure
from events.incoming_items import Named
from tests.campaigns.queued import a_message
from tests.factories import (
    NOW,
    a_customer,
    a_source,
    a_workspace,
    an_event,
    an_order,
    happened,
    member,
)
from tests.product import eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
TARGET = "restored_by_tests"
OTHERWISE = {
    "django_migrations",
    "customers_workspace",
    "customers_auditentry",
    "django_session",
    "campaigns_message",
}

STRUCTURE = """
SELECT 'column', table_name || '.' || column_name, concat_ws(' ', data_type, is_nullable,
  column_default, is_identity)
  FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname,
  pg_get_constraintdef(oid) || convalidated
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
UNION ALL SELECT 'trigger', tgrelid::regclass || '.' || tgname,
  tgenabled::text || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function', oid::regprocedure::text, prosrc FROM pg_proc
  WHERE pronamespace = 'public'::regnamespace AND prolang <> 13
UNION ALL SELECT 'partition', c.oid::regclass::text, pg_get_expr(relpartbound,
  c.oid) || coalesce(reloptions::text, '')
  FROM pg_class c WHERE relispartition AND relkind IN ('r', 'p')
    AND relnamespace = 'public'::regnamespace
"""


def quiet(_line: str) -> None:
    pass


def address(database: str) -> str:
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl()


@pytest.fixture
def empty():
    """The address of a database with nothing in it."""
    with psycopg.connect(address("postgres"), autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {TARGET} WITH (FORCE)")
        server.execute(
            f"CREATE DATABASE {TARGET} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"
        )
        yield address(TARGET)
        server.execute(f"DROP DATABASE {TARGET} WITH (FORCE)")


@pytest.fixture(autouse=True)
def list_of_the_erased():
    """The file of the data folder, empty before and after."""
    path = erased_marks.usual_place()
    path.unlink(missing_ok=True)
    yield path
    path.unlink(missing_ok=True)


@pytest.fixture
def house(tmp_path):
    """A bit of everything that a copy might lose: odd and old events, personal data, orders, a
    queued message, who is logged in."""
    a_workspace()
    source = a_source()
    stored = happened(
        source,
        an_event(member(1), id="now"),
        an_event(
            member(2),
            id="last month",
            at=NOW - timedelta(days=40),
            properties={"text": 'tab\tline\n"quoted" \\N 王小明'},
        ),
        an_event(member(1), id="ancient", at=NOW - timedelta(days=900)),
    )
    assert [outcome.status for outcome in stored] == ["stored"] * 3
    customer = Customer.objects.first()
    an_order(customer, source=source)
    a_message(customer)
    User.objects.create_user("keeper", password="secret")
    return tmp_path / "backup.zip"


def run(url: str, *words, **more) -> subprocess.CompletedProcess:
    env = {**os.environ, "DATABASE_URL": url}
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(
        command, cwd=home.BASE_DIR, env=env, capture_output=True, text=True, timeout=900, **more
    )


def asked(url: str, sql: str, *values) -> list:
    with psycopg.connect(url) as there:
        return there.execute(sql, values or None).fetchall()


def content(url: str, table: str) -> str:
    """A digest of all rows, in whatever order they stand."""
    return asked(
        url,
        "SELECT count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM"
        f" {table} t",
    )


@pytest.mark.proof
def test_a_restored_database_is_the_one_that_was_backed_up(house, empty):
    ours = address(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        names = tables(cursor)
    before = {name: content(ours, name) for name in names}
    call_command("backup", str(house), stdout=io.StringIO())

    assert house.stat().st_mode & 0o777 == 0o600
    assert list(house.parent.iterdir()) == [house]
    with pytest.raises(CommandError, match="overwrites nothing"):
        call_command("backup", str(house))
    done = run(empty, "restore", str(house))

    assert done.returncode == 0, done.stderr
    after = {name: content(empty, name) for name in names}
    assert {name for name in names if after[name] != before[name]} <= OTHERWISE
    assert before["events_event"][0][0] == 3
    assert sorted(asked(empty, STRUCTURE)) == sorted(asked(ours, STRUCTURE))
    assert (
        asked(
            empty,
            "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'hutong%'",
        )
        == []
    )
    numbers_go_on_where_nobody_was(ours, empty)
    assert asked(empty, "SELECT restored_at > backup_at FROM customers_workspace") == [(True,)]
    assert "1 messages may have been sent" in done.stdout
    assert AuditEntry.objects.get(act="backup.made").details["with_keys"] is False


def numbers_go_on_where_nobody_was(ours, empty):
    sequences = (
        "SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences WHERE schemaname = 'public'"
        " ORDER BY 1"
    )
    gaps = {
        name: there - here
        for (name, here), (_name, there) in zip(
            asked(ours, sequences), asked(empty, sequences), strict=True
        )
    }
    # The audit entries of backup and restore, and what the last `migrate` may have added.
    assert {name for name, gap in gaps.items() if abs(gap - restoring.GAP) > 2} == set()


@pytest.mark.proof
def test_what_stands_there_is_only_replaced_when_asked_for(house, empty):
    taking.take(house, with_keys=False, say=quiet)
    assert run(empty, "restore", str(house)).returncode == 0
    refused = run(empty, "restore", str(house))
    assert (refused.returncode, "not empty" in refused.stderr) == (1, True)
    with psycopg.connect(empty, autocommit=True) as somebody:
        somebody.execute("CREATE TABLE public.mine ()")
        busy = run(empty, "restore", "--replace", str(house))
    assert (busy.returncode, "other connections" in busy.stderr) == (1, True)
    done = run(empty, "restore", "--replace", str(house))
    assert done.returncode == 0, done.stderr
    assert asked(empty, "SELECT to_regclass('public.mine')") == [(None,)]


@pytest.mark.proof
def test_a_restore_that_fails_leaves_what_was_there(house, empty):
    """A broken archive is refused before; here rows are missing that its manifest counts."""
    taking.take(house, with_keys=False, say=quiet)
    short = house.with_name("short.zip")
    with zipfile.ZipFile(house) as whole, zipfile.ZipFile(short, "w") as less:
        for name in whole.namelist():
            less.writestr(name, b"" if name == "tables/events_order" else whole.read(name))
    with psycopg.connect(empty) as there:
        there.execute("CREATE TABLE mine AS SELECT 1 AS one")
        there.execute("CREATE EXTENSION pg_trgm")

    done = run(empty, "restore", "--replace", str(short))

    assert (done.returncode, "events_order" in done.stderr) == (1, True), done.stderr
    assert asked(empty, "SELECT one, show_trgm('ab') <> '{}' FROM public.mine") == [(1, True)]
    assert asked(
        empty, f"SELECT count(*) FROM pg_namespace WHERE nspname = '{restoring.BESIDE}'"
    ) == [(0,)]


def test_what_a_killed_restore_left_is_gone_with_the_next_start():
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {restoring.BESIDE}")
        cursor.execute(f"CREATE TABLE {restoring.BESIDE}.half ()")
        restoring.move_extensions(cursor, "public", restoring.BESIDE)
        call_command("prepare")
        cursor.execute("SELECT to_regnamespace(%s), show_trgm('ab') <> '{}'", [restoring.BESIDE])
        assert cursor.fetchone() == (None, True)


def test_what_is_no_whole_backup_is_refused(house):
    taking.take(house, with_keys=True, say=quiet)
    body = house.read_bytes()
    with zipfile.ZipFile(house) as whole:
        member = whole.getinfo("tables/auth_permission")
    middle = member.header_offset + member.compress_size // 2
    broken = {
        "cut": body[:middle],
        "flipped": body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :],
        "empty": b"",
        "text": b"no backup",
    }
    for name, content in broken.items():
        path = house.with_name(name)
        path.write_bytes(content)
        with pytest.raises(CommandError, match=r"not a whole backup|damaged"):
            call_command("restore", str(path))
    with zipfile.ZipFile(house.with_name("other.zip"), "w") as other:
        other.writestr("readme", "hello")
    for path in (house.with_name("other.zip"), house.with_name("absent.zip")):
        with pytest.raises(CommandError):
            call_command("restore", str(path))


def test_the_wrong_keys_are_noticed_before_anything_is_touched(house):
    marks = taking.take(house, with_keys=True, say=quiet).fingerprints
    others = keys.ours() | {"HUTONG_HASH_KEY": "A" * 43 + "="}

    assert keys.missing(marks, keys.ours()) == []
    assert keys.missing(marks, others) == ["hash"]
    assert keys.missing(marks, {}) == sorted(marks)
    with archive.reading(house) as file:
        assert file.keys()["HUTONG_HASH_KEY"] == keys.ours()["HUTONG_HASH_KEY"]
        file.manifest.fingerprints["hash"] = "another"
        with pytest.raises(restoring.CannotRestore, match="other keys"):
            restoring.needed_keys(file.manifest, {})
        file.manifest.migrations.append(["customers", "9999_of_tomorrow"])
        with pytest.raises(restoring.CannotRestore, match="newer version"):
            restoring.refuse_unknown_migrations(file.manifest)


def test_the_keys_are_only_in_the_file_when_asked_for(house):
    taking.take(house, with_keys=False, say=quiet)
    secrets = json.loads((settings.HUTONG_DATA / "secrets.json").read_text())

    with zipfile.ZipFile(house) as file:
        everything = b"".join(file.read(name) for name in file.namelist())
    assert archive.KEYS not in zipfile.ZipFile(house).namelist()
    assert [name for name, value in secrets.items() if value.encode() in everything] == []


def test_a_backup_that_cannot_be_written_leaves_nothing(house):
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))  # noqa: E731
    done = run(address(connection.settings_dict["NAME"]), "backup", str(house), preexec_fn=limit)

    assert (done.returncode, "File too large" in done.stderr) == (1, True), done.stderr
    assert list(house.parent.iterdir()) == []


CANARY = {"phone": "13987654321", "email": "canary@seven.example", "name": "金丝雀王小明"}


def a_canary(number: str, **more) -> Customer:
    identities = [
        member(number),
        Named("phone", "+86" + CANARY["phone"]),
        Named("email", CANARY["email"]),
    ]
    attributes = {"phone": CANARY["phone"], "name": CANARY["name"]}
    seen = an_event(*identities, properties={"note": CANARY["name"]}, attributes=attributes, **more)
    (stored,) = happened(a_source(), seen, now=database_now())
    return Customer.objects.get(pk=stored.customer_id)


def erased(customer: Customer) -> None:
    erasing.erase(customer, by=None, reason="asked for it", now=database_now())
    for _round in range(3):
        Erasure.objects.exclude(due_at=None).update(due_at=database_now())
        erasing.work()


def named_in(url: str) -> list[str]:
    """The tables that hold something of the canary."""
    tables_of = asked(
        url,
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace ="
        " 'public'::regnamespace",
    )
    return [
        name
        for (name,) in tables_of
        if any(
            value in str(row)
            for (row,) in asked(url, f'SELECT t::text FROM "{name}" t')
            for value in CANARY.values()
        )
    ]


@pytest.mark.proof
def test_whoever_was_erased_since_the_backup_is_erased_again_before_anybody_reads(
    house, empty, list_of_the_erased
):
    """Of each of three people another list knows: the one beside the backup, the one that is named,
    the one in the data folder."""
    source, stays = a_source(), a_customer(name="stays")
    erased(seen(source, member("comes back")))
    back = seen(source, member("comes back"), at=NOW + timedelta(hours=1))
    gone = [
        a_canary("canary"),
        seen(source, Named("anonymous_id", "v-1"), properties={"note": CANARY["name"]}),
        seen(source, member("m-1"), attributes={"name": CANARY["name"]}),
    ]
    call_command("backup", str(house), stdout=io.StringIO())
    named = house.with_name("elsewhere.jsonl")
    for person, place in zip(gone, (house.with_name("erased.jsonl"), named, None), strict=True):
        erased(person)
        marks = list_of_the_erased.read_text()
        assert [value for value in CANARY.values() if value in marks] == []
        if place:
            list_of_the_erased.rename(place)

    done = run(empty, "restore", str(house), "--erased", str(named))

    assert done.returncode == 0, done.stderr
    assert "No erased.jsonl" not in done.stdout
    assert named_in(empty) == []
    again = (
        "SELECT id FROM customers_customer c WHERE erased_at IS NOT NULL AND id = ANY(%s) ORDER"
        " BY id"
    )
    assert asked(empty, again, sorted(one.pk for one in gone)) == sorted((one.pk,) for one in gone)
    assert asked(empty, f"SELECT name FROM customers_customer WHERE id = {stays.pk}") == [
        ("stays",)
    ]
    assert asked(
        empty, "SELECT count(*) FROM customers_erasure WHERE reason = 'Erased before the restore'"
    ) == [(3,)]
    assert asked(
        empty,
        "SELECT details->>'people' FROM customers_auditentry WHERE act = 'restore.erased_again'",
    ) == [("3",)]
    # Who had come back before the backup stays.
    assert asked(
        empty, f"SELECT erased_at, is_barred FROM customers_customer WHERE id = {back.pk}"
    ) == [(None, True)]


def seen(source, *identities, **more) -> Customer:
    (stored,) = happened(source, an_event(*identities, **more), now=database_now())
    return Customer.objects.get(pk=stored.customer_id)


@pytest.mark.proof
def test_the_database_that_is_replaced_knows_whom_it_forgot(house, empty, list_of_the_erased):
    gone = a_canary("canary")
    call_command("backup", str(house), stdout=io.StringIO())
    copied_to(TARGET)
    assert named_in(empty) != []
    forgot = (
        "from customers.data_rights import erasing; from customers.models import *; from"
        " crm_project.queue.due import database_now; "
    )
    forgot += (
        f"erasing.erase(Customer.objects.get(pk={gone.pk}), by=None, reason='asked for it',"
        " now=database_now())"
    )
    assert run(empty, "shell", "-c", forgot).returncode == 0
    list_of_the_erased.unlink(missing_ok=True)

    done = run(empty, "restore", "--replace", str(house))

    assert done.returncode == 0, done.stderr
    assert "No erased.jsonl lies beside" in done.stdout
    assert named_in(empty) == []


def copied_to(target: str) -> None:
    """A database of this name is ours, to the row. PostgreSQL copies one that nobody is connected
    to."""
    ours = connection.settings_dict["NAME"]

    def is_copied():
        connection.close()
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [ours]
        )
        try:
            server.execute(f"CREATE DATABASE {target} TEMPLATE {ours}")
        except psycopg.errors.ObjectInUse:  # somebody rang meanwhile
            return False
        return True

    with psycopg.connect(address("postgres"), autocommit=True) as server:
        server.execute(f"DROP DATABASE {target}")
        if wakeups._current:
            wakeups._current.line = None
        assert eventually(is_copied, seconds=120, every=0.1)


def test_with_the_keys_of_another_installation_they_are_known_too(house, empty, list_of_the_erased):
    gone = a_canary("canary")
    call_command("backup", "--with-keys", str(house), stdout=io.StringIO())
    erased(gone)
    erased_marks.usual_place().rename(house.with_name("erased.jsonl"))
    with keys.in_use(
        {"HUTONG_ENCRYPTION_KEYS": "9:" + "A" * 43 + "=", "HUTONG_HASH_KEY": "A" * 43 + "="}
    ):
        assert (
            erased_again.by_identity(erased_marks.read(house.with_name("erased.jsonl").read_text()))
            == set()
        )
        with archive.reading(house) as file, keys.in_use(file.keys()):
            assert erased_again.erase_again(taken_at=NOW, now=NOW, erased=[]) == 0
            assert erased_marks.marks_of([gone.pk], [("member_id", "shop", "canary")])[
                "identities"
            ][0] in marks_in(house)


def marks_in(house) -> set[str]:
    return {
        one
        for mark in erased_marks.read(house.with_name("erased.jsonl").read_text())
        for one in mark.identities
    }


def test_a_line_that_was_cut_off_takes_no_other_with_it(tmp_path):
    path = tmp_path / "erased.jsonl"
    whole = (
        '{"erasure": "1", "at": "2026-11-24T02:00:00+00:00", "people": ["a"], "identities": ["b"]}'
    )
    path.write_text(f"{whole}\n{whole[:40]}\n[]\n{whole.replace('a', 'c', 1)}\n{whole}\n")

    assert [mark.people for mark in erased_marks.read(path.read_text())] == [frozenset("a")] * 3
