"""Customers are shared out among evaluators by their number: each keeps its own part of every
segment (decision 8)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from pyroaring import BitMap

# An evaluator locks all slots that its customers lie in, so two that do not agree on the number of
# shards still never meet.
SLOTS = 12
LOCK = 0x5E6A0000
# All in one statement: a pass is begun every few seconds also where nothing happens.
TAKE = "SELECT key FROM unnest(%s::bigint[]) AS key WHERE pg_try_advisory_lock(key)"
RELEASE = "SELECT key FROM unnest(%s::bigint[]) AS key WHERE pg_advisory_unlock(key)"


class Shard(NamedTuple):
    """The customers whose number leaves the remainder `number` when it is divided by `of`."""

    number: int = 0
    of: int = 1

    def own(self, found: BitMap) -> BitMap:
        return (
            found
            if self.of == 1 or not found
            else found & BitMap(range(self.number, found.max() + 1, self.of))
        )

    def sql(self, column: str = "customer_id") -> str:
        """True for its rows."""
        return "true" if self.of == 1 else f"{column} %% {self.of} = {self.number}"

    @property
    def slots(self) -> range:
        return range(self.number, SLOTS, self.of)

    def overlaps(self, other: "Shard") -> bool:
        return not set(self.slots).isdisjoint(other.slots)

    @contextmanager
    def locked(self) -> Iterator[bool]:
        """True for one session at a time; held outside the transaction, so that its snapshot sees
        the last one's writes."""
        wanted = [LOCK + slot for slot in self.slots]
        taken = answered(TAKE, wanted)
        try:
            yield len(taken) == len(wanted)
        finally:
            answered(RELEASE, taken)


WHOLE = Shard()


def shards() -> list[Shard]:
    """As the installation is set (HUTONG_SEGMENT_SHARDS). Another number is safe: each part is then
    worked out once from the beginning."""
    return [Shard(number, settings.SEGMENT_SHARDS) for number in range(settings.SEGMENT_SHARDS)]


def answered(sql: str, locks: list[int]) -> list[int]:
    """Those of the locks that were taken or released."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [locks])
        return [lock for (lock,) in cursor.fetchall()]
