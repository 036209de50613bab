"""Coupon codes cannot be tried out: unknown ones are counted, and after a few nothing is answered
for a minute.

Unlike intake this fails closed: without the count, no code is looked up.
"""

import hashlib
import time
from collections.abc import Callable

from django.core.cache import cache

from customers.models import Source
from integrations.doors.problems import TooManyRequests, Unavailable
from integrations.doors.throttle import CACHE_ERRORS, raised

MOST_PER_ADDRESS = 30
MOST_PER_ORDER = 10
SECONDS = 60


class Guesses:
    """The unknown codes that this source sent from this address (of IPv6: its /64), and for this
    order, in this minute."""

    def __init__(self, source: Source, address: str, order_number: str):
        minute = int(time.time()) // SECONDS
        self.limits = {
            key_of(source, minute, "address", address): MOST_PER_ADDRESS,
            key_of(source, minute, "order", order_number): MOST_PER_ORDER,
        }

    def check(self) -> None:
        counts = counted(lambda: cache.get_many(self.limits))
        if any(counts.get(key, 0) >= most for key, most in self.limits.items()):
            raise TooManyRequests(
                "Too many unknown codes.",
                code="too_many_guesses",
                retry_after=SECONDS - int(time.time()) % SECONDS,
            )

    def count(self) -> None:
        counted(lambda: [raised(key, 1, seconds=2 * SECONDS) for key in self.limits])


def key_of(source: Source, minute: int, what: str, value: str) -> str:
    return f"guesses:{source.pk}:{minute}:{what}:{hashlib.sha256(value.encode()).hexdigest()[:32]}"


def counted(ask: Callable):
    try:
        return ask()
    except CACHE_ERRORS:
        raise Unavailable(retry_after=5) from None
