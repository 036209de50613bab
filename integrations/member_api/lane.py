"""Calls to a platform inside of a request have a lane of their own: so many are under way in one
process, and the next one is told to come again.

They hold no thread of the web: our own server parks the request (Parked in
crm_project/runtime/front/wsgi.py) and asks for it anew when the answer is there. Under another
server the thread waits, and only a few may.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any

from campaigns.delivery import sending
from crm_project.runtime.front import wsgi
from integrations.doors.problems import Unavailable

PARKED, WAITING = 48, 2  # calls under way in one process, by requests that hold no thread, and one
AGAIN = 2  # seconds
SPARE = 1.0  # for the loop to say that the time is over


class Lane:
    """One lane, of one process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.under_way = {True: 0, False: 0}

    def answer(self, request, begin: Callable[[], Coroutine[Any, Any, Any]], seconds: float) -> Any:
        """What the coroutine of `begin` answers, or raises. Raises Unavailable where the lane is
        full. Whatever the request did before this is done twice."""
        known = request.META.get(wsgi.PARKED)
        if known is not None:
            return known.result()
        is_parked = bool(request.META.get(wsgi.MAY_PARK))
        future = self.start(begin, is_parked=is_parked, seconds=seconds)
        if is_parked:
            raise wsgi.Parked(future)
        return future.result(seconds + SPARE)

    def start(self, begin: Callable, *, is_parked: bool, seconds: float) -> Future:
        with self.lock:
            if self.under_way[is_parked] >= (PARKED if is_parked else WAITING):
                raise Unavailable(
                    "Too many are logging in at this moment: send the same again.",
                    code="busy",
                    retry_after=AGAIN,
                )
            self.under_way[is_parked] += 1
        try:
            call = asyncio.wait_for(begin(), seconds)
            future = asyncio.run_coroutine_threadsafe(call, sending.loop())
        except BaseException:
            self.left(is_parked)
            raise
        future.add_done_callback(lambda _done: self.left(is_parked))
        return future

    def left(self, is_parked: bool) -> None:
        with self.lock:
            self.under_way[is_parked] -= 1


lane = Lane()
