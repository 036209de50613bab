"""Statistical disclosure control: numbers for whoever may not see the people, such that nobody is
picked out by what two answers differ in.

A few are not counted, and neither is who is left when all but a few are meant. Two sets that differ
by a few are told the same number, whichever was asked for first; what was asked is remembered for a
day. Whoever asks for very many different sets within an hour is told nothing more until it is over,
and the audit log says so.
"""

import contextlib
import hashlib

from django.core.cache import cache
from django.db import connection
from pyroaring import BitMap

from crm_project import audit
from crm_project.db.clock import reckoned_now
from customers.segments.preview_cache import CACHE_ERRORS
from customers.segments.rights import FEW

DAY, HOUR = 86_400, 3600
MOST_PER_HOUR = 150
MOST_REMEMBERED = 1000  # in a day; then as after too many
ACT = "segment.asked_much"


class AskedTooMuch(Exception):
    """No number is told now."""


def place_of(user) -> str:
    """Installations may share a cache."""
    return f"asked:{connection.settings_dict['NAME']}:{user.pk}"


def write_down(user) -> None:
    """That this user asked too much stands in the audit log, once an hour."""
    with contextlib.suppress(*CACHE_ERRORS):
        if cache.add(f"{place_of(user)}:noted", 1, HOUR):
            audit.note(
                by=user,
                act=ACT,
                subject=f"user:{user.pk}",
                details={"most_in_an_hour": MOST_PER_HOUR},
            )


class DisclosureControl:
    """The numbers that one user is told, over what they asked within a day."""

    def __init__(self, user, everyone: BitMap):
        self.place = place_of(user)
        self.asked: list[tuple[int, float, str]] = self.remembered(self.place) or []
        self.everyone = len(everyone)

    def disclose(self, found: BitMap) -> int:
        """The number to tell; 0 for a few, one less than everybody for all but a few. What was
        asked is remembered. Raises AskedTooMuch."""
        if len(found) < FEW:
            return 0
        if 0 < self.everyone - len(found) < FEW:
            return self.everyone - 1
        near = {key: number for number, _at, key in self.asked if abs(number - len(found)) < FEW}
        for key, number in near.items():
            earlier = self.remembered(key)
            if earlier is not None and len(BitMap.deserialize(earlier) ^ found) < FEW:
                return number
        self.remember(found)
        return len(found)

    def remember(self, found: BitMap) -> None:
        now = reckoned_now().timestamp()
        lately = [one for one in self.asked if now - one[1] < HOUR]
        if len(lately) >= MOST_PER_HOUR or len(self.asked) >= MOST_REMEMBERED:
            raise AskedTooMuch
        content = found.serialize()
        key = f"{self.place}:{hashlib.sha256(content).hexdigest()[:32]}"
        self.asked = [*(one for one in self.asked if now - one[1] < DAY), (len(found), now, key)]
        try:
            cache.set_many({key: content, self.place: self.asked}, DAY)
        except CACHE_ERRORS:
            raise AskedTooMuch from None

    def remembered(self, key: str):
        """Without the memory nothing is told."""
        try:
            return cache.get(key)
        except CACHE_ERRORS:
            raise AskedTooMuch from None
