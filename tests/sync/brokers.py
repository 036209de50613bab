"""Real brokers that tests publish to: RabbitMQ and Redis where this machine has them, and the
Valkey of the run. An absent one is named when it is skipped (tests/real_servers.py names it in CI,
too)."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import redis
from django.conf import settings
from django.db import connection
from kombu import Connection

from tests.real_servers import listens
from tests.sync.shop import a_broker, a_queue

ROOT = Path(__file__).resolve().parent.parent.parent


class Rabbit:
    """One queue of the RabbitMQ at 127.0.0.1."""

    vendor = "rabbitmq"

    def __init__(self, queue):
        if not listens(5672):
            pytest.skip("no RabbitMQ at 127.0.0.1:5672")
        self.queue = queue
        self.line = Connection("amqp://guest:guest@127.0.0.1:5672//")
        self.channel = self.line.default_channel
        self.channel.queue_declare(queue, durable=True, auto_delete=False)

    @staticmethod
    def settings():
        return {"port": 5672, "user": "guest", "password": "guest", "vhost": "/"}

    def publish(self, bodies, **properties):
        from amqp import Message

        for body in bodies:
            message = Message(body, delivery_mode=2, **properties)
            self.channel.basic_publish(message, exchange="", routing_key=self.queue)

    def left(self):
        return self.channel.queue_declare(self.queue, passive=True).message_count

    def close(self):
        self.channel.queue_delete(self.queue)
        self.line.close()


class Streams:
    """One stream of a Redis or Valkey."""

    vendor = "redis_stream"

    def __init__(self, queue, *, url):
        self.queue, self.url = queue, url
        self.line = redis.Redis.from_url(url)

    def settings(self):
        parts = urlsplit(self.url)
        return {
            "port": parts.port,
            "user": "",
            "database": int(parts.path.strip("/") or 0),
            "password": unquote(parts.password or ""),
        }

    def publish(self, bodies, **fields):
        pipe = self.line.pipeline(transaction=False)
        for body in bodies:
            pipe.xadd(self.queue, {"body": body, **fields})
        pipe.execute()

    def left(self):
        """What is not acknowledged."""
        for group in self.line.xinfo_groups(self.queue):
            return self.line.xlen(self.queue) - (group["entries-read"] or 0) + group["pending"]
        return self.line.xlen(self.queue)

    def close(self):
        self.line.delete(self.queue)
        self.line.close()


def broker(kind: str, queue: str):
    if kind == "rabbitmq":
        return Rabbit(queue)
    if kind == "redis":
        if not listens(6379):
            pytest.skip("no Redis at 127.0.0.1:6379")
        return Streams(queue, url="redis://127.0.0.1:6379/14")
    if not settings.BROKER_IS_REDIS:
        pytest.skip("the broker of this run is no Valkey")
    return Streams(queue, url=settings.BROKER_URL)


def a_queue_at(there, content="native", **more):
    """A queue of ours that reads there."""
    account = a_broker(there.vendor, **there.settings())
    return a_queue(content, connection=account, queue=there.queue, **more)


def orders(numbers, **more) -> list[bytes]:
    """One body of our own format for each number."""
    return [
        json.dumps(
            {
                "number": f"A{n}",
                "status": "paid",
                "occurred_at": "2026-11-24T10:00:00+08:00",
                "identities": {"member_id": f"m{n % 500}"},
                "total_fen": 1000 + n,
                **more,
            }
        ).encode()
        for n in numbers
    ]


def consumer(fail_point: str = "") -> subprocess.Popen:
    """`manage.py consume` over this test's database, until it is killed."""
    said = connection.settings_dict
    url = (
        f"postgres://{said['USER']}:{said['PASSWORD']}@{said['HOST']}:{said['PORT']}/{said['NAME']}"
    )
    env = {
        **os.environ,
        "DATABASE_URL": url,
        "HUTONG_FAIL_POINT": fail_point,
        "HUTONG_OUTBOUND_HOSTS": "127.0.0.1",
    }
    return subprocess.Popen([sys.executable, "manage.py", "consume"], env=env, cwd=ROOT)
