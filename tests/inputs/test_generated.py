"""Hypothesis at every door: 500 cases with the tests, 10,000 as `make proof PART=inputs`."""

import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.inputs.doors import KEPT, Doors, Figures, check, scalar
from tests.inputs.strategies import HEADERS, QUERIES, READS, VALID, bodies

pytestmark = pytest.mark.django_db

DOORS = len(VALID) + len(READS)
MOST_GROWN_MB = 20


@pytest.fixture
def doors():
    return Doors()


def posts(doors, path: str, cases: int) -> None:
    @settings(max_examples=cases, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=cases < 100)
    @given(body=bodies(path), headers=HEADERS | st.just({}), as_server=st.booleans())
    def post(body, headers, as_server):
        answer = doors.post(path, body, dict(headers), as_server=as_server)
        check(path, answer)
        doors.nothing_half_stored(path, answer)

    post()


def reads(doors, path: str, cases: int) -> None:
    @settings(max_examples=cases, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=cases < 100)
    @given(query=QUERIES)
    def read(query):
        answer = doors.get(path, query)
        check(path, answer)
        doors.nothing_half_stored(path, answer)

    read()


def every_door(doors, cases: int) -> None:
    for path in VALID:
        posts(doors, path, cases)
    for path in READS:
        reads(doors, path, cases)


def test_no_input_breaks_a_door(doors):
    every_door(doors, 500 // DOORS)


@pytest.fixture
def unheard():
    """pytest keeps every line of the log in memory, which is not the product's growth."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.proof
@pytest.mark.usefixtures("unheard")
def test_ten_thousand_inputs_break_no_door(doors):
    every_door(doors, 40)  # what the first hundreds of requests load and remember is not the inputs' doing
    doors.figures = Figures()

    every_door(doors, 10_000 // DOORS + 1)

    cases, report = len(doors.figures.seconds), doors.figures.report()
    grown = doors.again()  # the generator itself remembers much
    print(f"\n{report}, quarantined {scalar(KEPT)}; sent once more: {grown:+.1f} MB")
    assert cases >= 10_000
    assert grown < MOST_GROWN_MB
