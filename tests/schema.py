"""`make schema`: crm_project/db/schema.sql is written, out of a database migrated from nothing."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crm_project.db import schema
from crm_project.runtime import home
from crm_project.runtime.ports import free_port
from crm_project.runtime.postgres import UNSAFE, Postgres, binaries
from tests.servers import start, stop

MIGRATE = """
import django; django.setup()
from unittest import mock
from django.core.management import call_command
with mock.patch("crm_project.db.schema.load"):
    call_command("migrate", verbosity=0)
"""
SESSION = (
    "statement_timeout lock_timeout idle_in_transaction_session_timeout transaction_timeout"
    " client_encoding standard_conforming_strings check_function_bodies xmloption"
    " client_min_messages row_security"
)
# Rows that are made after each migration anyway.
MADE_AFTERWARDS = ("auth_permission", "django_content_type")
# Headings, the numbers of such rows, and what belongs to the session of whoever restores.
LEFT_OUT = re.compile(
    r"^(--\n-- (?:Name:|Data for|PostgreSQL database).*\n--\n|-- Dumped .*\n|\\(?:un)?restrict .*\n"
    rf"|SET (?:{'|'.join(SESSION.split())}) .*\n|SELECT pg_catalog\.set_config.*\n"
    rf"|SELECT pg_catalog\.setval\('public\.(?:{'|'.join(MADE_AFTERWARDS)})_.*\n)",
    re.MULTILINE,
)
# Whatever stands in a database that was only just migrated was written then.
MOMENT = re.compile(r"'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00'")
HEAD = """-- Written by `make schema`; read by crm_project/db/schema.py.
SET LOCAL check_function_bodies = false;
SET LOCAL search_path = '';
"""
FOOT = "RESET search_path;\nRESET check_function_bodies;\n"


@contextmanager
def cluster(folder: Path) -> Iterator[Postgres]:
    """A server with one empty database."""
    server = Postgres(folder / "postgres", free_port(), "tests", settings=UNSAFE)
    process = start(server)
    try:
        server.create_database()
        yield server
    finally:
        stop(process)


def migrate(server: Postgres, *, how: list[str]) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": server.url,
        "DJANGO_SETTINGS_MODULE": "crm_project.settings",
    }
    subprocess.run([sys.executable, *how], cwd=home.BASE_DIR, env=environment, check=True)


def dumped(server: Postgres) -> str:
    """All tables, functions and triggers as SQL, and the rows that migrations wrote."""
    command = [binaries() / "pg_dump", "--no-owner", "--no-privileges", "--no-comments"]
    command += ["--inserts", "--rows-per-insert=1000"]
    command += [f"--exclude-table-data={table}" for table in MADE_AFTERWARDS]
    sql = subprocess.run([*command, server.url], capture_output=True, text=True, check=True).stdout
    bare = re.sub(r"\n{3,}", "\n\n", LEFT_OUT.sub("", sql)).strip()
    return MOMENT.sub("public.hutong_now()", bare) + "\n"


def from_nothing(server: Postgres) -> None:
    """All migrations, one after the other."""
    migrate(server, how=["-W", "ignore", "-c", MIGRATE])


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        os.environ |= {"HUTONG_DATA": name, "BROKER_URL": "redis://127.0.0.1:1/0"}
        home.prepare()
        with cluster(folder) as server:
            from_nothing(server)
            schema.FILE.write_text(HEAD + dumped(server) + FOOT)
    print(f"{schema.FILE}: {len(schema.recorded())} migrations")
    return 0


if __name__ == "__main__":
    sys.exit(main())
