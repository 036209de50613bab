"""A cluster that was migrated once: every run of the tests begins with a copy of it, and so with a
database that nobody has to make.

It lies in the virtual environment, under a name made of all that makes the schema, so a new
migration or a new package makes a new one: out of one that lacks only the last migrations, where
there is such a one. Several checkouts may share the environment: whoever copies holds a lock
against whoever tidies up.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from crm_project.runtime.home import BASE_DIR
from crm_project.runtime.postgres import Postgres, binaries

PASSWORD = "tests"  # of throw-away clusters, which listen on 127.0.0.1 only
DATABASE = "test_hutong"
MADE_OF = "made_of.json"  # in a cluster that is kept: the digests of ours()
MOST = 12  # clusters that are kept, 54 MB each: of a few checkouts, and of their last migrations


@cache
def migrations() -> dict[str, str]:
    """The digest of each, told once for a run, so that one that is written meanwhile does not
    change it."""
    return {
        str(path.relative_to(BASE_DIR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(BASE_DIR.glob("*/migrations/*.py"))
    }


@cache
def surroundings() -> str:
    """Of what makes the schema beside our migrations: the server, the packages, and this file."""
    made = hashlib.sha256(str(binaries()).encode())
    for path in (BASE_DIR / "requirements.txt", Path(__file__)):
        made.update(path.read_bytes())
    return made.hexdigest()


@cache
def key() -> str:
    said = json.dumps([surroundings(), migrations()])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def shelf() -> Path:
    return Path(sys.prefix) / "test-clusters"


def place() -> Path:
    return shelf() / key()


class Migrated(Postgres):
    """A cluster with our database in it; `start` and `stop` are handed in by tests/servers.py."""

    is_ready = False

    def prepare(self) -> None:
        self.is_ready = taken(self.account.data)
        if not self.is_ready and not begun(self.account.data):
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
    (to / MADE_OF).unlink(missing_ok=True)
    return True


def begun(to: Path) -> bool:
    """A copy of the cluster lies there that has most of our migrations and no other; False where
    there is none."""
    with locked(fcntl.LOCK_SH):
        found = [(len(told), cluster) for cluster, told in told_of() if told <= ours()]
        if not found:
            return False
        copy(max(found)[1], to)
    (to / MADE_OF).unlink()
    return True


def ours() -> set[tuple[str, str]]:
    return {*migrations().items(), ("", surroundings())}


def told_of() -> Iterator[tuple[Path, set[tuple[str, str]]]]:
    """Each cluster on the shelf, and what it is made of."""
    for cluster in shelf().glob("[0-9a-f]*"):
        with suppress(OSError, ValueError):
            yield cluster, set(map(tuple, json.loads((cluster / MADE_OF).read_text())))


def keep(data: Path) -> None:
    """Whole or not at all, also when two runs end at once; of former schemas the longest unused
    go."""
    fresh = shelf() / f"{key()}.{os.getpid()}"
    with locked(fcntl.LOCK_EX):
        if not place().exists():
            copy(data, fresh)
            (fresh / MADE_OF).write_text(json.dumps(sorted(ours())))
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
