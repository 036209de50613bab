"""Stored = full = slow for every kind of condition that is listed, inside any and none, two levels
deep."""

import random
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.segments import copies, rules
from tests.segments.story import BEGINNINGS, EDGES, EVENTS, OTHERS, STEPS, live, story

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("push")]
UNHURRIED = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_stored_full_and_slow_are_one(seed):
    chance = random.Random(seed)
    lines = []
    for _step in range(2):
        ago = [*EDGES, *(timedelta(seconds=chance.randint(-8, 130)) for _n in range(10))]
        happenings = [
            (
                chance.choice(EVENTS + OTHERS),
                chance.randint(0, 3),
                chance.choice(ago),
                chance.randint(0, 5),
            )
            for _n in range(12)
        ]
        lines.append(
            (happenings, chance.choice(STEPS), chance.choice([1, 2]), chance.choice([1, 5000]))
        )

    asked = live(lines, BEGINNINGS[seed], chance, chance.choice([1, copies.WORTH]))

    assert asked == {
        kind.key for kind in rules.conditions
    }  # a new condition belongs into leaves.py and slow_customers.py


@pytest.mark.proof
@settings(max_examples=200, **UNHURRIED)
@given(
    story,
    st.sampled_from(BEGINNINGS),
    st.randoms(use_true_random=False),
    st.sampled_from([1, copies.WORTH]),
)
def test_stored_full_and_slow_are_one_in_many_stories(lines, beginning, chance, worth_copying):
    live(lines, beginning, chance, worth_copying)
