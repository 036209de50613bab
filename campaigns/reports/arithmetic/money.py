"""Money of a report, in fen: shares that add up, what is left as profit (models 28 and 29)."""

from collections.abc import Sequence

from campaigns.reports.arithmetic.intervals import Interval


def part(total: int, percent: int) -> int:
    """So many percent of an amount ≥ 0, rounded half up, once."""
    return (total * percent + 50) // 100


def shared(total: int, weights: Sequence[int]) -> list[int]:
    """`total` divided by the weights so that the shares add up to it: by largest remainder, the
    earlier of equals first. Without any weight all are alike."""
    weights = list(weights) if sum(weights) else [1] * len(weights)
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda n: (-(total * weights[n] % whole), n))
    for n in order[: total - sum(shares)]:
        shares[n] += 1
    return shares


def fen_of_cost(cost: int) -> int:
    """What sending cost, written in 1/100 fen, in fen; rounded half up."""
    return (cost + 50) // 100


def profit(gain: Interval, *, sending_fen: int, given_fen: int) -> Interval:
    """`gain` is net × margin of everybody treated together. Taken off are what sending cost and
    what was given for nothing at its stated cost; never a discount, which is inside the net."""
    return gain.times(1, sending_fen + given_fen)
