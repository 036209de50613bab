"""How often one number may be written to."""

from collections import defaultdict, deque
from collections.abc import Hashable
from dataclasses import dataclass

from demo.vendors.clock import Clock

DAY = 86_400


@dataclass(frozen=True)
class Limit:
    """At most `most` in `seconds`; `seconds` None: on one day of Beijing."""

    seconds: int | None
    most: int
    said: str  # what the vendor calls it


class Frequency:
    def __init__(self, clock: Clock):
        self.clock = clock
        self._times: dict[Hashable, deque[float]] = defaultdict(deque)

    def exceeded(self, key: Hashable, limits: tuple[Limit, ...]) -> Limit | None:
        """The first limit that one more would break."""
        times = self._times[key]
        while times and times[0] <= self.clock.now() - DAY:
            times.popleft()
        return next((limit for limit in limits if self._within(times, limit) >= limit.most), None)

    def note(self, key: Hashable) -> None:
        self._times[key].append(self.clock.now())

    def _within(self, times: deque[float], limit: Limit) -> int:
        if limit.seconds is not None:
            return sum(at > self.clock.now() - limit.seconds for at in times)
        today = self.clock.in_beijing().date()
        return sum(self.clock.in_beijing(at).date() == today for at in times)
