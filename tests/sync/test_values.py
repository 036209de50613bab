"""What spreadsheets do to values: repaired where nothing is lost, else refused in words."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.sync.files import spoilt, values
from integrations.sync.files.spoilt import Spoilt
from integrations.sync.files.values import DMY, FEN, MDY, YMD, Reading


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("13800138000", "13800138000"),
        ("13800138000.0", "13800138000"),
        ("1.3800138001E+10", "13800138001"),
        ("'00123", "00123"),
        ('="00123"', "00123"),
        (" A\u200b1 ", "A\u200b1"),
    ],
)
def test_a_number_that_names_somebody_has_its_digits(cell, wanted):
    assert spoilt.key(spoilt.clean(cell)) == wanted


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("1.38E+10", "digits are lost"),
        ("1.23456789012346E+17", "digits are lost"),
        ("#N/A", "an error"),
        ("#FORMULA!", "formula"),
    ],
)
def test_a_number_without_its_digits_is_refused(cell, words):
    with pytest.raises(Spoilt, match=words):
        spoilt.key(spoilt.clean(cell))


def test_a_column_of_rounded_numbers_is_recognised():
    cut = ["110101199003070000", "110101199003071000"]
    whole = [*cut, "110101199003071234"]
    assert spoilt.are_rounded(cut)
    assert not spoilt.are_rounded(whole)
    assert not spoilt.are_rounded(["2024010112345670"])  # one zero may be chance
    with pytest.raises(Spoilt, match="15 digits"):
        spoilt.key(cut[0], is_rounded=True)
    assert spoilt.key(whole[2], is_rounded=True) == whole[2]


def test_lost_zeros_are_recognised_and_filled_up():
    assert spoilt.lost_zeros(["10001", "10002", "99999", "23456", "123"]) == 5
    assert spoilt.lost_zeros([str(n) for n in range(1, 2000, 13)]) == 0
    assert spoilt.key("123", width=5) == "00123"


@pytest.mark.parametrize("cell", ["", " ", "-", "NULL", "n/a", "\\N", "\t"])
def test_what_stands_for_nothing_is_nothing(cell):
    assert spoilt.clean(cell) == ""


SHANGHAI = Reading(zone=ZoneInfo("Asia/Shanghai"))
MAY = datetime(2024, 4, 30, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "order", "wanted"),
    [
        ("2024-05-01", YMD, MAY),
        ("2024/5/1", YMD, MAY),
        ("2024.5.1", YMD, MAY),
        ("2024年5月1日", YMD, MAY),
        ("20240501", YMD, MAY),
        ("45413", YMD, MAY),
        ("1/5/2024", DMY, MAY),
        ("5/1/2024", MDY, MAY),
        ("2024-05-01 08:30", YMD, datetime(2024, 5, 1, 0, 30, tzinfo=UTC)),
        ("2024/5/1 下午 3:05:06", YMD, datetime(2024, 5, 1, 7, 5, 6, tzinfo=UTC)),
        ("5/1/2024 12:10 AM", MDY, datetime(2024, 4, 30, 16, 10, tzinfo=UTC)),
        ("2024-05-01T00:00:00Z", YMD, datetime(2024, 5, 1, tzinfo=UTC)),
        ("1714492800", YMD, MAY),
        ("1714492800000", YMD, MAY),
        ("45413.5", YMD, datetime(2024, 5, 1, 4, tzinfo=UTC)),
    ],
)
def test_moments_are_read_in_every_usual_spelling(cell, order, wanted):
    how = Reading(order=order, zone=SHANGHAI.zone)
    assert values.moment(cell, how) == wanted


@pytest.mark.parametrize(
    "cell",
    ["24/5/1", "2024-13-01", "2024-02-30", "soon", "1/5/2024", "0000-00-00", "99999999999999"],
)
def test_what_is_no_date_is_refused(cell):
    with pytest.raises(Spoilt):
        values.moment(cell, SHANGHAI)


def test_the_order_of_day_and_month_is_told_by_those_beyond_twelve():
    assert values.order_of(["1/5/2024", "13/5/2024"]) == DMY
    assert values.order_of(["1/5/2024", "5/13/2024"]) == MDY
    assert values.order_of(["1/5/2024", "2/5/2024"]) == ""  # asked
    assert values.order_of(["2024/1/5", ""]) == YMD


@pytest.mark.parametrize(
    ("cell", "unit", "wanted"),
    [
        ("¥1,234.50", "yuan", 123450),
        ("1234.5元", "yuan", 123450),
        ("0.29", "yuan", 29),
        ("19.895", "yuan", None),
        ("19.8999999999", "yuan", 1990),
        ("1990", FEN, 1990),
        ("19.9", FEN, None),
        ("免费", "yuan", None),
        ("1e400", "yuan", None),
        ("NaN", "yuan", None),
    ],
)
def test_money_is_exact_or_refused(cell, unit, wanted):
    how = Reading(unit=unit)
    if wanted is None:
        with pytest.raises(Spoilt):
            values.money(cell, how)
    else:
        assert values.money(cell, how) == wanted


@settings(max_examples=40, deadline=None)
@given(st.datetimes(datetime(1970, 1, 2), datetime(2099, 1, 1)), st.integers(0, 10**12))
def test_what_is_written_in_one_form_is_read_again(at, fen):
    at = at.replace(microsecond=0)
    how = Reading(zone=ZoneInfo("UTC"))
    for form in ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y年%m月%d日 %H:%M:%S", "%Y%m%d%H%M%S"):
        assert values.moment(at.strftime(form), how) == at.replace(tzinfo=UTC)
    assert values.money(f"¥{fen // 100:,}.{fen % 100:02}", how) == fen
