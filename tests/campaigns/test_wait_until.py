"""Steps that wait until a time of the workspace's zone: of the day, of the week, around a date of
the customer."""

from datetime import datetime, timedelta

import pytest

from campaigns.journeys import definition
from campaigns.models import Run
from tests.campaigns.test_journeys import clock, nobody_held_out, settle  # noqa: F401 -- fixtures
from tests.campaigns.test_wait_for_event import a_journey, left_by, step
from tests.factories import a_source, a_workspace, an_event, happened, member

pytestmark = pytest.mark.django_db


def local(text):
    return datetime.fromisoformat(f"{text}+08:00")


def until(**fields):
    exits = (
        {"next": None, "too_late": None, "unknown": None}
        if fields.get("until") == "date"
        else {"next": None}
    )
    return a_journey({"s1": step("wait_until", {"at": "09:30", **fields}, **exits)})


@pytest.mark.parametrize(
    ("now", "fields", "due"),
    [
        ("2026-11-30 09:29", {"until": "time"}, "2026-11-30 09:30"),
        ("2026-11-30 09:30", {"until": "time"}, "2026-12-01 09:30"),
        ("2026-11-30 23:59", {"until": "time"}, "2026-12-01 09:30"),
        ("2026-11-30 09:00", {"until": "weekday", "weekdays": [0]}, "2026-11-30 09:30"),  # a Monday
        ("2026-11-30 10:00", {"until": "weekday", "weekdays": [0]}, "2026-12-07 09:30"),
        ("2026-11-30 10:00", {"until": "weekday", "weekdays": [0, 4, 5]}, "2026-12-04 09:30"),
        ("2026-12-31 10:00", {"until": "weekday", "weekdays": ["4"]}, "2027-01-01 09:30"),
    ],
)
def test_until_the_next_such_time(clock, now, fields, due):  # noqa: F811
    a_workspace(time_zone="Asia/Shanghai")
    until(**fields)
    now = local(now)
    happened(a_source(), an_event(member(1), at=now), now=now)
    clock(now)
    settle()
    assert (Run.objects.get().due_at, left_by()) == (local(due), [])

    clock(local(due))
    settle()
    assert left_by() == ["next"]


@pytest.mark.parametrize(
    ("zone", "now", "due"),
    [("America/New_York", "2026-03-08T01:00:00-05:00", "2026-03-08T03:00:00-04:00")],
)
def test_a_time_that_a_change_of_clocks_leaves_out_is_the_next_there_is(clock, zone, now, due):  # noqa: F811
    a_workspace(time_zone=zone)
    until(until="time", at="02:30")
    now = datetime.fromisoformat(now)
    happened(a_source(), an_event(member(1), at=now), now=now)
    clock(now)
    settle()

    assert Run.objects.get().due_at == datetime.fromisoformat(due)


ON_DATE = {"until": "date", "attribute": "expires"}


@pytest.mark.parametrize(
    ("value", "fields", "due"),
    [
        ("2026-12-10", {}, "2026-12-10 09:30"),
        ("2026-12-10", {"days": 3}, "2026-12-07 09:30"),
        ("2026-12-10", {"days": 3, "direction": "after"}, "2026-12-13 09:30"),
        ("2026-12-10T23:30:00Z", {}, "2026-12-11 09:30"),
        ("2026-12-01", {"days": 1}, "too_late"),
        ("2020-01-01", {"days": 9, "direction": "after"}, "too_late"),
        ("soon", {}, "unknown"),
        (None, {}, "unknown"),
    ],
)
def test_around_a_date_of_the_customer(clock, value, fields, due):  # noqa: F811
    a_workspace(time_zone="Asia/Shanghai")
    until(**ON_DATE, **fields)
    now = local("2026-11-30 12:00")
    happened(
        a_source(),
        an_event(member(1), at=now, attributes={"expires": value} if value else {}),
        now=now,
    )
    clock(now)
    settle()
    if due in ("too_late", "unknown"):
        assert left_by() == [due]
        return
    assert (Run.objects.get().due_at, left_by()) == (local(due), [])

    clock(local(due))
    settle()
    assert left_by() == ["next"]


@pytest.mark.parametrize(
    ("value", "outcome", "due"),
    [
        ("2026-12-20", [], "2026-12-20 09:30"),
        ("2026-12-05", ["too_late"], None),
        (None, ["unknown"], None),
    ],
)
def test_a_date_that_has_changed_meanwhile_is_followed(clock, value, outcome, due):  # noqa: F811
    a_workspace(time_zone="Asia/Shanghai")
    until(**ON_DATE)
    source, now = a_source(), local("2026-11-30 12:00")
    happened(source, an_event(member(1), at=now, attributes={"expires": "2026-12-10"}), now=now)
    clock(now)
    settle()
    later = now + timedelta(days=1)
    happened(
        source,
        an_event(member(1), name="Renewed", at=later, attributes={"expires": value}),
        now=later,
    )
    clock(local("2026-12-10 09:30"))
    settle()

    assert (left_by(), Run.objects.get().due_at) == (outcome, local(due) if due else None)


def test_whoever_stands_here_without_having_come_begins_to_wait(clock):  # noqa: F811
    a_workspace(time_zone="Asia/Shanghai")
    until(**ON_DATE)
    now = local("2026-11-30 12:00")
    happened(a_source(), an_event(member(1), at=now, attributes={"expires": "2026-12-10"}), now=now)
    clock(now)
    settle()
    Run.objects.update(facts={}, due_at=now)
    settle()

    assert (left_by(), Run.objects.get().due_at) == ([], local("2026-12-10 09:30"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"until": "never"},
        {"until": ""},
        {"until": "time", "at": ""},
        {"until": "time", "at": "25:00"},
        {"until": "weekday"},
        {"until": "weekday", "weekdays": [7]},
        {"until": "weekday", "weekdays": "Monday"},
        {"until": "date"},
        {"until": "date", "attribute": "phone"},
        {"until": "date", "attribute": "expires", "days": -1},
        {"until": "date", "attribute": "expires", "direction": "beside"},
    ],
    ids=str,
)
def test_a_time_that_is_none_is_refused(wrong):
    with pytest.raises(definition.InvalidJourney):
        until(**wrong)


def test_only_a_date_has_the_ways_of_being_late():
    with pytest.raises(definition.InvalidJourney):
        a_journey(
            {"s1": step("wait_until", {"until": "time", "at": "09:30"}, next=None, too_late=None)}
        )


def test_a_circle_may_lead_through_the_waiting_way_only():
    fields = {**ON_DATE, "at": "09:30"}
    a_journey({"s1": step("wait_until", fields, next="s1", too_late=None, unknown=None)})
    with pytest.raises(definition.InvalidJourney):
        a_journey({"s1": step("wait_until", fields, next=None, too_late="s1", unknown=None)})
