"""Hypothesis at every door: 500 cases with the tests, 10,000 as `make proof PART=inputs`."""

import logging
import shutil
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.doors import spool
from tests.factories import a_source
from tests.inputs.doors import KEPT, Doors, Figures, check, scalar
from tests.inputs.strategies import HEADERS, QUERIES, READS, VALID, bodies, framed, spelled

pytestmark = pytest.mark.django_db

DOORS = len(VALID) + len(READS)
MOST_GROWN_MB = 20


@pytest.fixture
def doors():
    return Doors()


def posts(doors, path: str, cases: int) -> None:
    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        derandomize=cases < 100,
    )
    @given(body=bodies(path), headers=HEADERS | st.just({}), as_server=st.booleans())
    def post(body, headers, as_server):
        answer = doors.post(path, body, dict(headers), as_server=as_server)
        check(path, answer)
        doors.nothing_half_stored(path, answer)

    post()


def reads(doors, path: str, cases: int) -> None:
    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        derandomize=cases < 100,
    )
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


@contextmanager
def held_up():
    """Somebody has the ledger of ids to themselves, and our statements have a fifth of a second."""
    with (
        psycopg.connect(**connection.get_connection_params()) as other,
        connection.cursor() as cursor,
    ):
        other.execute("SET lock_timeout = 5000; LOCK TABLE events_ledger IN EXCLUSIVE MODE")
        cursor.execute("SET LOCAL statement_timeout = 200")
        yield
        cursor.execute("SET LOCAL statement_timeout = 0")


def test_after_a_time_out_that_the_collector_answered_the_next_request_is_answered_as_ever(doors):
    event = {
        "type": "track",
        "event": "Viewed",
        "distinct_id": "d",
        "time": 1763600000000,
        "properties": {},
    }
    with held_up():
        kept = doors.post("sa", framed("sa", spelled([event])), {}, as_server=False)
    spool._memory.away_until = 0

    assert (kept.status_code, spool_size()) == (200, 1)
    assert doors.get("api/v1/customers", {"member_id": "10086"}).status_code == 200
    shutil.rmtree(spool.folder(), ignore_errors=True)


@pytest.mark.django_db(transaction=True)
def test_where_each_request_has_its_own_transactions_a_time_out_leaves_nothing_behind():
    source = a_source()
    token = source.issue_secrets()["read_token"]
    key = a_source(trust="client", format="sensors").key
    event = {
        "type": "track",
        "event": "Viewed",
        "distinct_id": "d",
        "time": 1763600000000,
        "properties": {},
    }
    http = Client(raise_request_exception=False)
    with (
        psycopg.connect(**connection.get_connection_params()) as other,
        connection.cursor() as cursor,
    ):
        other.execute("SET lock_timeout = 5000; LOCK TABLE events_ledger IN EXCLUSIVE MODE")
        cursor.execute("SET statement_timeout = 200")
        kept = http.post(
            f"/sa?token={key}", framed("sa", spelled([event])), content_type="text/plain"
        )
        cursor.execute("RESET statement_timeout")
    spool._memory.away_until = 0

    assert (kept.status_code, spool_size()) == (200, 1)
    assert (
        http.get(
            "/api/v1/customers?member_id=10086", headers={"authorization": f"Bearer {token}"}
        ).status_code
        == 200
    )
    shutil.rmtree(spool.folder(), ignore_errors=True)


def spool_size() -> int:
    return len(list(spool.waiting()))


@pytest.fixture
def unheard():
    """pytest keeps every line of the log in memory, which is not the product's growth."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.proof
@pytest.mark.usefixtures("unheard")
def test_ten_thousand_inputs_break_no_door(doors):
    every_door(
        doors, 40
    )  # what the first hundreds of requests load and remember is not the inputs' doing
    doors.figures = Figures()

    every_door(doors, 10_000 // DOORS + 1)

    cases, report = len(doors.figures.seconds), doors.figures.report()
    grown = doors.again()  # the generator itself remembers much
    print(f"\n{report}, quarantined {scalar(KEPT)}; sent once more: {grown:+.1f} MB")
    assert cases >= 10_000
    assert grown < MOST_GROWN_MB
