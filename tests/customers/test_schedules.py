"""One form of schedule: when it comes round, what is missed, how it is written."""

from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.http import QueryDict
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.workspace.schedule_field import ScheduleField, sentence
from customers.workspace.schedules import due_slots, next_slots
from tests import slow_schedules
from tests.factories import a_workspace

ZONES = [
    "UTC",
    "Asia/Shanghai",
    "Asia/Kathmandu",
    "America/New_York",
    "America/Sao_Paulo",  # the clocks went forward at midnight
    "Australia/Lord_Howe",  # by half an hour
    "Africa/Casablanca",
    "Pacific/Apia",  # left out a whole day in 2011
]
times = st.builds(
    lambda hour, minute: f"{hour:02}:{minute:02}",
    st.integers(0, 23),
    st.sampled_from([0, 1, 30, 59]),
)
schedules = st.one_of(
    st.fixed_dictionaries({"kind": st.just("daily"), "time": times}),
    st.fixed_dictionaries(
        {
            "kind": st.just("weekly"),
            "time": times,
            "weekdays": st.lists(st.integers(1, 7), min_size=1, unique=True),
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("monthly"),
            "time": times,
            "day": st.one_of(st.integers(1, 31), st.just("last")),
        }
    ),
)
# Where clocks change, and anywhere else.
moments = st.one_of(
    st.sampled_from(
        [
            datetime(2026, 3, 7, tzinfo=UTC),
            datetime(2026, 10, 31, tzinfo=UTC),
            datetime(2026, 4, 4, tzinfo=UTC),
            datetime(2011, 12, 28, tzinfo=UTC),
            datetime(2017, 10, 14, tzinfo=UTC),
            datetime(2024, 2, 27, tzinfo=UTC),
        ]
    ),
    st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1)).map(
        lambda at: at.replace(second=0, microsecond=0, tzinfo=UTC)
    ),
)


@settings(max_examples=60, deadline=None)
@given(schedules, moments, st.integers(1, 40), st.sampled_from(ZONES).map(ZoneInfo))
def test_it_comes_round_as_every_minute_says(schedule, after, days, zone):
    until = after + timedelta(days=days)
    found = list(takewhile(lambda at: at <= until, next_slots(schedule, after, zone)))
    assert found == slow_schedules.slots(schedule, after, until, zone)


@pytest.mark.parametrize(
    ("zone", "time", "after", "slots"),
    [
        # left out: the clocks go from 2 to 3
        ("America/New_York", "02:30", "2026-03-07T12:00", ["2026-03-08T07:00", "2026-03-09T06:30"]),
        # comes twice
        ("America/New_York", "01:30", "2026-10-31T12:00", ["2026-11-01T05:30", "2026-11-02T06:30"]),
        # a day that was left out: its slot is the first minute of the next
        ("Pacific/Apia", "09:00", "2011-12-29T19:00", ["2011-12-30T10:00", "2011-12-30T19:00"]),
    ],
)
def test_where_clocks_change(zone, time, after, slots):
    schedule = {"kind": "daily", "time": time}
    found = next_slots(schedule, utc(after), ZoneInfo(zone))
    assert list(islice(found, 2)) == [utc(one) for one in slots]


def test_the_end_of_a_month():
    last = {"kind": "monthly", "day": "last", "time": "00:00"}
    thirty_first = {"kind": "monthly", "day": 31, "time": "00:00"}
    expected = ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]
    for schedule in (last, thirty_first):
        found = islice(next_slots(schedule, utc("2026-01-01T00:00"), ZoneInfo("UTC")), 4)
        assert [f"{at:%Y-%m-%d}" for at in found] == expected


def test_once_is_once():
    here, elsewhere = "2026-05-01T09:00", "2026-05-01T09:00+02:00"
    shanghai = ZoneInfo("Asia/Shanghai")
    for said, at in ((here, "2026-05-01T01:00"), (elsewhere, "2026-05-01T07:00")):
        schedule = {"kind": "once", "at": said}
        assert list(next_slots(schedule, utc("2026-01-01T00:00"), shanghai)) == [utc(at)]
        assert list(next_slots(schedule, utc(at), shanghai)) == []


@pytest.mark.parametrize(
    ("missed", "late", "slots"),
    [
        ("all", timedelta(hours=2), [1, 2, 3]),
        ("last", timedelta(hours=2), [3]),
        ("skip", timedelta(hours=2), []),
        ("skip", timedelta(minutes=2), [3]),  # only looked at late
    ],
)
def test_what_becomes_of_missed_slots(missed, late, slots):
    schedule = {"kind": "daily", "time": "09:00", "missed": missed}
    since = utc("2026-05-01T08:00")
    now = utc("2026-05-03T09:00") + late
    found = due_slots(schedule, since, now, ZoneInfo("UTC"))
    assert [at.day for at in found] == slots
    assert due_slots(schedule, now, now + timedelta(hours=1), ZoneInfo("UTC")) == []


# -- the field


class AForm(forms.Form):
    when = ScheduleField()


@pytest.mark.parametrize(
    ("posted", "stored", "words"),
    [
        (
            "when_kind=once&when_at=2026-05-01T09:00",
            {"kind": "once", "at": "2026-05-01T09:00:00"},
            "once, at 2026-05-01 09:00",
        ),
        (
            "when_kind=daily&when_time=09:00&when_weekdays=2",
            {"kind": "daily", "time": "09:00"},
            "daily at 09:00",
        ),
        (
            "when_kind=weekly&when_time=09:00&when_weekdays=5&when_weekdays=1&when_missed=all",
            {"kind": "weekly", "time": "09:00", "weekdays": [1, 5], "missed": "all"},
            "every Monday, Friday at 09:00",
        ),
        (
            "when_kind=monthly&when_time=23:59&when_day=last&when_missed=skip",
            {"kind": "monthly", "time": "23:59", "day": "last", "missed": "skip"},
            "on the last day of every month at 23:59",
        ),
        (
            "when_kind=monthly&when_time=00:00&when_day=31",
            {"kind": "monthly", "time": "00:00", "day": 31},
            "on day 31 of every month at 00:00",
        ),
    ],
)
@pytest.mark.django_db
def test_a_schedule_is_written_in_one_field(posted, stored, words):
    form = AForm(QueryDict(posted))
    assert form.is_valid(), form.errors
    assert form.cleaned_data["when"] == {"missed": "last", **stored}
    again = AForm({"when": form.cleaned_data["when"]})  # as journeys read what they stored
    assert again.is_valid()
    assert again.cleaned_data == form.cleaned_data
    with translation.override("en"):
        assert sentence(form.cleaned_data["when"]) == words
    shown = str(AForm(initial=form.cleaned_data)["when"])
    assert f'value="{stored["kind"]}" selected' in shown
    assert 'data-shown-if="when_kind=weekly"' in shown


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        {},
        "daily",
        [],
        {"kind": "hourly"},
        {"kind": ["daily"]},
        {"kind": "daily"},
        {"kind": "daily", "time": "25:00"},
        {"kind": "daily", "time": 9},
        {"kind": "daily", "time": "09:00", "missed": "perhaps"},
        {"kind": "daily", "time": "09:00", "missed": ["all"]},
        {"kind": "weekly", "time": "09:00", "weekdays": []},
        {"kind": "weekly", "time": "09:00", "weekdays": [8]},
        {"kind": "weekly", "time": "09:00", "weekdays": "12"},
        {"kind": "monthly", "time": "09:00", "day": 0},
        {"kind": "monthly", "time": "09:00", "day": True},
        {"kind": "once", "at": "2026-02-30T10:00"},
        {"kind": "once", "at": {}},
    ],
)
def test_what_is_no_schedule_is_refused_in_words(wrong):
    form = AForm({"when": wrong})
    assert not form.is_valid()
    assert form.errors["when"]


@pytest.mark.django_db
def test_a_moment_of_another_zone_is_shown_in_the_workspaces():
    a_workspace(time_zone="Asia/Shanghai")
    shown = str(AForm(initial={"when": {"kind": "once", "at": "2026-05-01T09:00+00:00"}})["when"])
    assert 'value="2026-05-01T17:00"' in shown


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
