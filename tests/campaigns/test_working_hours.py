"""Working hours, with China's holidays and shifted days, and days of the workspace's own."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from campaigns.journeys import definition
from campaigns.journeys.steps.wait_for_hours import WaitForHours
from campaigns.models import Run
from customers.models import SpecialDay
from customers.workspace import workdays
from tests.campaigns.test_journeys import (
    clock,  # noqa: F401 -- fixtures
    nobody_held_out,  # noqa: F401 -- fixtures
    settle,
)
from tests.campaigns.test_leaving import a_journey
from tests.campaigns.test_wait_for_event import step
from tests.factories import NOW, a_source, an_event, happened, member

pytestmark = pytest.mark.django_db

ZONE = ZoneInfo("Asia/Shanghai")
HOURS = {"opens": "09:00", "closes": "18:00"}


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-24 10:00", "2026-11-24 10:00"),
        ("2026-11-24 08:59", "2026-11-24 09:00"),
        ("2026-11-24 18:00", "2026-11-25 09:00"),
        ("2026-11-27 20:00", "2026-11-30 09:00"),  # Friday night
        ("2026-10-01 10:00", "2026-10-08 09:00"),  # National Day
        ("2026-10-10 10:00", "2026-10-10 10:00"),  # a Saturday that is worked for it
        ("2026-09-30 19:00", "2026-10-08 09:00"),
        ("2031-06-07 10:00", "2031-06-09 09:00"),  # not announced yet: weekdays
    ],
)
def test_the_next_moment_of_working_hours(now, until):
    form = WaitForHours(data=HOURS)
    assert form.is_valid()
    assert form.next_moment(local(now), ZONE) == local(until)


def test_days_of_ones_own_stand_over_the_calendar():
    SpecialDay.objects.create(day=date(2026, 11, 24), is_worked=False)
    SpecialDay.objects.create(day=date(2026, 11, 28), is_worked=True)
    form = WaitForHours(data=HOURS)
    assert form.is_valid()
    assert form.next_moment(local("2026-11-24 10:00"), ZONE) == local("2026-11-25 09:00")
    assert form.next_moment(local("2026-11-27 19:00"), ZONE) == local("2026-11-28 09:00")
    assert list(workdays.worked_from(date(2026, 11, 24), within=1)) == [date(2026, 11, 25)]


def test_a_day_that_is_off_by_now_is_waited_out(clock):  # noqa: F811
    a_journey({"s1": step("wait_for_hours", HOURS | {"opens": "11:00"}, next=None)})
    happened(a_source(), an_event(member(1)))
    clock(NOW + timedelta(seconds=2))
    settle()
    eleven = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    assert Run.objects.get().due_at == eleven

    SpecialDay.objects.create(day=date(2026, 11, 24), is_worked=False)
    clock(eleven)
    settle()
    assert Run.objects.get().due_at == eleven + timedelta(days=1)
    clock(eleven + timedelta(days=1))
    settle()
    assert Run.objects.get().state == "completed"


@pytest.mark.parametrize(
    "wrong", [{"opens": "18:00"}, {"opens": ""}, {"closes": "25:00"}, {"closes": "09:00"}]
)
def test_wrong_hours_are_refused(wrong):
    with pytest.raises(definition.InvalidJourney):
        a_journey({"s1": step("wait_for_hours", HOURS | wrong, next=None)})


def test_a_circle_through_it_alone_is_refused():
    with pytest.raises(definition.InvalidJourney, match=r"circle|圈|循环"):
        a_journey({"s1": step("wait_for_hours", HOURS, next="s1")})
