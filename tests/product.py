"""The product as a user starts it: `manage.py up` in an empty folder, and what a test wants to ask
it from outside."""

import contextlib
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import psutil
import psycopg
from psycopg.rows import dict_row

from crm_project.runtime import home
from crm_project.runtime.ports import free_port

OURS = (
    "DATABASE_URL",
    "BROKER_URL",
    "CACHE_URL",
    "EMAIL_URL",
    "PORT",
    "DEMO",
    "HUTONG_DATA",
    "HUTONG_INSECURE_HTTP",
)


class Product:
    """Its folder is made for it and goes with it."""

    def __init__(self, *, demo: bool, tree: Path = home.BASE_DIR, **environment: str):
        self.tree, self.command = tree, [sys.executable, str(tree / "manage.py")]
        self.place = Path(tempfile.mkdtemp(prefix="hutong-walk-"))
        self.data = self.place / "data"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        plain = {name: value for name, value in os.environ.items() if name not in OURS}
        self.env = {
            **plain,
            "HUTONG_DATA": str(self.data),
            "PORT": str(self.port),
            "DEMO": str(int(demo)),
            "HUTONG_INSECURE_HTTP": "1",
        }
        if broker := os.environ.get("PRODUCT_BROKER_URL"):  # see real_servers.py
            self.env["BROKER_URL"] = broker
            if cache := os.environ.get("PRODUCT_CACHE_URL"):
                self.env["CACHE_URL"] = cache
        self.env |= environment
        self.lines = []
        self.process = None

    def start(self, seconds: float = 900) -> None:
        """`up` has said that it is ready."""
        output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        self.process = subprocess.Popen(
            [*self.command, "up"], env=self.env, cwd=self.tree, **output
        )
        said = queue.SimpleQueue()
        threading.Thread(target=self._listen, args=(self.process.stdout, said), daemon=True).start()
        until = time.monotonic() + seconds
        while True:
            try:
                line = said.get(timeout=max(0.01, until - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"not ready after {seconds} s:\n{self.tail()}") from None
            if line is None:
                raise AssertionError(f"`up` ended:\n{self.tail()}")
            if line.startswith("ready: "):
                return

    def _listen(self, stream, said) -> None:
        for line in stream:
            self.lines.append(line.rstrip())
            said.put(line)
        said.put(None)

    def tail(self, count: int = 40) -> str:
        return "\n".join(self.lines[-count:])

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            children = self.children()
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(30)
            for child in [self.process, *children]:
                with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
                    child.kill()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.place, ignore_errors=True)

    # --- processes

    def children(self) -> list[psutil.Process]:
        """Everything that `up` has started, grandchildren too."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def processor_seconds(self) -> float:
        """What it has taken of the processors since it began, with those of its processes that have
        ended."""
        taken = 0.0
        for process in (psutil.Process(self.process.pid), *self.children()):
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                taken += times.user + times.system + times.children_user + times.children_system
        return taken

    def part(self, name: str) -> psutil.Process | None:
        """The process that `up` has started under this name, while it runs."""
        try:
            return psutil.Process(int((self.data / "run" / f"{name}.pid").read_text()))
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return None

    def killable(self) -> list[psutil.Process]:
        """All but the database and the broker, whose machines are somebody else's in production."""
        servers = [server for name in ("postgres", "valkey") if (server := self.part(name))]
        spared = {
            process.pid
            for server in servers
            for process in [server, *server.children(recursive=True)]
        }
        living = [process for process in self.children() if process.pid not in spared]
        return [
            process
            for process in living
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        ]

    # --- what it knows and is told

    def page(self, path: str) -> str:
        """What the first user reads there."""
        with httpx.Client(base_url=self.url, timeout=120) as browser:
            form = browser.get("/admin/login/", params={"next": path}).text
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)[1]
            password = json.loads((self.data / "secrets.json").read_text())["ADMIN_PASSWORD"]
            login = {
                "csrfmiddlewaretoken": token,
                "username": "admin",
                "password": password,
                "next": path,
            }
            answer = browser.post("/admin/login/", data=login, follow_redirects=True)
            assert answer.status_code == 200, answer.text
            return answer.text

    def made_source(self, name: str) -> dict:
        """A server source: key and secret."""
        return json.loads(self.manage("source", name, "--trust", "server"))

    def publish(self, name: str, draft: dict) -> int:
        """The id of a live journey."""
        imports = (
            "from campaigns.journeys import definition\nfrom campaigns.models import Journey\nfrom"
            " crm_project.queue.due import database_now"
        )
        make = f"journey = Journey.objects.create(name={name!r}, draft={draft!r})"
        return self.ask(
            "journey.pk",
            f"{imports}\n{make}\ndefinition.publish(journey, by=None, now=database_now())",
        )

    def manage(self, *words: str) -> str:
        """What a command says that an operator starts beside the running product."""
        done = subprocess.run(
            [*self.command, *words],
            env=self.env,
            cwd=self.tree,
            capture_output=True,
            text=True,
            timeout=900,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, expression: str, imports: str = "") -> object:
        """The value of a Python expression inside the product."""
        said = self.manage(
            "shell",
            "--verbosity",
            "0",
            "-c",
            f"import json\n{imports}\nprint('ANSWER', json.dumps({expression}))",
        )
        return json.loads(said.rpartition("ANSWER ")[2])

    def address(self, name: str) -> str:
        """Of a server that `up` has started."""
        return json.loads((self.data / "run" / "servers.json").read_text())[name]

    def rows(self, sql: str, *values) -> list[dict]:
        with psycopg.connect(
            self.address("DATABASE_URL"), row_factory=dict_row, autocommit=True
        ) as connection:
            return connection.execute(sql, values).fetchall()

    def count(self, sql: str, *values) -> int:
        return next(iter(self.rows(sql, *values)[0].values()))


def eventually(look, *, seconds: float, every: float = 1.0):
    """The first true value of `look()`, or its last one after this time."""
    until = time.monotonic() + seconds
    while not (value := look()) and time.monotonic() < until:
        time.sleep(every)
    return value
