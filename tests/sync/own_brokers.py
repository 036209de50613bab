"""Brokers of a test's own, which it may kill: what they have confirmed is on their disk."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import amqp
import pytest
import redis
from kombu import Connection

from crm_project.runtime import lifeline, valkey
from crm_project.runtime.ports import free_port
from tests.product import eventually

RABBIT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
START_SECONDS = 180
GONE = (OSError, amqp.AMQPError, redis.RedisError)


class Own:
    """A broker with a folder and a port of its own; `queue` is the one that is read."""

    vendor = ""

    def __init__(self, queue: str):
        self.queue, self.port = queue, free_port()
        self.place = Path(tempfile.mkdtemp(prefix="hutong-broker-"))
        self.line = None
        self.process = None

    def __enter__(self):
        self.prepare()
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.place, ignore_errors=True)

    def start(self) -> None:
        """It answers, with everything that it had confirmed."""
        self.process = subprocess.Popen(
            self.command(),
            env={**os.environ, **self.environment()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: lifeline.die_with_parent(signal.SIGINT),
        )
        assert eventually(self.answers, seconds=START_SECONDS, every=0.2), self.command()

    def kill(self) -> None:
        """kill -9 of all of it."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.line = None

    def answers(self) -> bool:
        try:
            self.opened()
        except GONE:
            self.line = None
            return False
        return True

    def publish(self, messages: list[tuple[str, bytes]]) -> None:
        """Of each the door and the body; they are confirmed, and whoever is not told so sends them
        again. Raises GONE."""
        try:
            self.send(messages)
        except GONE:
            self.line = None
            raise

    def prepare(self) -> None:
        """Its folder is as it wants it."""

    def environment(self) -> dict[str, str]:
        return {}


class OwnRabbit(Own):
    vendor = "rabbitmq"

    def __init__(self, queue):
        if not RABBIT.exists():
            pytest.skip("RabbitMQ is not installed")
        super().__init__(queue)

    def settings(self) -> dict:
        return {"port": self.port, "user": "guest", "password": "guest", "vhost": "/"}

    def prepare(self):
        (self.place / "rabbitmq.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{self.port}\n")
        (self.place / "plugins").write_text("[].")
        self.more = {
            "HOME": str(self.place),
            "RABBITMQ_NODENAME": f"hutong{self.port}@localhost",
            "RABBITMQ_CONFIG_FILE": str(self.place / "rabbitmq"),
            "RABBITMQ_MNESIA_BASE": str(self.place / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.place / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.place / "plugins"),
            "RABBITMQ_DIST_PORT": str(free_port()),
        }

    def environment(self):
        return self.more

    def command(self):
        return [str(RABBIT)]

    def opened(self):
        if self.line is None:
            line = Connection(f"amqp://guest:guest@127.0.0.1:{self.port}//", connect_timeout=5)
            line.connect()
            self.line, self.channel = line, line.channel()
            self.channel.confirm_select()
            self.channel.queue_declare(self.queue, durable=True, auto_delete=False)
        return self.channel

    def send(self, messages):
        channel, confirmed = self.opened(), []
        channel.events["basic_ack"] = {lambda tag, multiple: confirmed.append((tag, multiple))}
        for door, body in messages:
            message = amqp.Message(body, delivery_mode=2, application_headers={"door": door})
            channel.basic_publish(message, exchange="", routing_key=self.queue)
        last = channel.__dict__.setdefault("sent", 0) + len(messages)
        channel.sent = last
        while channel.__dict__.setdefault("settled", 0) < last:
            channel.connection.drain_events(timeout=30)
            for tag, multiple in confirmed:
                channel.settled = tag if multiple else channel.settled + 1
            confirmed.clear()

    def left(self) -> int:
        return self.opened().queue_declare(self.queue, passive=True).message_count


class OwnStream(Own):
    vendor = "redis_stream"

    def __init__(self, queue, program: Path):
        super().__init__(queue)
        self.program = program

    def settings(self) -> dict:
        return {"port": self.port, "user": "", "password": "", "database": 0}

    def command(self):
        kept = ("--appendonly", "yes", "--appendfsync", "always", "--save", "")
        return [
            str(self.program),
            *("--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.place)),
            *kept,
        ]

    def opened(self):
        if self.line is None:
            line = redis.Redis(port=self.port, socket_timeout=30, socket_connect_timeout=5)
            line.ping()
            self.line = line
        return self.line

    def send(self, messages):
        pipe = self.opened().pipeline(transaction=False)
        for door, body in messages:
            pipe.xadd(self.queue, {"body": body, "door": door})
        pipe.execute()

    def left(self) -> int:
        (group,) = self.opened().xinfo_groups(self.queue)
        return group["lag"] + group["pending"]


def own(kind: str, queue: str) -> Own:
    if kind == "rabbitmq":
        return OwnRabbit(queue)
    if kind == "redis":
        found = shutil.which("redis-server")
        if not found:
            pytest.skip("Redis is not installed")
        return OwnStream(queue, Path(found))
    return OwnStream(queue, valkey.binary())
