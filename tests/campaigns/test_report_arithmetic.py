"""The arithmetic of reports against published figures, exact values and what was planted."""

import csv
import math
import os
from collections import defaultdict
from pathlib import Path
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaigns.reports.arithmetic import distributions, money
from campaigns.reports.arithmetic.arms import Arm
from campaigns.reports.arithmetic.intervals import (
    Interval,
    difference_of_means,
    difference_of_shares,
    wilson,
)
from campaigns.reports.arithmetic.split import split
from campaigns.reports.arithmetic.variants import compared, z_of
from campaigns.reports.arithmetic.verdicts import Verdict, people_to_plan, said
from crm_project.runtime import home

FEN = 100
HILLSTROM = Path(os.environ.get("SHARED") or home.BASE_DIR.parent / "shared") / "data/hillstrom.csv"
NO_SPLIT = split({}, {})


def arm_of(amounts: list[int]) -> Arm:
    return Arm(
        len(amounts),
        sum(1 for fen in amounts if fen),
        sum(amounts),
        sum(fen * fen for fen in amounts),
    )


@pytest.fixture(scope="module")
def hillstrom():
    """By arm and metric, from the published file of 64,000 customers."""
    if not HILLSTROM.is_file():
        pytest.skip("../shared/data is absent, and SHARED names no other folder")
    found: dict = defaultdict(lambda: defaultdict(list))
    with HILLSTROM.open() as file:
        for row in csv.DictReader(file):
            for metric in ("visit", "conversion", "spend"):
                found[row["segment"]][metric].append(round(float(row[metric]) * FEN))
    return {
        name: {metric: arm_of(amounts) for metric, amounts in metrics.items()}
        for name, metrics in found.items()
    }


MENS, WOMENS, NOBODY = "Mens E-Mail", "Womens E-Mail", "No E-Mail"


def test_hillstrom_sizes_and_shares(hillstrom):
    sizes = [hillstrom[name]["visit"].people for name in (MENS, WOMENS, NOBODY)]
    assert sizes == [21_307, 21_387, 21_306]
    visits, conversions = (
        [round(hillstrom[name][metric].share * 100, digits) for name in (MENS, WOMENS, NOBODY)]
        for metric, digits in (("visit", 2), ("conversion", 3))
    )
    assert (visits, conversions) == ([18.28, 15.14, 10.62], [1.253, 0.884, 0.573])
    spend = [round(hillstrom[name]["spend"].mean / FEN, 3) for name in (MENS, WOMENS, NOBODY)]
    assert spend == [1.423, 1.077, 0.653]
    assert not split(dict(zip("abc", sizes, strict=True)), {"a": 1, "b": 1, "c": 1}).is_red


def as_printed(one: Interval, found: tuple[float, ...], unit: float) -> tuple[float, ...]:
    """With as many digits behind the point as each of the reference's figures has."""
    digits = [len(str(figure).split(".")[1]) for figure in found]
    values = (one.value, one.low, one.high)
    return tuple(round(v * unit, n) for v, n in zip(values, digits, strict=True))


@pytest.mark.parametrize(
    ("name", "metric", "found"),
    [
        # As the reference prints them: 4 digits, or as many as it has.
        (MENS, "visit", (7.66, 6.995, 8.323)),
        (MENS, "conversion", (0.681, 0.501, 0.864)),
        (WOMENS, "visit", (4.52, 3.89, 5.16)),
        (WOMENS, "conversion", (0.311, 0.150, 0.475)),
    ],
)
def test_hillstrom_differences_of_shares(hillstrom, name, metric, found):
    one = difference_of_shares(hillstrom[name][metric], hillstrom[NOBODY][metric])
    assert as_printed(one, found, 100) == found


@pytest.mark.parametrize(
    ("name", "found"), [(MENS, (0.770, 0.485, 1.055)), (WOMENS, (0.424, 0.169, 0.680))]
)
def test_hillstrom_differences_of_money(hillstrom, name, found):
    one = difference_of_means(hillstrom[name]["spend"], hillstrom[NOBODY]["spend"])
    assert as_printed(one, found, 1 / FEN) == found


def test_hillstrom_two_mails_against_each_other(hillstrom):
    mens, womens = hillstrom[MENS]["conversion"], hillstrom[WOMENS]["conversion"]
    assert round(z_of(mens, womens), 2) == 3.71
    assert round(z_of(hillstrom[MENS]["visit"], hillstrom[NOBODY]["visit"]), 2) == 22.49
    found = compared({"m": mens, "w": womens, "n": hillstrom[NOBODY]["conversion"]}, is_over=True)
    assert (found.winner, found.p < 1e-9) == ("m", True)
    assert not compared({"m": mens, "w": womens}, is_over=False).winner


@pytest.mark.parametrize(
    ("p", "df", "t"),
    [  # Abramowitz & Stegun, table 26.10
        (0.975, 1, 12.706),
        (0.975, 2, 4.303),
        (0.975, 5, 2.571),
        (0.975, 30, 2.042),
        (0.975, 120, 1.980),
        (0.995, 10, 3.169),
        (0.025, 5, -2.571),
        (0.975, 1e9, 1.960),
    ],
)
def test_student_is_the_table(p, df, t):
    assert round(distributions.student_quantile(p, df), 3) == t


@given(st.floats(0.5, 50_000), st.floats(0.001, 0.999))
@example(20_000.0, 0.500000001)  # so near the middle half of the digits were lost
@settings(max_examples=40)
def test_student_quantile_and_distribution_are_inverse(df, p):
    assert distributions.student_cdf(distributions.student_quantile(p, df), df) == pytest.approx(
        p, abs=1e-9
    )


@pytest.mark.parametrize(
    ("value", "df", "p"),
    [(10.828, 1, 0.001), (13.816, 2, 0.001), (16.266, 3, 0.001), (18.467, 4, 0.001)],
)
def test_chi_square_is_the_table(value, df, p):
    assert distributions.chi_square_tail(value, df) == pytest.approx(p, rel=1e-3)


def test_newcombe_published_examples():
    """Newcombe 1998, table II, method 10: cases (a), (b), (f), (h)."""
    for (a, m), (b, n), low, high in (
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ):
        one = difference_of_shares(Arm(m, a), Arm(n, b))
        assert (round(one.low, 4), round(one.high, 4)) == (low, high)


def test_wilson_stays_inside():
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 10)[0] == 0
    assert wilson(10, 10)[1] == 1


def test_welch_needs_two_in_an_arm_and_says_nothing_of_nothing():
    assert difference_of_means(Arm(1, 1, 5, 25), Arm(9)) is None
    assert difference_of_means(Arm(9), Arm(9)) == Interval(0, 0, 0)


@pytest.mark.parametrize(
    ("people", "shares", "is_red", "is_too_few"),
    [
        ({"a": 5000, "b": 5000}, {"a": 1, "b": 1}, False, False),
        ({"a": 5000, "b": 5400}, {"a": 1, "b": 1}, True, False),
        ({"a": 900, "b": 100}, {"a": 90, "b": 10}, False, False),
        ({"a": 3, "b": 0}, {"a": 1, "b": 1}, False, True),
        ({"a": 300, "b": 0}, {"a": 1, "b": 1}, True, False),  # an arm is lost altogether
        ({"a": 300, "c": 1}, {"a": 1, "c": 0}, True, False),  # somebody is where nobody can be
        ({"a": 300}, {"a": 1}, False, False),
        ({}, {"a": 1, "b": 1}, False, True),
    ],
)
def test_split_is_asked_of_the_arms(people, shares, is_red, is_too_few):
    one = split(people, shares)
    assert (one.is_red, one.is_too_few) == (is_red, is_too_few)
    assert one.p is None or not math.isnan(one.p)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=8))
@settings(max_examples=60)
def test_shares_of_money_add_up(total, weights):
    shares = money.shared(total, weights)
    assert sum(shares) == total
    whole = sum(weights) or len(weights)
    for share, weight in zip(shares, weights if sum(weights) else [1] * len(weights), strict=True):
        assert abs(share - total * weight / whole) < 1


def test_percentages_round_half_up_once():
    assert [money.part(fen, 5) for fen in (10, 9, 30, 29)] == [1, 0, 2, 1]
    assert money.shared(100, [1, 1, 1]) == [34, 33, 33]
    assert money.fen_of_cost(450) == 5


def test_profit_takes_off_costs_and_no_discount():
    assert money.profit(Interval(1000, 100, 1900), sending_fen=150, given_fen=50) == Interval(
        800, -100, 1700
    )


ENOUGH = (Arm(1000, 200), Arm(1000, 150))


@pytest.mark.parametrize(
    ("arms", "profit", "is_over", "verdict"),
    [
        (ENOUGH, Interval(10, 1, 20), True, Verdict.EARNED),
        (ENOUGH, Interval(-10, -20, -1), True, Verdict.LOST),
        (ENOUGH, Interval(-10, -20, 1), True, Verdict.UNSURE),
        (ENOUGH, Interval(-10, -20, 0), True, Verdict.UNSURE),
        (ENOUGH, Interval(10, 1, 20), False, Verdict.TOO_EARLY),
        ((Arm(1000, 200), Arm(1000, 99)), Interval(-10, -20, -1), True, Verdict.TOO_FEW),
        ((Arm(1000, 200), Arm()), None, True, Verdict.NO_HOLDOUT),
        ((Arm(), Arm()), None, True, Verdict.NOTHING),
    ],
)
def test_the_word_that_may_be_said(arms, profit, is_over, verdict):
    assert said(*arms, profit, split=NO_SPLIT, is_over=is_over).verdict == verdict


def test_broken_arms_get_no_word():
    red = split({"a": 900, "b": 100}, {"a": 1, "b": 1})
    found = said(*ENOUGH, Interval(10, 1, 20), split=red, is_over=True)
    assert found.verdict == Verdict.BROKEN


def test_how_many_people_it_takes():
    unsure = said(*ENOUGH, Interval(10, -10, 30), split=NO_SPLIT, is_over=True)
    assert unsure.needed == 8000  # twice as wide as the effect: four times as many
    nothing = said(*ENOUGH, Interval(0, -10, 10), split=NO_SPLIT, is_over=True)
    assert nothing.needed is None
    # Fleiss: 10 % against 15 %, halves, 5 % and 80 %: 683 or so in each arm
    assert 1300 <= people_to_plan(0.10, 0.05, 0.5) <= 1400
    assert people_to_plan(0.1, 0.0, 0.5) is None
    assert people_to_plan(0.99, 0.05, 0.5) is None


def lived(seed: int, *, people: int, rate: float, lift: float) -> tuple[Arm, Arm]:
    """Two halves; whoever buys spends 50 yuan or much more."""
    dice = Random(seed)

    def one(share):
        return arm_of(
            [
                int(5000 + dice.paretovariate(2.5) * 2000) if dice.random() < share else 0
                for _person in range(people)
            ]
        )

    return one(rate + lift), one(rate)


MEAN = 5000 + 2.5 / 1.5 * 2000  # of a purchase, fen


def covered(seeds, **planted) -> tuple[float, float]:
    """In which part of the worlds the intervals of money and of shares hold what was planted."""
    found = [lived(seed, **planted) for seed in seeds]
    money_of = [difference_of_means(*arms) for arms in found]
    shares = [difference_of_shares(*arms) for arms in found]
    true = planted["lift"] * MEAN
    return (
        sum(one.low <= true <= one.high for one in money_of) / len(found),
        sum(one.low <= planted["lift"] <= one.high for one in shares) / len(found),
    )


def test_intervals_cover_what_was_planted():
    """Of 40 worlds about 38; fewer than 33 come once in ten thousand runs of right intervals."""
    for share in covered(range(40), people=2000, rate=0.08, lift=0.03):
        assert share >= 33 / 40


@pytest.mark.proof
def test_intervals_cover_what_was_planted_in_many_worlds():
    for share in covered(range(2000), people=2000, rate=0.08, lift=0.03):
        assert 0.93 <= share <= 0.97


@pytest.mark.proof
def test_of_two_alike_a_verdict_is_rare():
    words = 0
    for seed in range(2000):
        arms = lived(seed, people=2000, rate=0.08, lift=0.0)
        profit = difference_of_means(*arms).times(2000)
        verdict = said(*arms, profit, split=NO_SPLIT, is_over=True).verdict
        words += verdict in (Verdict.EARNED, Verdict.LOST)
    assert words / 2000 <= 0.065
