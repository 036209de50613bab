"""Outgoing bulk HTTP: one aiohttp session per event loop, so that connections stay open between
batches (decision 19)."""

import asyncio
import atexit
from collections.abc import Awaitable, Callable, Iterable
from weakref import WeakKeyDictionary

import aiohttp

AT_ONCE = 50  # per provider
CALL = aiohttp.ClientTimeout(
    total=15
)  # shorter than a batch may take (campaigns/delivery/sending.py)

_sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = WeakKeyDictionary()


def session() -> aiohttp.ClientSession:
    """The running loop's session; it lives as long as the loop."""
    loop = asyncio.get_running_loop()
    if loop not in _sessions:
        connector = aiohttp.TCPConnector(limit=0, limit_per_host=AT_ONCE)
        # No cookies: customers have nothing in common.
        _sessions[loop] = aiohttp.ClientSession(
            connector=connector, timeout=CALL, cookie_jar=aiohttp.DummyCookieJar()
        )
        atexit.register(closed, loop)
    return _sessions[loop]


def closed(loop: asyncio.AbstractEventLoop) -> None:
    """The loop's session is closed when the process ends, or has gone with its loop."""
    if loop.is_running() and (known := _sessions.pop(loop, None)):
        asyncio.run_coroutine_threadsafe(known.close(), loop).result(1)


async def each(
    items: Iterable, call: Callable[..., Awaitable[None]], *, at_once: int = AT_ONCE
) -> None:
    """`call` was awaited for every item, for so many at the same time."""
    waiting = iter(items)

    async def work() -> None:
        for item in waiting:
            await call(item)

    async with asyncio.TaskGroup() as tasks:
        for _worker in range(at_once):
            tasks.create_task(work())
