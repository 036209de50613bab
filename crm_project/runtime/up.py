"""`manage.py up`: PostgreSQL, Valkey, web, worker, beat (and the demo) as children of one process,
on this machine.

It takes no arguments; the environment says PORT, HUTONG_DATA (the folder of its data) and DEMO=0
(docs/operator.md). Works without Django: the settings need the addresses of servers that are only
about to start.
"""

import contextlib
import fcntl
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from crm_project.runtime import consume, home, lifeline, release
from crm_project.runtime.ports import free_port, is_free
from crm_project.runtime.postgres import Postgres
from crm_project.runtime.preloaded import Preloaded
from crm_project.runtime.processes import Child
from crm_project.runtime.supervisor import Stopped, Supervisor
from crm_project.runtime.valkey import Valkey

MANAGE = [sys.executable, str(home.BASE_DIR / "manage.py")]
# three worker loops (crm_project/queue/worker_loops.py), and two that help to deliver or do upkeep
POOL_PROCESSES = 5
STOP_ORDER = [["demo", "beat", "web", "consume"], ["worker"], ["mailbox", "valkey", "postgres"]]
LONGEST_SILENCE = 30  # seconds; worker and beat have something to do every second
WEB_PATIENCE = 12  # a little more than its own (web.py)
READY_SECONDS = 180  # on a busy machine; 10 is usual
FIRST_PORT, LAST_PORT = 8000, 8099


class CannotStart(Exception):
    """`up` cannot start, for a reason the operator can act on."""


def main() -> int:
    release.enter()
    try:
        held = lock()  # held until the process ends
        fresh = not home.has_secrets()
        home.prepare()
        wait_for_the_last_ones()
        runner = Runner(demo=_demo_wanted(fresh))
    except CannotStart as reason:
        sys.stderr.write(f"up: {reason}\n")
        return 1
    try:
        return runner.run()
    finally:
        held.close()


def lock():
    """The data folder is ours; a second start is refused."""
    home.run_folder().mkdir(parents=True, exist_ok=True)
    file = (home.run_folder() / "lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotStart(
            f"already running in {home.folder()} (HUTONG_DATA names another folder)"
        ) from None
    return file


def _demo_wanted(fresh: bool) -> bool:
    """A new folder starts with the demo and remembers it; a database that was given to us gets one
    only when DEMO=1."""
    asked = os.environ.get("DEMO", "")
    marker = home.folder() / "demo"
    if asked == "0":
        return False
    if asked or (fresh and "DATABASE_URL" not in os.environ):
        marker.touch()
    return marker.exists()


def _listening_socket() -> socket.socket:
    """The address of the web, held by us for as long as we live."""
    given = os.environ.get("PORT")
    if given:
        return _bound(int(given), patience=2)
    for port in range(FIRST_PORT, LAST_PORT + 1):
        with contextlib.suppress(CannotStart):
            return _bound(port)
    raise CannotStart(f"no free port between {FIRST_PORT} and {LAST_PORT}; name one with PORT")


def _bound(port: int, patience: float = 0) -> socket.socket:
    """A listening socket on this port; workers of an `up` that was killed may hold it for a
    moment."""
    host = os.environ.get("HUTONG_BIND", "127.0.0.1")
    until = time.monotonic() + patience
    while True:
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(1024)
        except OSError as error:
            listener.close()
            if time.monotonic() >= until:
                raise CannotStart(
                    f"cannot listen on {host}:{port}: {error.strerror} (PORT names another)"
                ) from None
            time.sleep(0.1)
        else:
            listener.set_inheritable(True)
            return listener


class Runner:
    def __init__(self, demo: bool):
        self.demo = demo
        self.listener = _listening_socket()
        self.port = self.listener.getsockname()[1]
        self.env = self._environment()
        self.supervisor = Supervisor()
        self.servers = []
        self.url = self._url()

    def _url(self) -> str:
        """Where this machine reaches the web, also when it listens on all addresses."""
        host = self.listener.getsockname()[0]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (not bound here)
        return f"http://[{host}]:{self.port}/" if ":" in host else f"http://{host}:{self.port}/"

    def _environment(self) -> dict[str, str]:
        env = {
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
            "HUTONG_DATA": str(home.folder()),
            "MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "2"),
            # `prepare` makes Django's checks; made once more, worker and beat have 20 MB more each.
            "CELERY_SKIP_CHECKS": "1",
        }
        if self.listener.getsockname()[0] in {"127.0.0.1", "::1"}:
            env["HUTONG_INSECURE_HTTP"] = os.environ.get("HUTONG_INSECURE_HTTP", "1")
        return env

    def run(self) -> int:
        """0 after an orderly end, 1 when something could not start; either way no child is left."""
        code = 0
        try:
            self._start()
            self.supervisor.forever()
        except Stopped:
            pass
        except RuntimeError as error:
            self.supervisor.say("up", str(error))
            code = 1
        self.supervisor.say("up", "stopping")
        self.listener.close()
        self.supervisor.stop(STOP_ORDER)
        if self.supervisor.preloaded:
            self.supervisor.preloaded.end()
        (home.run_folder() / "servers.json").unlink(missing_ok=True)
        return code

    def _start(self):
        began = time.monotonic()
        self._watch()
        self._start_servers()
        self.supervisor.run_once(Child("prepare", [*MANAGE, "prepare"], self.env))
        self._start_parts()
        self.supervisor.wait_for("Hutong", self._healthy, READY_SECONDS)
        self._announce(time.monotonic() - began)
        self._start_demo()

    def _watch(self):
        if not lifeline.AVAILABLE:
            self.supervisor.watch(
                [sys.executable, "-m", "crm_project.runtime.watchdog", str(home.run_folder())]
            )

    def _start_servers(self):
        """Database and broker answer; commands beside us find them. Meanwhile the sources are
        loaded that all parts share."""
        addresses = {}
        last = home.defaults()
        if "DATABASE_URL" not in os.environ:
            postgres = Postgres(
                home.folder() / "postgres",
                _port(last.get("DATABASE_URL")),
                home.secret("POSTGRES_PASSWORD"),
            )
            addresses["DATABASE_URL"] = postgres.url
            self.servers.append(postgres)
        if "BROKER_URL" not in os.environ:
            valkey = Valkey(
                home.folder() / "valkey",
                _port(last.get("BROKER_URL")),
                home.secret("VALKEY_PASSWORD"),
            )
            addresses["BROKER_URL"] = valkey.url
            self.servers.append(valkey)
        if self.demo and not os.environ.get("EMAIL_URL"):
            addresses["EMAIL_URL"] = f"smtp://127.0.0.1:{_port(last.get('EMAIL_URL'))}"
        if self.demo:
            # The shop's short messages go to a stand-in of their vendor, in its own process.
            url = f"http://127.0.0.1:{_port(last.get('HUTONG_DEMO_SMS'))}"
            addresses["HUTONG_DEMO_SMS"] = url
            # The shop's mini-program lives in a stand-in of WeChat's platform, in its own process.
            url = f"http://127.0.0.1:{_port(last.get('HUTONG_DEMO_WECHAT'))}"
            addresses["HUTONG_DEMO_WECHAT"] = url
        self.env |= addresses
        self.supervisor.preloaded = Preloaded(self.env)
        for server in self.servers:
            server.prepare()
            self.supervisor.add(server_child(server))
        for server in self.servers:
            self.supervisor.wait_for(type(server).__name__, server.answers, 60)
            if isinstance(server, Postgres):
                server.create_database()
        if "EMAIL_URL" in addresses:
            self._start_mailbox(addresses["EMAIL_URL"])
        home.write_private(
            home.run_folder() / "servers.json", {**addresses, "PORT": str(self.port)}
        )

    def _start_mailbox(self, url: str) -> None:
        """The demo's letters go nowhere, and can be read."""
        words = ["-m", "crm_project.runtime.mailbox", url.rpartition(":")[2]]
        folder = str(home.folder() / "mailbox")
        self.supervisor.add(Child("mailbox", [sys.executable, *words, folder], self.env))

    def _start_parts(self):
        celery = [sys.executable, "-m", "celery", "--quiet", "-A", "crm_project.celery"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        web = [sys.executable, "-m", "crm_project.runtime.web", str(self.listener.fileno())]
        processes = POOL_PROCESSES + int(self.env.get("HUTONG_SEGMENT_SHARDS", 1)) - 1
        worker = [*celery, "worker", "-c", str(processes), *quiet, "--loglevel", "INFO"]
        beat = [*celery, "beat", "--loglevel", "WARNING", "--pidfile="]
        # The web ends what takes too long by itself.
        served = {"pass_fds": [self.listener.fileno()]}
        self.supervisor.add(
            Child(
                "web",
                web,
                {**self.env, "HUTONG_DB_POOL": "4"},
                served,
                patience=WEB_PATIENCE,
                goes_on=True,
            )
        )
        self.supervisor.add(
            Child("worker", worker, self.env, silence=LONGEST_SILENCE, goes_on=True)
        )
        self.supervisor.add(Child("beat", beat, self.env, silence=LONGEST_SILENCE, goes_on=True))
        self.supervisor.add(
            Child(
                "consume",
                [*MANAGE, "consume"],
                self.env,
                silence=LONGEST_SILENCE,
                goes_on=True,
                wanted=consume.is_wanted,
            )
        )

    def _healthy(self) -> bool:
        try:
            # Our own address
            with urllib.request.urlopen(self.url + "healthz", timeout=1) as answer:  # noqa: S310
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def _announce(self, seconds: float):
        say = self.supervisor.say
        say("up", f"all parts answer after {seconds:.1f} s")
        if (home.run_folder() / "first_login").exists():
            say("up", f"log-in: admin / {home.secret('ADMIN_PASSWORD')}")
        # Bare, without a prefix: people and tests look for this line.
        say("", f"ready: {self.url}")

    def _start_demo(self):
        """The simulated shop runs unless somebody has put the file run/demo.stop there."""
        stop = home.run_folder() / "demo.stop"
        if self.demo:
            self.supervisor.add(
                Child(
                    "demo",
                    [*MANAGE, "simulate", "shop"],
                    self.env,
                    wanted=lambda: not stop.exists(),
                )
            )


def server_child(server: Postgres | Valkey) -> Child:
    if isinstance(server, Postgres):
        # SIGINT is PostgreSQL's fast shutdown
        return Child(
            "postgres",
            server.command(),
            popen=server.popen(),
            stop_signal=signal.SIGINT,
            orphan_signal=signal.SIGINT,
        )
    return Child("valkey", server.command(), orphan_signal=signal.SIGTERM)


def _port(last_url: str | None) -> int:
    """The port of the last time when it is free, so that addresses in other windows stay right."""
    port = int(last_url.rpartition(":")[2].partition("/")[0]) if last_url else 0
    return port if port and is_free(port) else free_port()


def wait_for_the_last_ones(seconds: float = 15) -> None:
    """Children of an `up` that was killed are gone; PostgreSQL may need a moment for its
    shutdown."""
    until = time.monotonic() + seconds
    for file in home.run_folder().glob("*.pid"):
        while time.monotonic() < until and _alive(file):
            time.sleep(0.05)
        file.unlink(missing_ok=True)


def _alive(pid_file: Path) -> bool:
    try:
        os.kill(int(pid_file.read_text() or 0), 0)
    except (ValueError, ProcessLookupError, FileNotFoundError):
        return False
    except PermissionError:
        return False  # the number belongs to somebody else by now
    return True
