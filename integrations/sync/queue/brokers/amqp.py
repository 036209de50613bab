"""RabbitMQ, and whatever speaks AMQP 0-9-1."""

import ssl
import time
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime

from kombu import Connection

from integrations.sync.queue.brokers.base import CONNECT_SECONDS, Broker, reachable
from integrations.sync.queue.message import Message

HEARTBEAT = 30  # seconds
AHEAD = 2  # times as many are fetched as are stored together: the next are here meanwhile
GATHERING = 0.05  # seconds after the first in which more are awaited


class Amqp(Broker):
    def __init__(self, settings, queue):
        self.queue, self.arrived = queue.queue, deque()
        self.connection = connection_to(settings)
        try:
            self.connection.connect()
            self.channel = self.connection.default_channel
            self.channel.basic_qos(0, min(queue.at_once * AHEAD, 65_535), False)
            self.channel.basic_consume(self.queue, callback=self.arrived.append)
        except BaseException:
            self.close()
            raise
        self.beat_at = time.monotonic()

    def take(self, most, seconds):
        until, gathered = time.monotonic() + seconds, None
        while len(self.arrived) < most and (left := until - time.monotonic()) > 0:
            self.keep_alive()
            try:
                self.connection.drain_events(timeout=min(left, 1.0))
            except TimeoutError:
                continue
            if self.arrived and gathered is None:
                gathered = until = min(until, time.monotonic() + GATHERING)
        self.keep_alive()
        return [message_of(self.arrived.popleft()) for _n in range(min(most, len(self.arrived)))]

    def keep_alive(self):
        if time.monotonic() - self.beat_at >= HEARTBEAT / 4:
            self.beat_at = time.monotonic()
            self.connection.heartbeat_check(rate=4)

    def settle(self, messages):
        """All up to the last: they are settled in the order in which they came."""
        if messages:
            self.channel.basic_ack(messages[-1].tag, multiple=True)

    def waiting(self):
        declared = self.channel.queue_declare(self.queue, passive=True)
        return declared.message_count + len(self.arrived)

    def close(self):
        with suppress(Exception):
            self.connection.close()


def connection_to(settings) -> Connection:
    host, port = settings["host"], int(settings["port"])
    secured = False
    if settings.get("tls"):
        secured = {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": host}
    return Connection(
        hostname=reachable(host, port),
        port=port,
        userid=settings.get("user") or "guest",
        password=settings.get("password") or "",
        virtual_host=settings.get("vhost") or "/",
        transport="pyamqp",
        ssl=secured,
        heartbeat=HEARTBEAT,
        connect_timeout=CONNECT_SECONDS,
        transport_options={"read_timeout": 20, "write_timeout": 20},
    )


def message_of(found) -> Message:
    body = found.body
    properties = found.properties
    headers = properties.get("application_headers") or {}
    door = headers.get("door") or properties.get("type") or ""
    return Message(
        body if isinstance(body, bytes) else str(body).encode(errors="surrogatepass"),
        found.delivery_tag,
        str(properties.get("message_id") or ""),
        door if isinstance(door, str) and door.isascii() and len(door) <= 20 else "",
        sent(properties.get("timestamp")),
    )


def sent(stamp) -> datetime | None:
    """Whoever publishes may say when."""
    if isinstance(stamp, datetime):
        return stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)
    try:
        return datetime.fromtimestamp(stamp, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
