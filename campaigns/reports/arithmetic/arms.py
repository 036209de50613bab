"""What was counted of one arm of an experiment."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arm:
    """Everybody assigned counts, whether or not anything reached them (semantics 7).

    `converted` reached the goal; `total` and `squares` are the sum of what each of them brought
    and of its square, zeros among them, in fen and fen².
    """

    people: int = 0
    converted: int = 0
    total: int = 0
    squares: int = 0

    def __add__(self, other: "Arm") -> "Arm":
        return Arm(
            self.people + other.people,
            self.converted + other.converted,
            self.total + other.total,
            self.squares + other.squares,
        )

    @property
    def share(self) -> float:
        return self.converted / self.people if self.people else 0.0

    @property
    def mean(self) -> float:
        """Fen a head."""
        return self.total / self.people if self.people else 0.0

    @property
    def variance(self) -> float:
        """Of the sample (n − 1), fen²; worked out in whole numbers, so that nothing cancels."""
        if self.people < 2:
            return 0.0
        return max(0, self.people * self.squares - self.total**2) / (
            self.people * (self.people - 1)
        )
