"""Stored = full = slow for every kind of condition that is listed, inside any and none, two levels deep."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.segments import copies, rules
from tests.segments.story import BEGINNINGS, live, story

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("push")]
UNHURRIED = {"deadline": None, "suppress_health_check": list(HealthCheck)}
TOLD = given(story, st.sampled_from(BEGINNINGS), st.randoms(use_true_random=False), st.sampled_from([1, copies.WORTH]))


@settings(max_examples=2, **UNHURRIED)
@TOLD
def test_stored_full_and_slow_are_one(lines, beginning, random, worth_copying):
    asked = live(lines, beginning, random, worth_copying)

    assert asked == {kind.key for kind in rules.conditions}  # a new condition belongs into leaves.py and slow_customers.py


@pytest.mark.proof
@settings(max_examples=200, **UNHURRIED)
@TOLD
def test_stored_full_and_slow_are_one_in_many_stories(lines, beginning, random, worth_copying):
    live(lines, beginning, random, worth_copying)
