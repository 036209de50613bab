"""Where root may not become another user in place, PostgreSQL finds a way all the same."""

import os
import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest

from crm_project.runtime import account
from crm_project.runtime.ports import free_port
from crm_project.runtime.postgres import UNSAFE, Postgres
from tests.servers import start, stop

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")


@pytest.fixture
def closed_folder():
    folder = Path(tempfile.mkdtemp(prefix="hutong-closed-"))  # 0700
    yield folder
    shutil.rmtree(folder)


def works(server) -> bool:
    process = start(server)
    try:
        server.create_database()
        with psycopg.connect(server.url) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        stop(process)


@root_only
def test_without_namespaces_data_and_binaries_live_elsewhere(closed_folder, monkeypatch):
    open_folder = Path(tempfile.mkdtemp(prefix="hutong-open-"))
    open_folder.chmod(0o755)
    monkeypatch.setattr(account, "_namespaces_allowed", lambda: False)
    monkeypatch.setattr(account, "ELSEWHERE", open_folder)
    server = Postgres(closed_folder / "postgres", free_port(), "secret", settings=UNSAFE)
    assert server.account.user is not None
    assert server.account.data.is_relative_to(open_folder)
    assert works(server)
    again = Postgres(closed_folder / "postgres", free_port(), "secret")
    assert again.account.data == server.account.data
    shutil.rmtree(open_folder)


@root_only
def test_binaries_of_another_place_are_used(closed_folder, monkeypatch):
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not debian:
        pytest.skip("no PostgreSQL of Debian on this machine")
    monkeypatch.setenv("PG_BINDIR", str(debian[-1].parent))
    assert works(Postgres(closed_folder / "postgres", free_port(), "secret", settings=UNSAFE))
