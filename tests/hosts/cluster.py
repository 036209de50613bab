"""Several hosts on one machine: each a network namespace on a bridge, with a data folder of its
own and the commands of docs/operator.md; PostgreSQL, RabbitMQ and Valkey on the bridge's address.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import psycopg
from psycopg.rows import dict_row

from crm_project.runtime import home
from crm_project.runtime.ports import free_port
from crm_project.runtime.postgres import Postgres
from crm_project.runtime.valkey import Valkey
from tests.product import eventually

RABBIT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
NET = f"10.{77 + os.getpid() % 100}.0"
BRIDGE = f"hb{os.getpid() % 100000}"
START_SECONDS = 300  # of a part, on a busy machine
CELERY = [sys.executable, "-m", "celery", "--quiet", "-A", "crm_project.celery"]
QUIET = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
PARTS = {
    "web": [sys.executable, "-m", "crm_project.runtime.web", "0.0.0.0:8000"],
    "worker": [*CELERY, "worker", "-c", "6", *QUIET, "-Q", "react,deliver,segments,upkeep"],
    "beat": [*CELERY, "beat", "--pidfile=", "--loglevel", "WARNING"],
}


def why_not() -> str:
    """Why this machine cannot play several hosts; empty where it can."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        return "network namespaces need root and the command ip"
    probe = f"{BRIDGE}p"
    try:
        ip("netns", "add", probe)
        ip("netns", "del", probe)
    except subprocess.CalledProcessError as error:
        return f"the kernel allows no network namespaces: {error.stderr}"
    return "" if RABBIT.exists() else "RabbitMQ is not installed"


def ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


class Host:
    """One namespace and what runs in it."""

    def __init__(self, cluster, number: int, parts: list[str]):
        self.cluster, self.number, self.parts = cluster, number, parts
        self.name, self.address = f"{BRIDGE}n{number}", f"{NET}.{number + 10}"
        self.link = f"{BRIDGE}v{number}"
        self.data = cluster.place / f"host{number}"
        self.data.mkdir()
        self.running: dict[str, subprocess.Popen] = {}
        self.connect()
        self.run("manage.py", "prepare")

    def connect(self) -> None:
        inside = f"{BRIDGE}i{self.number}"
        ip("netns", "add", self.name)
        ip("link", "add", self.link, "type", "veth", "peer", "name", inside)
        ip("link", "set", inside, "netns", self.name)
        ip("link", "set", self.link, "master", BRIDGE, "up")
        ip("-n", self.name, "addr", "add", f"{self.address}/24", "dev", inside)
        ip("-n", self.name, "link", "set", inside, "up")
        ip("-n", self.name, "link", "set", "lo", "up")

    def environment(self, **more) -> dict[str, str]:
        return {
            **self.cluster.environment,
            "HUTONG_DATA": str(self.data),
            "HUTONG_HOST": f"host{self.number}",
            **more,
        }

    def run(self, *words: str) -> str:
        done = subprocess.run(
            ["ip", "netns", "exec", self.name, sys.executable, *words],
            env=self.environment(),
            cwd=home.BASE_DIR,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, *parts: str) -> None:
        for part in parts or self.parts:
            log = (self.data / f"{part}.log").open("a")
            self.running[part] = subprocess.Popen(
                ["ip", "netns", "exec", self.name, *PARTS[part]],
                env=self.environment(HUTONG_DB_POOL="4" if part == "web" else "0"),
                cwd=home.BASE_DIR,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self, part: str, number: int = signal.SIGTERM) -> None:
        process = self.running.pop(part)
        process.send_signal(number)
        process.wait(120)

    def kill(self) -> None:
        """As when its power fails: also who has lost its parent is gone."""
        while inside := ip("netns", "pids", self.name).split():
            for pid in map(int, inside):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        for process in self.running.values():
            process.wait()
        self.running.clear()

    def cut_off(self) -> None:
        ip("link", "set", self.link, "down")

    def bring_back(self) -> None:
        ip("link", "set", self.link, "up")


class Cluster:
    """Servers on the bridge, and the hosts."""

    def __init__(self):
        self.place = Path(tempfile.mkdtemp(prefix="hutong-hosts-"))
        self.place.chmod(0o755)
        self.processes, self.hosts = [], []

    def __enter__(self):
        ip("link", "add", BRIDGE, "type", "bridge")
        ip("addr", "add", f"{NET}.1/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        try:
            self.serve()
        except BaseException:
            self.__exit__()
            raise
        return self

    def serve(self) -> None:
        os.environ["HUTONG_DATA"] = str(self.place / "keys")
        home.prepare()
        keys = home.read(self.place / "keys" / "secrets.json")
        password = secrets.token_hex(8)
        here = f"{NET}.1"
        postgres = Postgres(self.place / "postgres", free_port(), password)
        postgres.prepare()
        with (postgres.account.data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {NET}.0/24 scram-sha-256\n")
        command = [
            word.replace("listen_addresses=127.0.0.1", f"listen_addresses=127.0.0.1,{here}")
            for word in postgres.command()
        ]
        self.spawn(command, **postgres.popen())
        valkey = Valkey(self.place / "valkey", free_port(), password)
        valkey.prepare()
        conf = self.place / "valkey" / "valkey.conf"
        conf.write_text(conf.read_text().replace("bind 127.0.0.1", f"bind 127.0.0.1 {here}"))
        self.spawn(valkey.command())
        broker = self.rabbit(here)
        assert eventually(postgres.answers, seconds=60, every=0.2)
        postgres.create_database()
        self.database = postgres.url
        plain = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("HUTONG_") and name not in ("BROKER_URL", "DATABASE_URL")
        }
        self.environment = {
            **plain,
            **{
                name: keys[name]
                for name in ("SECRET_KEY", "HUTONG_ENCRYPTION_KEYS", "HUTONG_HASH_KEY")
            },
            "DATABASE_URL": postgres.url.replace("127.0.0.1", here),
            "BROKER_URL": broker,
            "CACHE_URL": valkey.url.replace("127.0.0.1", here).removesuffix("0") + "1",
            "HUTONG_INSECURE_HTTP": "1",
            "ALLOWED_HOSTS": "*",
            "DJANGO_SETTINGS_MODULE": "crm_project.settings",
        }

    def rabbit(self, here: str) -> str:
        place, port = self.place / "rabbit", free_port()
        place.mkdir()
        (place / "rabbitmq.conf").write_text(
            f"loopback_users = none\nlisteners.tcp.1 = {here}:{port}\n"
        )
        (place / "plugins").write_text("[].")
        name = f"hutong{os.getpid()}@localhost"
        environment = {
            **os.environ,
            "HOME": str(place),
            "RABBITMQ_NODENAME": name,
            "RABBITMQ_CONFIG_FILE": str(place / "rabbitmq"),
            "RABBITMQ_MNESIA_BASE": str(place / "mnesia"),
            "RABBITMQ_LOG_BASE": str(place / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(place / "plugins"),
            "RABBITMQ_DIST_PORT": str(free_port()),
        }
        self.spawn([str(RABBIT)], env=environment)
        return f"amqp://guest:guest@{here}:{port}//"

    def spawn(self, command: list[str], **popen) -> None:
        log = (self.place / "servers.log").open("a")
        options = {"stdout": log, "stderr": log, "start_new_session": True, **popen}
        self.processes.append(subprocess.Popen(command, **options))

    def host(self, *parts: str) -> Host:
        self.hosts.append(Host(self, len(self.hosts) + 1, list(parts)))
        return self.hosts[-1]

    def rows(self, sql: str, *values) -> list[dict]:
        with psycopg.connect(self.database, row_factory=dict_row, autocommit=True) as connection:
            return connection.execute(sql, values).fetchall()

    def count(self, sql: str, *values) -> int:
        return next(iter(self.rows(sql, *values)[0].values()))

    def seconds_until(self, look, most: float) -> float:
        began = time.monotonic()
        assert eventually(look, seconds=most, every=0.05), self.logs()
        return time.monotonic() - began

    def logs(self) -> str:
        return "\n".join(
            f"== {path}\n{path.read_text()[-1500:]}"
            for path in sorted(self.place.glob("host*/*.log"))
        )

    def __exit__(self, *_):
        for host in self.hosts:
            host.kill()
            subprocess.run(["ip", "netns", "del", host.name], check=False)
        for process in reversed(self.processes):
            for one in [*psutil.Process(process.pid).children(recursive=True)]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()
            process.kill()
            process.wait()
        subprocess.run(["ip", "link", "del", BRIDGE], check=False)
        shutil.rmtree(self.place, ignore_errors=True)
