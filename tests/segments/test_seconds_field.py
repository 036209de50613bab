"""A length of time is entered in the unit that people say it in, and stored in seconds."""

import pytest
from django import forms
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from customers.segments.conditions.fields import UNIT_SECONDS, SecondsField, whole_units


class Told(forms.Form):
    time = SecondsField(least=60, most=7 * 86400, required=False)


@pytest.mark.parametrize(
    ("posted", "seconds"),
    [
        ("time_n=24&time_unit=hours", 86400),
        ("time_n=5&time_unit=minutes", 300),
        ("time_n=&time_unit=hours", None),
        ("time=3600", 3600),
        ("", None),
    ],
)
def test_what_is_posted_becomes_seconds(posted, seconds):
    form = Told(QueryDict(posted))
    assert form.is_valid(), form.errors
    assert form.cleaned_data["time"] == seconds


def test_what_is_stored_is_taken_as_it_is():
    form = Told({"time": 7200})
    assert form.is_valid()
    assert form.cleaned_data["time"] == 7200


@pytest.mark.parametrize(
    "posted",
    [
        "time_n=1&time_unit=seconds",
        "time_n=8&time_unit=days",
        "time_n=-1&time_unit=days",
        "time_n=many&time_unit=days",
        "time_n=1.5&time_unit=days",
        f"time_n={'9' * 5000}&time_unit=days",
        "time=[]",
    ],
)
def test_anything_else_is_refused_and_shown_again(posted):
    form = Told(QueryDict(posted))
    assert not form.is_valid()
    assert "time_unit" in str(form["time"])


def test_the_form_shows_the_largest_unit():
    shown = str(Told(initial={"time": 86400})["time"])
    assert 'name="time_n" value="1"' in shown
    assert '<option value="days" selected>' in shown


@given(st.integers(1, 10**9))
def test_no_second_is_lost(seconds):
    n, unit = whole_units(seconds)
    assert n * UNIT_SECONDS[unit] == seconds
