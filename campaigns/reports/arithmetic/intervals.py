"""Differences between two arms, with their 95 % intervals."""

import math
from dataclasses import dataclass

from campaigns.reports.arithmetic.arms import Arm
from campaigns.reports.arithmetic.distributions import normal_quantile, student_quantile

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A number that was estimated, and between which two the true one lies (19 times of 20)."""

    value: float
    low: float
    high: float

    def times(self, factor: float, less: float = 0.0) -> "Interval":
        """The same of so many people, less what is known for sure; `factor` ≥ 0."""
        return Interval(
            self.value * factor - less, self.low * factor - less, self.high * factor - less
        )

    @property
    def is_above_zero(self) -> bool:
        return self.low > 0

    @property
    def is_below_zero(self) -> bool:
        return self.high < 0


def wilson(converted: int, people: int, level: float = LEVEL) -> tuple[float, float]:
    """The score interval of one share: Wilson, "Probable inference, the law of succession, and
    statistical inference", Journal of the American Statistical Association 22 (1927)."""
    if not people:
        return 0.0, 1.0
    z, share = normal_quantile((1 + level) / 2), converted / people
    middle = share + z * z / (2 * people)
    half = z * math.sqrt(share * (1 - share) / people + z * z / (4 * people * people))
    scale = 1 + z * z / people
    low = (middle - half) / scale if converted else 0.0  # exactly, whatever rounding does
    return low, (middle + half) / scale if converted < people else 1.0


def difference_of_shares(one: Arm, other: Arm, level: float = LEVEL) -> Interval:
    """The share that converted in `one`, less that of `other`: Newcombe, "Interval estimation for
    the difference between independent proportions", Statistics in Medicine 17 (1998), method 10
    (hybrid score, without continuity correction)."""
    low_one, high_one = wilson(one.converted, one.people, level)
    low_other, high_other = wilson(other.converted, other.people, level)
    value = one.share - other.share
    return Interval(
        value,
        value - math.hypot(one.share - low_one, high_other - other.share),
        value + math.hypot(high_one - one.share, other.share - low_other),
    )


def difference_of_means(one: Arm, other: Arm, level: float = LEVEL) -> Interval | None:
    """What a head brought in `one`, less in `other`, in fen: Welch, "The generalization of
    'Student's' problem when several different population variances are involved", Biometrika 34
    (1947), with Satterthwaite's degrees of freedom. None with fewer than two people in an arm.

    Where nobody brought anything in either, the interval is [0, 0].
    """
    if min(one.people, other.people) < 2:
        return None
    value = one.mean - other.mean
    parts = [arm.variance / arm.people for arm in (one, other)]
    error = math.sqrt(sum(parts))
    if not error:
        return Interval(value, value, value)
    freedom = sum(parts) ** 2 / sum(
        part**2 / (arm.people - 1) for part, arm in zip(parts, (one, other), strict=True)
    )
    half = student_quantile((1 + level) / 2, freedom) * error
    return Interval(value, value - half, value + half)
