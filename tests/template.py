"""A cluster that was migrated once: every run of the tests begins with a copy of it.

It lies in the virtual environment, under a name made of all that makes the schema, so a new
migration or a new package makes a new one.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from crm_project.runtime.home import BASE_DIR
from crm_project.runtime.postgres import Postgres, binaries

PASSWORD = "tests"  # of throw-away clusters, which listen on 127.0.0.1 only
DATABASE = "template_hutong"


def key() -> str:
    made = hashlib.sha256(str(binaries()).encode())
    for path in [
        *sorted(BASE_DIR.glob("*/migrations/*.py")),
        BASE_DIR / "requirements.txt",
        Path(__file__),
    ]:
        made.update(path.read_bytes())
    return made.hexdigest()[:16]


def place() -> Path:
    return Path(sys.prefix) / "test-clusters" / key()


class Migrated(Postgres):
    """A cluster with a database `template_hutong`; `start` and `stop` are handed in by
    tests/servers.py."""

    def prepare(self) -> None:
        if place().exists():
            copy(place(), self.account.data)
        else:
            super().prepare()

    def migrate(self, start, stop, process):
        """The template exists; what it cost is kept for the next run. Returns the running server's
        process."""
        if place().exists():
            return process
        self.database = DATABASE
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
        return start(self)


def keep(data: Path) -> None:
    """Whole or not at all, also when two runs end at once; clusters of former schemas go."""
    target = place()
    target.parent.mkdir(exist_ok=True)
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    copy(data, fresh)
    try:
        fresh.rename(target)
    except OSError:  # somebody else was first
        shutil.rmtree(fresh, ignore_errors=True)
    by_age = sorted(
        (p for p in target.parent.iterdir() if p != target), key=lambda p: p.stat().st_mtime
    )
    for old in by_age[:-5]:
        shutil.rmtree(old, ignore_errors=True)


def copy(data: Path, to: Path) -> None:
    """With owners and modes: the server runs as another user than root."""
    to.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", str(data), str(to)], check=True)
