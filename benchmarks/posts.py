"""A shop's server that costs almost nothing: requests are built and signed before the clock runs,
and written as bytes."""

import asyncio
import gc
import json
import time
import uuid
from collections import Counter
from urllib.parse import urlsplit

from integrations.doors import signatures

BUSY = 503
PATIENCE = 30  # times


def request(url: str, key: str, secret: str, body: dict) -> bytes:
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    at, delivery, now = urlsplit(url), f"msg_{uuid.uuid4().hex}", int(time.time())
    signature = signatures.sign(secret, delivery, now, raw)
    head = (
        f"POST {at.path} HTTP/1.1\r\nHost: {at.netloc}\r\nContent-Type:"
        f" application/json\r\nContent-Length: {len(raw)}\r\nAuthorization: Bearer"
        f" {key}\r\nwebhook-id: {delivery}\r\nwebhook-timestamp: {now}\r\nwebhook-signature:"
        f" {signature}\r\n\r\n"
    )
    return head.encode() + raw


class Line:
    """One kept-alive connection."""

    def __init__(self, url: str):
        self.at = urlsplit(url)

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection(
            self.at.hostname, self.at.port, limit=1 << 20
        )
        return self

    async def __aexit__(self, *_):
        self.writer.close()

    async def post(self, raw: bytes) -> int:
        self.writer.write(raw)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next(
            (
                int(h.partition(b":")[2])
                for h in head.split(b"\r\n")
                if h.lower().startswith(b"content-length:")
            ),
            0,
        )
        await self.reader.readexactly(length)
        return int(head[9:12])


async def answered(line: Line, raw: bytes, statuses: Counter) -> None:
    """Sent again a second later while the server is too busy, as its Retry-After says; the wait is
    part of what the request took."""
    for _try in range(PATIENCE):
        status = await line.post(raw)
        statuses[status] += 1
        if status != BUSY:
            return
        await asyncio.sleep(1)


def all_stored(statuses: Counter, status: int = 202) -> bool:
    """Everything was answered so in the end; a few were asked to come again, as an honest client
    does."""
    return set(statuses) <= {status, BUSY} and statuses[BUSY] <= max(1, statuses[status] // 100)


async def pour(
    url: str, requests: list[bytes], connections: int
) -> tuple[float, list[float], Counter]:
    """All requests, each connection one after the other: seconds in all, seconds of each,
    statuses."""
    waiting, took, statuses = iter(requests), [], Counter()

    async def work():
        async with Line(url) as line:
            for raw in waiting:
                began = time.perf_counter()
                await answered(line, raw, statuses)
                took.append(time.perf_counter() - began)

    gc.freeze()
    began = time.perf_counter()
    await asyncio.gather(*(work() for _connection in range(connections)))
    return time.perf_counter() - began, took, statuses


def poured(
    url: str, requests: list[bytes], connections: int = 16
) -> tuple[float, list[float], Counter]:
    return asyncio.run(pour(url, requests, connections))
