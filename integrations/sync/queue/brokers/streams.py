"""Streams of Redis and Valkey: a consumer group, in which what a dead reader left is claimed."""

import time
from contextlib import suppress
from datetime import UTC, datetime

import redis

from integrations.sync.queue.brokers.base import CONNECT_SECONDS, Broker, reachable
from integrations.sync.queue.message import Message

# One reader at a time (integrations/sync/queue/consuming.py), so what it left is its own.
CONSUMER = "hutong"
ABANDONED = 60_000  # milliseconds after which what another consumer holds is ours
CLAIMS_EVERY = 10.0  # seconds
BODIES = (b"body", b"message", b"value", b"data", b"payload")  # of an entry with several fields


class Stream(Broker):
    def __init__(self, settings, queue):
        self.stream, self.group = queue.queue, queue.group
        self.line = line_to(settings)
        self.left, self.claims_at = "0", 0.0  # what this consumer read and never acknowledged
        self.make_group()

    def make_group(self):
        """From the stream's beginning; the stream need not be there yet."""
        try:
            self.line.xgroup_create(self.stream, self.group, id="0", mkstream=True)
        except redis.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    def take(self, most, seconds):
        if self.left is not None:
            found = self.read(most, self.left)
            self.left = found[-1][0] if found else None
            if found:
                return self.messages(found)
        if time.monotonic() >= self.claims_at and (found := self.claimed(most)):
            return self.messages(found)
        found = self.read(most, ">", block=max(1, int(seconds * 1000)))
        return self.messages(found)

    def read(self, most, after, block=None):
        answered = self.line.xreadgroup(
            self.group, CONSUMER, {self.stream: after}, count=most, block=block
        )
        return next(iter(answered), (None, []))[1] if answered else []

    def claimed(self, most):
        """What another consumer of the group holds for long, as it has died."""
        answered = self.line.xautoclaim(
            self.stream, self.group, CONSUMER, ABANDONED, "0-0", count=most
        )
        found = [entry for entry in answered[1] if entry[1]]
        if len(found) < most:
            self.claims_at = time.monotonic() + CLAIMS_EVERY
        return found

    def messages(self, found):
        """An entry that was cut off the stream before it was settled has no fields any more."""
        gone = [ident for ident, fields in found if not fields]
        if gone:
            self.line.xack(self.stream, self.group, *gone)
        return [message_of(ident, fields) for ident, fields in found if fields]

    def settle(self, messages):
        if messages:
            self.line.xack(self.stream, self.group, *(one.tag for one in messages))

    def waiting(self):
        """Servers before Redis 7 do not say how many are still to be read."""
        for group in self.line.xinfo_groups(self.stream):
            name = group["name"]
            if (name.decode() if isinstance(name, bytes) else name) == self.group:
                lag = group.get("lag")
                return None if lag is None else lag + group["pending"]
        return None

    def close(self):
        with suppress(Exception):
            self.line.close()


def line_to(settings) -> redis.Redis:
    host, port = settings["host"], int(settings["port"])
    address = reachable(host, port)
    # The certificate is checked against the name, so the name is what is connected to.
    return redis.Redis(
        host=host if settings.get("tls") else address,
        port=port,
        db=int(settings.get("database") or 0),
        username=settings.get("user") or None,
        password=settings.get("password") or None,
        ssl=bool(settings.get("tls")),
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=20,
        protocol=2,
    )


def message_of(ident: bytes, fields: dict[bytes, bytes]) -> Message:
    name = ident.decode()
    door = fields.get(b"door", b"").decode(errors="replace")
    rest = {key: value for key, value in fields.items() if key != b"door"}
    body = next((rest[key] for key in BODIES if key in rest), None)
    if body is None and len(rest) == 1:
        body = next(iter(rest.values()))
    stamp = name.partition("-")[0]
    return Message(
        b"" if body is None else body,
        ident,
        name,
        door if door.isascii() and len(door) <= 20 else "",
        datetime.fromtimestamp(int(stamp) / 1000, UTC) if len(stamp) <= 14 else None,
        problem="no_body" if body is None else "",
    )
