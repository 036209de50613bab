"""Callers that never finish what they begin, in a process of their own: `python -m
tests.faults.slow PORT COUNT SECONDS ADDRESS…` (loopback only).

Each of them says nothing, half a head, a byte of a body, or one byte after the other; whoever is
hung up on comes again. Prints what became of them.
"""

import asyncio
import contextlib
import itertools
import json
import sys
import time

LOGIN = (
    b"POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type:"
    b" application/x-www-form-urlencoded\r\nContent-Length: 400000\r\n\r\n"
)
DOOR = (
    b"POST /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type:"
    b" application/json\r\nAuthorization: Bearer x\r\n"
)
KINDS = {
    "silent": (b"", b""),
    "half a head": (b"GET /admin/login/ HTTP/1.1\r\nHost: 127", b""),
    "half a body": (LOGIN + b"u", b""),
    "half a body of a door": (DOOR + b"Content-Length: 400000\r\n\r\n{", b""),
    "half a chunk": (DOOR + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n{", b""),
    "a dripping head": (b"GET / HTTP/1.1\r\nX: ", b"x"),
    "a dripping body": (LOGIN, b"u"),
}
PAUSE = 1.0  # between two drops, and before coming again


async def caller(port: int, address: str, kind: str, until: float, seen: dict) -> None:
    first, drop = KINDS[kind]
    while time.monotonic() < until:
        try:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, local_addr=(address, 0)
            )
        except OSError:
            seen["refused"] += 1
            await asyncio.sleep(PAUSE)
            continue
        seen["connected"] += 1
        with contextlib.suppress(OSError):
            writer.write(first)
            await held(reader, writer, drop, until)
            seen["hung up on"] += time.monotonic() < until
        writer.close()
        await asyncio.sleep(PAUSE)


async def held(reader, writer, drop: bytes, until: float) -> None:
    """Until somebody hangs up, or the time is over."""
    while time.monotonic() < until:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PAUSE):
                if not await reader.read(1 << 16):
                    return
        writer.write(drop)


async def crowd(port: int, count: int, seconds: float, addresses: list[str]) -> dict:
    seen, until = {"connected": 0, "refused": 0, "hung up on": 0}, time.monotonic() + seconds
    who = itertools.islice(
        zip(itertools.cycle(addresses), itertools.cycle(KINDS), strict=False), count
    )
    await asyncio.gather(*(caller(port, address, kind, until, seen) for address, kind in who))
    return seen


if __name__ == "__main__":
    print(
        json.dumps(
            asyncio.run(crowd(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]))
        )
    )
