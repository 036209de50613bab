"""Which word may be said of what was measured (semantics 7; issue 18.4)."""

import math
from dataclasses import dataclass
from enum import StrEnum

from campaigns.reports.arithmetic.arms import Arm
from campaigns.reports.arithmetic.distributions import normal_quantile
from campaigns.reports.arithmetic.intervals import Interval
from campaigns.reports.arithmetic.split import Split

FEWEST_CONVERSIONS = 100  # in each arm
POWER = 0.8
MOST = 50_000_000  # nobody has so many people


class Verdict(StrEnum):
    NOTHING = "nothing"  # nobody is in it yet
    NO_HOLDOUT = "no_holdout"  # nobody to compare with
    BROKEN = "broken"  # the arms are not as planned: no figure can be believed
    TOO_EARLY = "too_early"  # the days in which orders count are not over
    TOO_FEW = "too_few"  # the interval stands there without a word
    EARNED = "earned"
    LOST = "lost"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Said:
    verdict: Verdict
    needed: int | None = None  # about so many people in all, until one could tell


def said(
    treated: Arm, held_out: Arm, profit: Interval | None, *, split: Split, is_over: bool
) -> Said:
    """`profit` is that of everybody treated, with its 95 % interval. *Lost* is said only when the
    whole of it lies below zero, *earned* when all of it lies above."""
    if profit is None or held_out.people < 2 or not treated.people:
        return Said(Verdict.NO_HOLDOUT if treated.people else Verdict.NOTHING)
    if split.is_red:
        return Said(Verdict.BROKEN)
    if not is_over:
        return Said(Verdict.TOO_EARLY)
    is_few = min(treated.converted, held_out.converted) < FEWEST_CONVERSIONS
    word = Verdict.TOO_FEW if is_few else word_of(profit)
    is_open = word in (Verdict.TOO_FEW, Verdict.UNSURE)
    return Said(word, people_needed(treated, held_out, profit) if is_open else None)


def word_of(profit: Interval) -> Verdict:
    if profit.is_below_zero:
        return Verdict.LOST
    return Verdict.EARNED if profit.is_above_zero else Verdict.UNSURE


def people_needed(treated: Arm, held_out: Arm, profit: Interval) -> int | None:
    """About so many people in all, shared out as now, until an effect like this one stood clear of
    chance and each arm had its hundred conversions. None where that is more than anybody has."""
    fewest = min(treated.converted, held_out.converted)
    if not fewest or not profit.value:
        return None
    half = (profit.high - profit.low) / 2
    times = max((half / abs(profit.value)) ** 2, FEWEST_CONVERSIONS / fewest)
    found = math.ceil((treated.people + held_out.people) * times)
    return rounded(found) if found <= MOST else None


def rounded(n: int) -> int:
    """To two digits, upwards: nobody can know it better."""
    unit = 10 ** max(0, len(str(n)) - 2)
    return -(-n // unit) * unit


def people_to_plan(share: float, lift: float, held_out: float) -> int | None:
    """How many people it takes in all so that, four times of five, a true difference of `lift`
    from a `share` that converts anyway is seen, with this part of them `held_out`: the usual
    formula for two shares, Fleiss, Levin and Paik, "Statistical Methods for Rates and
    Proportions" (2003), 4.2. None where it cannot be told."""
    other = share + lift
    if not lift or not 0 < held_out < 1 or not 0 <= share <= 1 or not 0 < other < 1:
        return None
    z = normal_quantile(0.975) + normal_quantile(POWER)
    spread = share * (1 - share) / held_out + other * (1 - other) / (1 - held_out)
    found = math.ceil(z * z * spread / (lift * lift))
    return rounded(found) if found <= MOST else None
