"""A cluster that was migrated once: every run of the tests begins with a copy of it, and so with a
database that nobody has to make.

It lies in the virtual environment, under a name made of all that makes the schema, so a new
migration or a new package makes a new one: out of one that lacks only the last migrations, where
there is such a one. Several checkouts may share the environment: whoever copies holds a lock
against whoever tidies up.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from crm_project.db import schema
from crm_project.runtime.home import BASE_DIR
from crm_project.runtime.postgres import Postgres, binaries

PASSWORD = "tests"  # of throw-away clusters, which listen on 127.0.0.1 only
DATABASE = "test_hutong"
MOST = 12  # clusters that are kept, 54 MB each: of a few checkouts, and of their last migrations


@cache
def key() -> str:
    """Of all that makes the schema. Told once for a run, so that a migration that is written
    meanwhile does not change it."""
    made = hashlib.sha256(str(binaries()).encode())
    parts = [BASE_DIR / "requirements.txt", Path(__file__), schema.FILE]
    for path in [*parts, *sorted(BASE_DIR.glob("*/migrations/*.py"))]:
        made.update(path.read_bytes())
    return made.hexdigest()[:16]


def shelf() -> Path:
    return Path(sys.prefix) / "test-clusters"


def place() -> Path:
    return shelf() / key()


class Migrated(Postgres):
    """A cluster with our database in it; `start` and `stop` are handed in by tests/servers.py."""

    is_ready = False

    def prepare(self) -> None:
        self.is_ready = taken(self.account.data)
        if not self.is_ready:
            super().prepare()

    def migrate(self, start, stop, process):
        """The database has its tables; what it cost is kept for the next run. Returns the running
        server's process."""
        if self.is_ready:
            return process
        self.create_database()
        environment = {
            **os.environ,
            "DATABASE_URL": self.url,
            "DJANGO_SETTINGS_MODULE": "crm_project.settings",
        }
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity=0"],
            cwd=BASE_DIR,
            env=environment,
            check=True,
        )
        stop(process)
        keep(self.account.data)
        self.is_ready = True
        return start(self)


@contextmanager
def locked(how: int) -> Iterator[None]:
    shelf().mkdir(exist_ok=True)
    with (shelf() / ".lock").open("w") as file:
        fcntl.flock(file, how)
        yield


def taken(to: Path) -> bool:
    """A copy of the cluster lies there, and the cluster counts as used today. False where there is
    none yet."""
    if to.exists():  # a server that starts again has its own
        return True
    with locked(fcntl.LOCK_SH):
        if not place().exists():
            return False
        os.utime(place())
        copy(place(), to)
    return True


def keep(data: Path) -> None:
    """Whole or not at all, also when two runs end at once; of former schemas the longest unused
    go."""
    fresh = shelf() / f"{key()}.{os.getpid()}"
    with locked(fcntl.LOCK_EX):
        if not place().exists():
            copy(data, fresh)
            os.utime(fresh)
            fresh.rename(place())
        for old in sorted(shelf().glob("[0-9a-f]*"), key=used)[:-MOST]:
            shutil.rmtree(old, ignore_errors=True)


def used(cluster: Path) -> float:
    return cluster.stat().st_mtime


def copy(data: Path, to: Path) -> None:
    """With owners and modes: the server runs as another user than root."""
    to.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", "--reflink=auto", str(data), str(to)], check=True)
