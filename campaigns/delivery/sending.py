"""Towards the providers: one event loop per process, in a thread of its own, for as long as the
process lives, so that connections stay open.

Meanwhile the process claims the next batch and records the last one.
"""

import asyncio
import inspect
import logging
import os
import threading
from collections.abc import Awaitable
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache

from campaigns.delivery.channels import Channel, Parcel, Results
from campaigns.models import Message

log = logging.getLogger(__name__)

SECONDS = 20  # for one batch; its lease is renewed meanwhile


@dataclass(slots=True)
class Batch:
    """Messages behind the fence: with their provider until `answer` is there; their lease is
    renewed until `kept` is closed."""

    messages: list[Message]
    answer: Future[Results]
    kept: ExitStack


def started(channel: Channel, parcels: list[Parcel]) -> Future[Results]:
    """What becomes of the parcels. It never fails: what the channel does not say in time cannot be
    known, and is not in it."""
    results: Results | Awaitable[Results] = {}
    try:
        results = channel.send(parcels)
    except Exception:
        log.exception("a channel failed", extra={"channel": channel.key})
    if inspect.isawaitable(results):
        return asyncio.run_coroutine_threadsafe(in_time(channel, results), loop())
    answer: Future[Results] = Future()
    answer.set_result(results)
    return answer


async def in_time(channel: Channel, results: Awaitable[Results]) -> Results:
    try:
        return await asyncio.wait_for(results, SECONDS)
    except Exception:
        log.exception("a channel failed", extra={"channel": channel.key})
        return {}


@cache
def loop() -> asyncio.AbstractEventLoop:
    """It runs; a forked child starts its own, since threads do not survive a fork."""
    made = asyncio.new_event_loop()
    threading.Thread(target=made.run_forever, name="sending", daemon=True).start()
    return made


os.register_at_fork(after_in_child=loop.cache_clear)
