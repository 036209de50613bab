"""Answers of conditions, remembered for a few seconds: whoever edits one condition has only this
one asked again.

They lie in the cache, for all processes of the web. A cache that is away costs time and nothing
else. Each user has answers of their own, and none from before they opened the page: who was put in
a moment ago is there.
"""

import contextlib
import hashlib
import secrets
from datetime import datetime

from django.core.cache import cache
from django.db import connection
from pyroaring import BitMap
from redis.exceptions import RedisError

from customers.segments import rules
from customers.segments.conditions.base import asking

SECONDS = 10
LONGEST_PAGE = 86_400
CACHE_ERRORS = (RedisError, OSError)
EVERYONE = b"everyone"


class CachedEvaluation(rules.Evaluation):
    """As an Evaluation of everybody at `now`, with answers that are up to SECONDS old."""

    def __init__(self, now: datetime, user: int):
        self.now, self.answers, self.page = now, {}, page_of(user)
        self.universe = self.asked_about = self.cached(EVERYONE, rules.everyone)

    def answer(self, condition):
        key = rules.key_of(condition)
        if key not in self.answers:
            with asking(condition):
                asked = self.cached(
                    key, lambda: condition.customers(now=self.now, among=self.universe)
                )
            self.answers[key] = asked & self.universe
        return self.answers[key]

    def cached(self, key: bytes, ask) -> BitMap:
        found = remembered(self.page, key)
        if found is None:
            found = ask()
            remember(self.page, key, found)
        return found


class SampledEvaluation(rules.Evaluation):
    """Of a few customers drawn by chance; what is remembered of everybody is not asked again."""

    def __init__(self, now: datetime, drawn: BitMap, user: int):
        super().__init__(now, drawn)
        self.fresh, self.page = 0, page_of(user)

    def answer(self, condition):
        key = rules.key_of(condition)
        if key not in self.answers:
            found = remembered(self.page, key)
            self.fresh += found is None
            with asking(condition):
                self.answers[key] = (
                    condition.customers(now=self.now, among=self.universe)
                    if found is None
                    else found
                ) & self.universe
        return self.answers[key]


def begin_afresh(user: int) -> None:
    """The user opens a page: what was remembered for them is not asked for again."""
    with contextlib.suppress(*CACHE_ERRORS):
        cache.set(place(f"page {user}", b""), secrets.token_hex(8), LONGEST_PAGE)


def page_of(user: int) -> str:
    """Under which the answers of this user stand since then."""
    try:
        return f"{user} {cache.get(place(f'page {user}', b''))}"
    except CACHE_ERRORS:
        return str(user)


def remembered(page: str, key: bytes) -> BitMap | None:
    try:
        stored = cache.get(place(page, key))
    except CACHE_ERRORS:
        return None
    return None if stored is None else BitMap.deserialize(stored)


def remember(page: str, key: bytes, found: BitMap) -> None:
    with contextlib.suppress(*CACHE_ERRORS):
        cache.set(place(page, key), found.serialize(), SECONDS)


def place(page: str, key: bytes) -> str:
    """Installations may share a cache."""
    return f"segments:{connection.settings_dict['NAME']}:{hashlib.sha256(page.encode() + b'|' + key).hexdigest()}"  # noqa: E501
