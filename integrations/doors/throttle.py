"""How much one source may send per second, counted over all processes through Django's cache.

Each process counts for itself and reports in lumps of one percent of the limit: a round trip to the
cache per request would cost more than the signature check. Intake fails open: when the cache is
away the events matter more than the limit.
"""

import threading
import time
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from customers.models import Source
from integrations.doors.problems import TooManyRequests

log = structlog.get_logger("hutong.doors")

CACHE_ERRORS = (RedisError, OSError)


@dataclass(slots=True)
class Second:
    at: int
    unreported: int = 0
    counted: int = 0  # over all processes, as they last said
    is_full: bool = False


_seconds: dict[int, Second] = {}
_lock = threading.Lock()


def count(source: Source) -> None:
    """One more request of this source; TooManyRequests when this second is full."""
    limit = source.requests_per_second or settings.INTAKE_REQUESTS_PER_SECOND
    with _lock:
        second = current(source.pk)
        second.unreported += 1
        lump = second.unreported if second.unreported >= max(1, limit // 100) else 0
        second.unreported -= lump
    if lump and not second.is_full:
        second.counted = added(f"intake:{source.pk}:{second.at}", lump, seconds=5)
        second.is_full = second.counted > limit
    if second.is_full:
        raise TooManyRequests(retry_after=1)


def headers(source: Source) -> dict[str, str]:
    """What the source may send, and what is left of this second (RateLimit header fields for HTTP,
    draft 10); right to one percent of the limit."""
    limit = source.requests_per_second or settings.INTAKE_REQUESTS_PER_SECOND
    with _lock:
        second = current(source.pk)
        left = 0 if second.is_full else max(limit - second.counted - second.unreported, 0)
    return {
        "RateLimit-Policy": f'"source";q={limit};w=1',
        "RateLimit": f'"source";r={left};t=1',
    }


def current(source_id: int) -> Second:
    now = int(time.time())
    second = _seconds.get(source_id)
    if second is None or second.at != now:
        second = _seconds[source_id] = Second(now)
    return second


def added(key: str, number: int, *, seconds: int) -> int:
    """The count under `key` after adding; 0 when the cache is away."""
    try:
        return raised(key, number, seconds=seconds)
    except CACHE_ERRORS as error:
        log.warning("throttle is open: the cache is away", error=type(error).__name__)
        return 0


def raised(key: str, number: int, *, seconds: int) -> int:
    cache.add(key, 0, timeout=seconds)
    try:
        return cache.incr(key, number)
    except ValueError:  # it ran out between the two lines
        cache.set(key, number, timeout=seconds)
        return number
