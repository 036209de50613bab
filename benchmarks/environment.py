"""What every benchmark stands on: our own PostgreSQL and Valkey as the product starts them (fsync
on), in a folder that goes away.

This file is imported before Django: it settles the environment that the settings read.
"""

import atexit
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from crm_project.runtime import home, lifeline
from crm_project.runtime.ports import free_port
from crm_project.runtime.postgres import Postgres
from crm_project.runtime.valkey import Valkey

MANAGE = [sys.executable, str(home.BASE_DIR / "manage.py")]
SETTINGS = "benchmarks.settings"


class Environment:
    """Servers with the schema in them; `kept` names a folder that stays, to measure the same data
    again."""

    def __init__(self, kept: str = ""):
        self.folder = Path(
            kept or tempfile.mkdtemp(prefix="hutong-bench-", dir=os.environ.get("HUTONG_DATA"))
        )
        self.folder.mkdir(exist_ok=True)
        self.folder.chmod(0o711)  # as root, PostgreSQL runs as another user and must walk through
        if not kept:
            atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        os.environ |= {
            "HUTONG_DATA": str(self.folder),
            "HUTONG_INSECURE_HTTP": "1",
            "DJANGO_SETTINGS_MODULE": SETTINGS,
            "LOG_LEVEL": "WARNING",
        }
        os.environ["HUTONG_INTAKE_REQUESTS_PER_SECOND"] = "1000000"
        home.prepare()
        self.postgres = Postgres(
            self.folder / "postgres", free_port(), home.secret("POSTGRES_PASSWORD")
        )
        self.valkey = Valkey(self.folder / "valkey", free_port(), home.secret("VALKEY_PASSWORD"))
        os.environ |= {"DATABASE_URL": self.postgres.url, "BROKER_URL": self.valkey.url}
        self.processes: list[subprocess.Popen] = []

    def __enter__(self):
        for server in (self.postgres, self.valkey):
            server.prepare()
            extra = server.popen() if server is self.postgres else {}
            self.processes.append(started(server.command(), stop=signal.SIGINT, **extra))
            wait(server.answers, 60)
        self.postgres.create_database()
        manage("prepare")
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGINT)
            process.wait(60)

    @property
    def postgres_pid(self) -> int:
        return self.processes[0].pid


def started(command: list[str], *, stop: int = signal.SIGTERM, **popen) -> subprocess.Popen:
    """A child that does not outlive us."""
    quiet = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.DEVNULL,
        "stderr": None if "BENCH_LOUD" in os.environ else subprocess.DEVNULL,
    }
    hold = lambda: lifeline.die_with_parent(stop)  # noqa: E731
    # One thread only
    return subprocess.Popen(command, start_new_session=True, preexec_fn=hold, **{**quiet, **popen})  # noqa: PLW1509


def wait(look, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not look():
        if time.monotonic() > until:
            raise RuntimeError(f"not there after {seconds} s")
        time.sleep(0.05)


def manage(*words: str) -> None:
    subprocess.run([*MANAGE, *words], check=True)


@contextlib.contextmanager
def web() -> Iterator[tuple[str, int]]:
    """The web as `up` starts it, without worker and beat: its address and its process."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1024)
        port = listener.getsockname()[1]
        command = [sys.executable, "-m", "crm_project.runtime.web", str(listener.fileno())]
        process = started(
            command,
            env={**os.environ, "HUTONG_DB_POOL": "4"},
            pass_fds=[listener.fileno()],
            cwd=home.BASE_DIR,
        )
        yield from until_stopped(process, port)


@contextlib.contextmanager
def product() -> Iterator[tuple[str, int]]:
    """The whole product, `manage.py up`, on our servers: its address and its process."""
    port = free_port()
    env = {**os.environ, "PORT": str(port), "DEMO": "0"}
    yield from until_stopped(
        started([sys.executable, "-m", "benchmarks.up"], env=env, cwd=home.BASE_DIR),
        port,
        patience=60,
    )


def until_stopped(
    process: subprocess.Popen, port: int, patience: float = 30
) -> Iterator[tuple[str, int]]:
    try:
        wait(lambda: answers(f"http://127.0.0.1:{port}/null"), patience)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(30)


def answers(url: str) -> bool:
    """Somebody serves there, whatever they say."""
    try:
        urllib.request.urlopen(url, timeout=1).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
