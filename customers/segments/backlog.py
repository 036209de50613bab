"""Whom time alone may have flipped, taken in steps: at local midnight that may be everybody at once
(decision 9).

All whom time has touched are gathered, exactly once, when the clock moves; those for whom a pass
has no room wait in the clock's row. Whoever waits is looked at later, at a later moment: what is
stored then is right for that moment.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from pyroaring import BitMap

from customers.models import EvaluatorClock
from customers.segments import rules
from customers.segments.conditions.base import asking
from customers.segments.derived import DerivedState, deriving
from customers.segments.shards import Shard

EVERY = timedelta(
    seconds=2
)  # how often changes that time alone causes are looked for; promised: 60 s
LEAST, MOST = 1_000, 25_000  # customers that a pass takes
MOST_MASS = (
    3_000  # mass changes that a pass takes: what single people do meanwhile waits for its end
)
SHORT, LONG = 0.25, 0.5  # seconds of a pass: below, the next one takes more; above, it takes less


class Backlog:
    """The clock of a shard, and who waits."""

    def __init__(self, shard: Shard, now: datetime):
        self.shard, self.now = shard, now
        clock = EvaluatorClock.objects.filter(shard=shard.number, of=shard.of).first()
        if clock is None:
            # Every segment is about to be worked out by this shard as of now.
            clock = EvaluatorClock(shard=shard.number, of=shard.of, seen_until=now)
        self.clock = clock
        self.waiting = BitMap.deserialize(bytes(clock.waiting)) if clock.waiting else BitMap()
        self.asked_by = set(clock.asked_by)
        self.is_news = clock._state.adding or bool(self.waiting)

    def gather(self, trees: dict, kept: Iterable[DerivedState], *, rests: bool = True) -> None:
        """Everybody whom time has touched since the last look waits; those of CRM_DERIVED_STATE
        too, and for these everybody when they ask anew. Within EVERY of the last look nobody is,
        unless it `rests` not."""
        since = self.clock.seen_until
        # Two moments that are one touch nobody: else whoever stands on an edge would be found again
        # by every pass of that moment.
        is_time = self.now > since and (not rests or self.now - since >= EVERY)
        self.is_news |= is_time
        if is_time:
            self.clock.seen_until = self.now
            self.gather_leaves(trees, since)
        for entry in kept:
            with deriving(entry):
                self.gather_kept(entry, since, is_time=is_time)

    def gather_kept(self, entry: DerivedState, since: datetime, *, is_time: bool) -> None:
        said = entry.version()
        if self.clock.kept.get(entry.key) != said:
            self.add(rules.everyone(), entry.key)
            self.clock.kept[entry.key] = said
            self.is_news = True
        elif is_time:
            self.add(entry.touched_by_time(since=since, until=self.now), entry.key)

    def leave_out(self, keys: Iterable[str]) -> None:
        """What is kept under these keys cannot be now: once it can, everybody is looked at."""
        for key in keys:
            self.is_news |= self.clock.kept.pop(key, None) is not None

    def gather_leaves(self, trees: dict, since: datetime) -> None:
        asked = {rules.key_of(leaf): leaf for tree in trees.values() for leaf in rules.leaves(tree)}
        moved = {key: found for key, leaf in asked.items() if (found := self.touched(leaf, since))}
        for pk, tree in trees.items():
            for key in {rules.key_of(leaf) for leaf in rules.leaves(tree)} & moved.keys():
                self.add(moved[key], pk)

    def touched(self, leaf, since: datetime) -> BitMap:
        with asking(leaf):
            return leaf.touched_by_time(since=since, until=self.now)

    def add(self, found: BitMap, asked_by: int | str) -> None:
        if found and (own := self.shard.own(found)):
            self.waiting |= own
            self.asked_by.add(asked_by)

    def room(self) -> int:
        """How many mass changes a pass can bear beside what single people did, and beside those who
        wait here."""
        return min(max(self.clock.step // (4 if self.waiting else 2), LEAST // 4), MOST_MASS)

    def taken(self, *, none: bool = False) -> tuple[BitMap, set[int | str]]:
        """As many of those who wait as a pass can bear, and who asked for them; or, this time,
        none."""
        if none:
            self.is_full = False
            return BitMap(), set()
        self.is_full = len(self.waiting) > self.clock.step
        took = self.waiting[: self.clock.step] if self.is_full else self.waiting
        self.waiting = self.waiting - took
        return took, self.asked_by

    def save(self, seconds: float) -> None:
        """As of now, with the pass that took so long. Inside its transaction."""
        step = self.clock.step
        if self.is_full and seconds > LONG:
            self.clock.step = max(step // 2, LEAST)
        elif self.is_full and seconds < SHORT:
            self.clock.step = min(step * 2, MOST)
        self.is_news |= self.clock.step != step
        if self.is_news:
            self.clock.waiting = self.waiting.serialize() if self.waiting else b""
            self.clock.asked_by = sorted(self.asked_by, key=str) if self.waiting else []
            self.clock.save()
