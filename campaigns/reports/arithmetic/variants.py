"""Several variants against each other."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.reports.arithmetic.arms import Arm
from campaigns.reports.arithmetic.distributions import chi_square_tail, normal_cdf
from campaigns.reports.arithmetic.verdicts import FEWEST_CONVERSIONS

SURE = 0.05


@dataclass(frozen=True, slots=True)
class Compared:
    """`p` of all variants being alike; by pair the p of a difference, adjusted for how many pairs
    there are; the winner, where one may be named."""

    p: float | None
    pairs: dict[tuple[str, str], float]
    winner: str = ""


def compared(arms: Mapping[str, Arm], *, is_over: bool) -> Compared:
    """Shares that converted. Pearson's chi-square of all of them first; only when that sees a
    difference, pairs by the z test of two shares, adjusted as in Holm, "A simple sequentially
    rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979).

    A winner is named after the date that was fixed before the start, with a hundred conversions in
    each arm, and when it is better than every other.
    """
    p = all_alike(arms)
    if p is None or p >= SURE:
        return Compared(p, {})
    pairs = holm(
        {(a, b): two_alike(arms[a], arms[b]) for a, b in itertools.combinations(sorted(arms), 2)}
    )
    best = max(sorted(arms), key=lambda name: arms[name].share)
    is_sure = all(found < SURE for pair, found in pairs.items() if best in pair)
    enough = all(arm.converted >= FEWEST_CONVERSIONS for arm in arms.values())
    return Compared(p, pairs, best if is_over and is_sure and enough else "")


def all_alike(arms: Mapping[str, Arm]) -> float | None:
    people = sum(arm.people for arm in arms.values())
    converted = sum(arm.converted for arm in arms.values())
    if len(arms) < 2 or not 0 < converted < people or any(not arm.people for arm in arms.values()):
        return None
    value = 0.0
    for arm in arms.values():
        expected = arm.people * converted / people
        value += (arm.converted - expected) ** 2 * (1 / expected + 1 / (arm.people - expected))
    return chi_square_tail(value, len(arms) - 1)


def z_of(one: Arm, other: Arm) -> float:
    """With the pooled share."""
    people = one.people + other.people
    share = (one.converted + other.converted) / people
    error = math.sqrt(share * (1 - share) * (1 / one.people + 1 / other.people))
    return (one.share - other.share) / error if error else 0.0


def two_alike(one: Arm, other: Arm) -> float:
    return 2 * normal_cdf(-abs(z_of(one, other)))


def holm(found: dict[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    adjusted, most = {}, 0.0
    for place, (pair, p) in enumerate(sorted(found.items(), key=lambda one: (one[1], one[0]))):
        most = max(most, min(1.0, p * (len(found) - place)))
        adjusted[pair] = most
    return adjusted
