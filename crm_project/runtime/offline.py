"""`manage.py backup` and `restore` where nothing runs: the embedded PostgreSQL of the data folder,
for as long as one command needs it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from crm_project.runtime import home, lifeline, up
from crm_project.runtime.ports import free_port
from crm_project.runtime.postgres import Postgres

START_SECONDS = 60


def main(words: list[str]) -> int:
    """Django's command, with a database to talk to."""
    from django.core.management import execute_from_command_line

    os.environ.setdefault("BROKER_URL", "memory://")  # neither needs a broker
    if "DATABASE_URL" in os.environ or {"-h", "--help"} & set(words):
        execute_from_command_line(words)
        return 0
    try:
        lock = up.lock()
    except up.CannotStart as reason:
        if words[1] == "restore":
            sys.stderr.write(f"restore: {reason}; stop it first\n")
            return 1
        execute_from_command_line(
            words
        )  # beside a running `up`, whose addresses are in the data folder
        return 0
    with lock, embedded():
        execute_from_command_line(words)
    return 0


@contextmanager
def embedded() -> Iterator[None]:
    """PostgreSQL answers, and DATABASE_URL says where."""
    home.prepare()
    up.wait_for_the_last_ones()
    server = Postgres(home.folder() / "postgres", free_port(), home.secret("POSTGRES_PASSWORD"))
    server.prepare()
    process = subprocess.Popen(
        server.command(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        # One thread only
        preexec_fn=lambda: lifeline.die_with_parent(signal.SIGINT),  # noqa: PLW1509
        **server.popen(),
    )
    try:
        until = time.monotonic() + START_SECONDS
        while not server.answers():
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("PostgreSQL did not start")
            time.sleep(0.05)
        server.create_database()
        os.environ["DATABASE_URL"] = server.url
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
