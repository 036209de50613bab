"""A date of the customer as a beginning: yearly and once, 29 February, the lunar calendar, each
occurrence once."""

from datetime import date, timedelta

import pytest
from lunardate import LunarDate

from campaigns.broadcasts import schedules
from campaigns.journeys import definition
from campaigns.models import Run
from customers.models import CustomerAttribute, Workspace
from tests.campaigns.test_journeys import (
    clock,  # noqa: F401 -- fixtures
    nobody_held_out,  # noqa: F401 -- fixtures
    settle,
)
from tests.campaigns.test_leaving import WAIT, a_journey
from tests.factories import NOW, a_customer

HOUR = timedelta(hours=1)
BIRTHDAY = {"attribute": "birthday", "every": "year", "at": "09:00"}


def born(value, **more):
    customer = a_customer()
    CustomerAttribute.objects.create(
        customer=customer, key="birthday", value=value, occurred_at=NOW, **more
    )
    return customer


def on(**fields):
    trigger = {"trigger": "date", "fields": BIRTHDAY | fields}
    return a_journey({"s1": WAIT}, trigger=trigger)


def looked(clock, at):  # noqa: F811
    clock(at)
    schedules.fire(at)
    schedules.expand()
    settle()
    return list(Run.objects.order_by("pk").values_list("customer", flat=True))


@pytest.mark.django_db
def test_a_birthday_begins_it_once_on_its_day(clock):  # noqa: F811
    on()
    born("1990-11-25")
    born("nonsense")
    born("1990-11-26")
    born(19901125)
    # NOW is ten in the morning of the 24th in Shanghai.
    assert looked(clock, NOW + 22 * HOUR) == []
    first = looked(clock, NOW + 23 * HOUR)
    assert len(first) == 1
    assert looked(clock, NOW + 24 * HOUR) == first
    assert len(looked(clock, NOW + 47 * HOUR)) == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"direction": "before", "days": 3}, "1990-11-28"),
        ({"direction": "after", "days": 3}, "1990-11-22"),
        ({"direction": "before", "days": 40}, "1990-01-04"),
        ({"every": "once"}, "2026-11-25"),
        ({"every": "once", "direction": "before", "days": 7}, "2026-12-02T18:00"),
        ({}, "1990-11-24T20:00:00Z"),  # the 25th in Shanghai
    ],
)
def test_so_many_days_before_or_after(clock, fields, value):  # noqa: F811
    on(**fields)
    customer = born(value)
    born("1990-06-06")
    assert looked(clock, NOW + 23 * HOUR) == [customer.pk]


@pytest.mark.django_db
def test_once_is_not_every_year(clock):  # noqa: F811
    on(every="once")
    born("1990-11-25")
    assert looked(clock, NOW + 23 * HOUR) == []


@pytest.mark.django_db
def test_what_was_missed_for_less_than_two_days_is_made_up_for(clock):  # noqa: F811
    on()
    born("1990-11-25")
    born("1990-11-26")
    born("1990-11-27")
    assert len(looked(clock, NOW + 24 * HOUR * 3)) == 2


@pytest.mark.django_db
def test_many_are_worked_through_in_batches(clock, monkeypatch):  # noqa: F811
    monkeypatch.setattr(schedules, "BATCH", 3)
    on()
    people = [born(f"{1980 + n}-11-25").pk for n in range(10)]
    assert looked(clock, NOW + 23 * HOUR) == people


@pytest.mark.django_db
def test_mid_autumn_in_the_lunar_calendar(clock):  # noqa: F811
    Workspace.objects.update(time_zone="Asia/Shanghai")
    on(calendar="lunar")
    day = LunarDate(2026, 10, 17, 0).to_solar_date()
    assert day == date(2026, 11, 25)
    customer = born("1991-10-17")
    born("1991-11-25")
    assert looked(clock, NOW + 23 * HOUR) == [customer.pk]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [{"attribute": ""}, {"attribute": "phone"}, {"every": "week"}, {"days": 400}, {"at": "25:00"}],
)
def test_wrong_fields_are_refused(wrong):
    with pytest.raises(definition.InvalidJourney):
        on(**wrong)
