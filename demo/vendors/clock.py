"""A stand-in's clock, and what it will do by it."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")

Act = Callable[[], Awaitable[None]]


class Clock:
    """Seconds since 1970: real time, or from `start` on a time that only `advance` moves."""

    def __init__(self, start: float | None = None):
        self._start, self._ahead = start, 0.0

    def now(self) -> float:
        return (time.time() if self._start is None else self._start) + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds

    def in_beijing(self, at: float | None = None) -> datetime:
        return datetime.fromtimestamp(self.now() if at is None else at, BEIJING)

    def sleep_until(self, at: float) -> float | None:
        """For how many real seconds to sleep; None where time does not come there by itself."""
        return max(0.0, at - self.now()) if self._start is None else None


class Agenda:
    """Acts with their times: each is begun when its time comes, beside those under way."""

    def __init__(self, clock: Clock):
        self.clock = clock
        self._entries: list[tuple[float, int, Act]] = []
        self._numbers = itertools.count()
        self._changed = asyncio.Event()
        self._under_way: set[asyncio.Task] = set()

    def add(self, act: Act, after: float = 0) -> None:
        """`act` will be begun in `after` seconds of the clock."""
        heapq.heappush(self._entries, (self.clock.now() + after, next(self._numbers), act))
        self._changed.set()

    async def settle(self) -> None:
        """Nothing is due any more, and nothing that was begun is still under way."""
        self._begin()
        while self._under_way:
            await asyncio.wait(self._under_way)
            self._begin()

    async def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await self.settle()
        self._changed.set()

    async def run(self) -> None:
        while True:
            self._changed.clear()
            self._begin()
            pause = self.clock.sleep_until(self._entries[0][0]) if self._entries else None
            try:
                await asyncio.wait_for(self._changed.wait(), pause)
            except TimeoutError:
                continue

    def _begin(self) -> None:
        while self._entries and self._entries[0][0] <= self.clock.now():
            task = asyncio.create_task(heapq.heappop(self._entries)[2]())
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
