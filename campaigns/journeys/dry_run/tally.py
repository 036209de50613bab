"""What came of a dry run, in numbers: one counter whose keys say what was counted, so that parts of
a run are added up and stored without knowing what they are."""

from collections import Counter

Key = tuple[str, ...]

# The kinds of keys, with what follows.
ENTERED, HELD_OUT, HISTORY, GOAL = "entered", "held_out", "history", "goal"
TURNED_AWAY = "turned_away"  # why: segment, reentry
LEFT = "left"  # step, way ("" the journey was left here)
WAITING = "waiting"  # step
ENDED = "ended"  # outcome
MESSAGE = "message"  # step, state, reason
CHANNEL = "channel"  # channel, state, reason
COST, UNPRICED = "cost", "unpriced"  # channel: in 1/100 fen; messages without a price
COUPON = "coupon"  # batch, "" or why not
PROMISED = "promised"  # batch: the most they cost, in fen
DONE = "done"  # step: effects that are nothing but counted
FAILED = "failed"  # step, why


class Tally(Counter[Key]):
    def add(self, *key: str, n: int = 1) -> None:
        if n:
            self[key] += n

    def stored(self) -> list:
        return [[list(key), n] for key, n in sorted(self.items()) if n]

    @classmethod
    def read(cls, stored) -> "Tally":
        found = cls()
        for key, n in stored or ():
            found[tuple(key)] += n
        return found

    def of(self, *beginning: str) -> dict[Key, int]:
        """By what follows the beginning of the key."""
        n = len(beginning)
        return {key[n:]: count for key, count in self.items() if key[:n] == beginning}

    def sum(self, *beginning: str) -> int:
        return sum(self.of(*beginning).values())
