"""A condition that fails sets its own segments aside, and nobody else's: their members stay as they
were, their page says why.

A segment that is set aside is tried again after a delay that doubles, and at once when its rule is
another; then it is worked out over everybody, for what changed meanwhile has been forgotten.
"""

import time
from collections.abc import Collection, Iterable
from datetime import datetime

import msgspec
import structlog
from django.db import connection
from django.utils.translation import gettext as _

from customers.models import Segment
from customers.segments import rules
from customers.segments.conditions.base import TOO_SLOW, ConditionFailed
from customers.segments.derived import DerivedStateFailed

log = structlog.get_logger("hutong.segments")

FIRST_DELAY, LONGEST_DELAY = 8, 3600  # seconds
NUMBERS = "22"  # how SQLSTATE begins where a value does not fit

SET_ASIDE = """
UPDATE customers_segment SET failed_at = coalesce(failed_at, %(now)s),
  failure = %(failure)s::jsonb, failures = least(failures + 1, 30000),
       retry_at = %(now)s + make_interval(secs => least(%(first)s * 2 ^ least(failures, 12),
         %(longest)s))
 WHERE id = ANY(%(segments)s)
"""


def set_aside(failed: ConditionFailed, segments: Collection[int], now: datetime) -> None:
    """These segments wait, and their pages say which condition it is."""
    log.error(
        "a condition fails, its segments are set aside", segments=sorted(segments), exc_info=failed
    )
    values = {
        "first": FIRST_DELAY,
        "longest": LONGEST_DELAY,
        "segments": list(segments),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            SET_ASIDE, {**values, "failure": msgspec.json.encode(failed.told()).decode()}
        )


def is_waiting(segment: Segment, now: datetime) -> bool:
    """Is it set aside, and not yet to be tried again?"""
    return segment.retry_at is not None and segment.retry_at > now


def failure_text(segment: Segment) -> str:
    """Which condition fails and why, in words; "" where none does."""
    if segment.failed_at is None:
        return ""
    return in_words(**segment.failure) if segment.failure else _("A condition cannot be evaluated.")


def in_words(condition: dict, kind: str, state: str) -> str:
    words = {"condition": rules.leaf_sentence(condition), "why": reason(kind, state)}
    return _("The condition “%(condition)s” cannot be evaluated: %(why)s") % words


def reason(kind: str, state: str) -> str:
    if state == TOO_SLOW:
        return _("it takes too long.")
    if state.startswith(NUMBERS):
        return _("a value in it, or in the data it compares with, is out of range.")
    return _("an error of Hutong (%(kind)s), which the log describes.") % {
        "kind": f"{kind} {state}".strip()
    }


# -- what is kept about customers, by this process

_backing_off: dict[str, tuple[float, float]] = {}


def backing_off() -> set[str]:
    """The entries of CRM_DERIVED_STATE that failed a moment ago."""
    return {key for key, (until, _delay) in _backing_off.items() if until > time.monotonic()}


def back_off(failed: DerivedStateFailed) -> None:
    """It is left out of the passes of this process for a while, which doubles each time."""
    log.error("what is kept about customers cannot be", kept=failed.key, exc_info=failed)
    key = failed.key
    delay = min(_backing_off.get(key, (0, FIRST_DELAY / 2))[1] * 2, LONGEST_DELAY)
    _backing_off[key] = (time.monotonic() + delay, delay)


def clear_backoff(keys: Iterable[str]) -> None:
    """These are tried again from now on, and with the shortest delay should they fail again."""
    for key in keys:
        _backing_off.pop(key, None)
