"""Days of two calendars: 29 February, leap months, the 30th of a short month."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from lunardate import LunarDate

from campaigns.journeys.on_date import OnDate, lunar

BIRTHDAY = {"attribute": "birthday", "every": "year", "at": "09:00"}


def test_the_29th_of_february():
    form = OnDate(data=BIRTHDAY)
    assert form.is_valid(), form.errors
    assert "1992-02-29" in form.dates(date(2027, 2, 28))
    assert "1992-02-29" not in form.dates(date(2028, 2, 28))
    assert "1992-02-29" in form.dates(date(2028, 2, 29))
    assert "1991-02-29" not in form.dates(date(2028, 2, 29))


def test_a_leap_month_and_the_30th_of_a_short_month():
    # 2025 has a leap sixth month.
    leap = LunarDate(2025, 6, 10, 1).to_solar_date()
    plain = LunarDate(2025, 6, 10, 0).to_solar_date()
    assert (lunar(leap), lunar(plain)) == (set(), {"06-10"})


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 1, 1)))
def test_every_lunar_birthday_comes_once_a_lunar_year(day):
    """Of the days of this lunar month, each of 01 to 30 is somebody's exactly once."""
    at = LunarDate.from_solar_date(day.year, day.month, day.day)
    if at.is_leap_month:
        assert lunar(day) == set()
        return
    first = LunarDate(at.year, at.month, 1, 0).to_solar_date()
    found = []
    for n in range(30):
        one = first + timedelta(days=n)
        if LunarDate.from_solar_date(one.year, one.month, one.day).month == at.month and not (
            LunarDate.from_solar_date(one.year, one.month, one.day).is_leap_month
        ):
            found += sorted(lunar(one))
    assert found == [f"{at.month:02}-{n:02}" for n in range(1, 31)]
