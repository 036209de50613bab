"""One clock: what reads another, and that moving it moves everything."""

import io
import os
import re
import subprocess
import sys
import tokenize
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from crm_project.db import clock
from crm_project.hosts import signs
from crm_project.models import Host
from crm_project.queue.due import database_now
from crm_project.runtime.home import BASE_DIR

# How else a clock can be asked, in Python and in SQL.
OTHERS = re.compile(
    r"(?<![\w.])(?:now|NOW)\(\)"
    r"|\b(?i:(?:statement|clock|transaction)_timestamp\(|current_(?:timestamp|date|time)\b)"
    r"|functions import [^\n]*\bNow\b|\btimezone\.(?:now|localdate\(\)|localtime\(\))"
    r"|\bdate(?:time)?\.(?:now|today|utcnow)\b|\btime\.(?:time|time_ns)\(|\bauto_now|{% now"
)
# Who may, and why. Measuring how long something takes (time.monotonic, perf_counter) is no clock.
MAY = {
    "crm_project/db/clock.py": "the one place",
    "crm_project/migrations/0005_clock.py": "the one place",
    "crm_project/db/schema.sql": "the one place, as that migration makes it",
    "crm_project/backup/taking.py": "what stands in the name and the head of a file",
    "campaigns/management/commands/backup.py": "the name of a file",
    "campaigns/management/commands/restore.py": "the name of a file",
    "crm_project/runtime/front/wsgi.py": "the Date header",
    "integrations/doors/callers.py": "a signature is as old as the world's clock says",
    "integrations/doors/refusals.py": "a signature is as old as the world's clock says",
    "integrations/doors/spool.py": "the name of a file, which orders them",
    "crm_project/runtime/upgrade.py": "as old as files of this host are",
    "crm_project/hosts/signs.py": "a host's clock is what is compared",
    "integrations/doors/throttle.py": "a rate: how many in a second",
    "integrations/doors/creation_limits.py": "a rate: how many in an hour",
    "integrations/outbound/client.py": "when to come back, as another host says it by its clock",
    "integrations/aliyun_sms/calls.py": "a signature is as old as the world's clock says",
    "integrations/tencent_sms/calls.py": "a signature is as old as the world's clock says",
    "integrations/sms_gateway/sending.py": "a signature is as old as the world's clock says",
    "integrations/webhook/vendor.py": "a signature is as old as the world's clock says",
    "integrations/server_api/guessing.py": "a rate: how many in some minutes",
    "integrations/member_api/attempts.py": "a rate: how many in a minute",
    "integrations/member_api/authentication.py": "a rate: how many in some seconds",
    "campaigns/models/message.py": "Template.updated_at, which nothing asks for",
}
ROOMS = ("crm_project", "customers", "events", "campaigns", "integrations")


def sources():
    for room in ROOMS:
        for path in sorted((BASE_DIR / room).rglob("*")):
            if path.suffix in {".py", ".html", ".sql", ".txt"} and is_of_today(path):
                yield path


def is_of_today(path: Path) -> bool:
    """Released migrations ran by the clock of their time; the last ones replace what stays."""
    return "migrations" not in path.parts or path.name > OLDEST[path.parts[-3]]


OLDEST = {
    "crm_project": "0005",
    "customers": "0031",
    "events": "0016",
    "campaigns": "0017",
    "integrations": "0004",
}


def code(path: Path) -> str:
    """Without comments."""
    text = path.read_text()
    if path.suffix != ".py":
        return text
    lines = text.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column] + "\n"
    return "".join(lines)


def test_nothing_that_decides_reads_another_clock():
    found = {}
    for path in sources():
        name = path.relative_to(BASE_DIR).as_posix()
        if name not in MAY and (asked := OTHERS.findall(code(path))):
            found[name] = asked
    assert found == {}


def test_who_may_still_does():
    unused = [name for name in MAY if not OTHERS.search(code(BASE_DIR / name))]
    assert unused == []


def test_an_index_is_read_up_to_now(db):
    """The function is gone from the plan: what stands in the condition is PostgreSQL's own."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM campaigns_run WHERE due_at <= hutong_now() ORDER BY due_at"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Cond: (due_at <= statement_timestamp())" in plan, plan


def test_moved_for_everything_that_asks(moved_clock):
    there = datetime(2031, 2, 28, 23, 59, tzinfo=UTC)
    moved_clock.to(there)
    assert timedelta() <= database_now() - there < timedelta(minutes=1)
    assert timedelta() <= clock.reckoned_now() - there < timedelta(minutes=1)
    signs.give({})
    assert Host.objects.get().seen_at >= there
    assert Host.objects.filter(seen_at__gt=clock.Now()).count() == 0
    with connection.cursor() as cursor:  # and in the plan it is a constant beside the clock
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT id FROM campaigns_run WHERE due_at <= hutong_now()")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Cond: (due_at <= (statement_timestamp() +" in plan, plan


@pytest.mark.django_db(transaction=True)
def test_moved_under_a_process_that_runs(moved_clock):
    """Also under its prepared statements."""
    program = """
import os, sys, django
from django.conf import settings
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    for _line in sys.stdin:
        for _time in range(8):  # psycopg prepares what is asked often
            cursor.execute("SELECT extract(year FROM hutong_now())::int")
        print(cursor.fetchone()[0], flush=True)
"""
    address = urlsplit(os.environ["DATABASE_URL"])
    database = connection.settings_dict["NAME"]
    environment = {**os.environ, "DATABASE_URL": address._replace(path=f"/{database}").geturl()}
    child = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=BASE_DIR,
        env=environment,
    )
    try:
        seen = []
        for year in (2031, 2033, 2032):
            moved_clock.to(datetime(year, 6, 1, tzinfo=UTC))
            child.stdin.write("\n")
            child.stdin.flush()
            seen.append(int(child.stdout.readline()))
        assert seen == [2031, 2033, 2032]
    finally:
        child.stdin.close()
        child.wait(30)
