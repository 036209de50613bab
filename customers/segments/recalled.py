"""Answers of conditions, remembered for a few seconds: whoever edits one condition has only this one asked again.

They lie in the cache, for all processes of the web. A cache that is away costs time and nothing else.
"""

import contextlib
import hashlib
from datetime import datetime

from django.core.cache import cache
from django.db import connection
from pyroaring import BitMap
from redis.exceptions import RedisError

from customers.segments import rules
from customers.segments.conditions.base import asking

SECONDS = 10
CACHE_ERRORS = (RedisError, OSError)
EVERYONE = b"everyone"


class RecalledEvaluation(rules.Evaluation):
    """As an Evaluation of everybody at `now`, with answers that are up to SECONDS old."""

    def __init__(self, now: datetime):
        self.now, self.answers = now, {}
        self.universe = self.asked_about = self.recalled(EVERYONE, rules.everyone)

    def answer(self, condition):
        key = rules.key_of(condition)
        if key not in self.answers:
            with asking(condition):
                asked = self.recalled(key, lambda: condition.customers(now=self.now, among=self.universe))
            self.answers[key] = asked & self.universe
        return self.answers[key]

    def recalled(self, key: bytes, ask) -> BitMap:
        found = remembered(key)
        if found is None:
            found = ask()
            remember(key, found)
        return found


class SampledEvaluation(rules.Evaluation):
    """Of a few customers drawn by chance; what is remembered of everybody is not asked again."""

    def __init__(self, now: datetime, drawn: BitMap):
        super().__init__(now, drawn)
        self.fresh = 0

    def answer(self, condition):
        key = rules.key_of(condition)
        if key not in self.answers:
            found = remembered(key)
            self.fresh += found is None
            with asking(condition):
                self.answers[key] = (condition.customers(now=self.now, among=self.universe) if found is None else found) & self.universe
        return self.answers[key]


def remembered(key: bytes) -> BitMap | None:
    try:
        stored = cache.get(place(key))
    except CACHE_ERRORS:
        return None
    return None if stored is None else BitMap.deserialize(stored)


def remember(key: bytes, found: BitMap) -> None:
    with contextlib.suppress(CACHE_ERRORS):
        cache.set(place(key), found.serialize(), SECONDS)


def place(key: bytes) -> str:
    """Installations may share a cache."""
    return f"segments:{connection.settings_dict['NAME']}:{hashlib.sha256(key).hexdigest()}"
