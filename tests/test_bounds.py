"""No text becomes a number that is dear to compute with."""

import json
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_project.bounds import MOST_DIGITS, MOST_ROW, number_in, whole_in

digits = st.text("0123456789", min_size=1, max_size=40)
# Texts that look like numbers, and what parsers differ about.
NUMBER_LIKE = st.one_of(
    st.builds(
        "{}{}e{}{}".format,
        st.sampled_from(["", "-", "+"]),
        digits,
        st.sampled_from(["", "-", "+"]),
        digits,
    ),
    st.builds("{}.{}".format, digits, digits),
    st.builds("0x{}".format, digits),
    st.from_regex(r"[0-9]{1,3}(_[0-9]{1,3}){0,3}", fullmatch=True),
    st.text("０１２３４５６７８９٠١٢²½.eE-", min_size=1, max_size=8),
    st.sampled_from(
        [
            "Infinity",
            "-inf",
            "NaN",
            "sNaN",
            "nan123",
            "1e",
            "e5",
            ".",
            "",
            " ",
            "1,000",
            "--1",
            "1e9999999",
            "9" * 10_000,
        ]
    ),
    st.floats().map(str),
    st.integers().map(str),
)


@given(NUMBER_LIKE)
def test_whatever_a_text_says_is_no_number_or_one_that_is_cheap_to_compute_with(text):
    number = number_in(text)

    if number is not None:
        assert len(f"{abs(int(number))}") <= MOST_DIGITS
        assert text.strip().isascii()
        assert "_" not in text
        assert number == Decimal(text.strip())


@given(
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e29, max_value=1e29)
    | st.integers(-(10**29), 10**29)
)
def test_numbers_of_json_of_a_sensible_size_are_taken_as_they_are(number):
    assert number_in(json.loads(json.dumps(number))) == Decimal(str(number))


@pytest.mark.parametrize(
    "said", [True, None, [], {}, float("nan"), float("inf"), 1e300, 10**40, b"1"]
)
def test_what_is_no_number_or_far_too_large_is_none(said):
    assert number_in(said) is None
    assert number_in(10**5000) is None


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("6418e7305921", None),
        ("1e999999", None),
        (" 12.50 ", Decimal("12.50")),
        ("-.5", Decimal("-0.5")),
        ("1e3", Decimal(1000)),
    ],
)
def test_a_batch_number_that_looks_like_an_exponent_is_a_text(said, number):
    assert number_in(said) == number


@given(NUMBER_LIKE)
def test_the_number_of_a_row_is_plain_digits_that_fit_a_column(text):
    number = whole_in(text)

    assert number is None or (
        0 <= number <= MOST_ROW and text.lstrip("0") == str(number).lstrip("0")
    )


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("7", 7),
        (7, 7),
        ("²", None),
        ("７", None),
        ("1_0", None),
        ("-1", None),
        (True, None),
        ("9" * 19, None),
    ],
)
def test_a_row_is_named_by_ascii_digits(said, number):
    assert whole_in(said) == number


def test_a_long_text_costs_nothing():
    began = time.process_time()
    for text in ("9" * 10**6, "1e" + "9" * 10**6, "1." + "0" * 10**6):
        assert number_in(text) is None is whole_in(text)
    assert time.process_time() - began < 0.5
