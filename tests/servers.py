import signal
import subprocess
import time

from crm_project.runtime import lifeline
from crm_project.runtime.postgres import Postgres


def start(server) -> subprocess.Popen:
    """The server answers, and does not outlive us."""
    server.prepare()
    process = subprocess.Popen(
        server.command(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: lifeline.die_with_parent(signal.SIGINT),
        **(server.popen() if isinstance(server, Postgres) else {}),
    )
    until = time.monotonic() + 300
    while not server.answers():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"{type(server).__name__} did not start")
        time.sleep(0.05)
    return process


def stop(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGINT)
    process.wait(120)
