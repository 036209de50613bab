import base64
import hashlib
from collections import Counter


class Dice:
    """Whatever the platform makes up: from one seed, the nth thing of a kind is always the same."""

    def __init__(self, seed: str):
        self.seed = seed
        self.first = 0  # whoever starts again with one seed draws on from another number
        self._drawn: Counter[str] = Counter()

    def fixed(self, *words: str) -> bytes:
        """32 bytes that belong to these words."""
        return hashlib.sha256("\0".join((self.seed, *words)).encode()).digest()

    def next(self, kind: str) -> bytes:
        self._drawn[kind] += 1
        return self.fixed(kind, str(self.first + self._drawn[kind]))

    def text(self, kind: str, length: int) -> str:
        """Letters, digits, `-` and `_`."""
        found = ""
        while len(found) < length:
            found += base64.urlsafe_b64encode(self.next(kind)).decode().rstrip("=")
        return found[:length]

    def number(self, kind: str, digits: int) -> int:
        """It has exactly so many digits."""
        return 10 ** (digits - 1) + int.from_bytes(self.next(kind)) % (9 * 10 ** (digits - 1))

    def chance(self, kind: str) -> float:
        """Even between 0 and 1."""
        return int.from_bytes(self.next(kind)[:6]) / 2**48
