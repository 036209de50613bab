from collections import Counter

from demo.vendors.clock import Clock
from demo.vendors.wechat.errors import Refused

SUBSCRIBE_SEND = "/cgi-bin/message/subscribe/send"
A_DAY = {"/cgi-bin/stable_token": 500_000}
A_MINUTE = {"/cgi-bin/stable_token": 10_000, "/wxa/getwxacodeunlimit": 5_000}
SENDS_A_DAY = {True: 30_000_000, False: 10_000_000}  # with WeChat Pay, without


def today(clock: Clock) -> str:
    """By China's time, as the platform counts a day."""
    return clock.in_beijing().date().isoformat()


class Quotas:
    """How often each app may call each path: what is documented, or what a test has set instead."""

    def __init__(self, clock: Clock):
        self.clock = clock
        self.a_day: dict[str, int] = dict(A_DAY)
        self.a_minute: dict[str, int] = dict(A_MINUTE)
        self._counts: Counter[tuple] = Counter()

    def count(self, appid: str, path: str, *, takes_payments: bool) -> None:
        """One more call, unless the quota is used up; a refused call counts for nothing."""
        a_day = self.a_day.get(path)
        if a_day is None and path == SUBSCRIBE_SEND:
            a_day = SENDS_A_DAY[takes_payments]
        day, minute = (appid, path, today(self.clock)), (appid, path, int(self.clock.now() // 60))
        if a_day is not None and self._counts[day] >= a_day:
            raise Refused(45009)
        if self._counts[minute] >= self.a_minute.get(path, float("inf")):
            raise Refused(45011)
        self._counts[day] += 1
        self._counts[minute] += 1


class Pace:
    """How often something may be done within so many seconds by the clock."""

    def __init__(self, clock: Clock):
        self.clock = clock
        self._counts: dict[tuple[str, int], tuple[int, int]] = {}  # the period, how often in it

    def allows(self, what: str, limit: int, seconds: int = 60) -> bool:
        period = int(self.clock.now() // seconds)
        before, count = self._counts.get((what, seconds), (period, 0))
        count = count + 1 if before == period else 1
        self._counts[what, seconds] = (period, count)
        return count <= limit
