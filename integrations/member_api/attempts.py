"""Wrong codes and wrong sessions cannot be tried out: of one address (of IPv6: its /64) so many in
a minute, and then nothing is asked and nothing is answered until the next one.

Counted over all processes through the cache, and by each for itself: without the cache it is a few
times as many.
"""

import hashlib
import time

from integrations.doors.problems import TooManyRequests
from integrations.doors.throttle import added

SECONDS = 60
MOST_REMEMBERED = 10_000


class Attempts:
    """Of one kind."""

    def __init__(self, what: str, most: int):
        self.what, self.most = what, most
        self.counted: dict[str, int] = {}

    def check(self, address: str) -> None:
        """Raises TooManyRequests for whoever has had their share of this minute."""
        if self.counted.get(self.key(address), 0) >= self.most:
            raise TooManyRequests(
                "Too many wrong attempts from this address.",
                code="too_many_guesses",
                retry_after=SECONDS - int(time.time()) % SECONDS,
            )

    def count(self, address: str) -> None:
        """One more was wrong."""
        key = self.key(address)
        shared = added(f"attempts:{key}", 1, seconds=2 * SECONDS)
        if len(self.counted) >= MOST_REMEMBERED:
            self.counted.clear()
        self.counted[key] = max(shared, self.counted.get(key, 0) + 1)

    def key(self, address: str) -> str:
        who = hashlib.sha256(address.encode()).hexdigest()[:24]
        return f"{self.what}:{int(time.time()) // SECONDS}:{who}"


codes, tokens = Attempts("code", 60), Attempts("token", 60)


def forget() -> None:
    for one in (codes, tokens):
        one.counted.clear()
