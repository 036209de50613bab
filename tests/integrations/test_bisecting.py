"""One bad item never stops its neighbours, also where nobody foresaw what is wrong with it."""

import json
import time

import pytest
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events import ingest
from events.models import Event
from integrations.doors import bisecting, replaying
from integrations.models import Quarantine
from tests.factories import a_source
from tests.integrations.foreign import a_segment, a_sensors, basic, call, collect, events, refused
from tests.test_bounds import NUMBER_LIKE

pytestmark = pytest.mark.django_db

AT = "2026-11-20T10:00:00+08:00"
DEAR = [
    "9e999999",
    "1e9999999",
    "9" * 4000,
    "1e-9999999",
    "-9e999999",
    "0x1p9999",
    "１２",
    "1_0",
    "NaN",
    "Infinity",
    "sNaN",
]
# A rule of the database that no check of ours knows of; the code is that of "numeric value out of
# range".
POISONED = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.properties ->> 'poison' = 'data' THEN RAISE EXCEPTION 'poison' USING ERRCODE = '22003';
    END IF;
  IF NEW.properties ->> 'poison' = 'rule' THEN RAISE EXCEPTION 'poison' USING ERRCODE = '23502';
    END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refuse BEFORE INSERT ON events_event FOR EACH ROW EXECUTE FUNCTION refuse();
"""


@pytest.fixture
def poisoned():
    with connection.cursor() as cursor:
        cursor.execute(POISONED)


def track(number, **properties):
    return {
        "type": "track",
        "event": "Viewed",
        "anonymousId": "a",
        "messageId": f"m{number}",
        "properties": {"n": number, **properties},
    }


def seen(number, **properties):
    return {
        "type": "track",
        "event": "Viewed",
        "distinct_id": "d",
        "time": 1795600000000 + number,
        "properties": {"n": number, **properties},
    }


def numbers_stored():
    return sorted(event.properties["n"] for event in events() if "n" in event.properties)


# -- numbers
# ---------------------------------------------------------------------------------------------------  # noqa: E501


@pytest.mark.parametrize("said", DEAR)
def test_a_number_that_is_dear_to_read_costs_a_public_key_nothing(said):
    _segment, write_key = a_segment()
    _sensors, token = a_sensors(money_unit="yuan")
    began = time.thread_time()

    answers = [
        call(
            write_key,
            "batch",
            batch=[track(1, price=said), track(2, revenue=said, total=[said]), track(3)],
        ),
        collect(token, seen(4, price=said), seen(5, amount=said, quantity=said), seen(6)),
    ]

    assert time.thread_time() - began < 1
    assert [one.status_code for one in answers] == [200, 200]
    assert numbers_stored() == [1, 2, 3, 4, 5, 6]
    assert set(Event.objects.values_list("amount_fen", flat=True)) == {None}


@pytest.mark.parametrize("digits", [25, 5000, 30_000])
def test_an_integer_of_any_length_spoils_its_own_item_only(digits):
    _source, key = a_segment()
    body = json.dumps({"batch": [track(1), track(2, price=0), track(3)]}).replace(
        '"price": 0', '"price": ' + "9" * digits
    )

    answer = call_with(key, body)

    assert answer.status_code == 200
    assert (numbers_stored(), refused()) == ([1, 3], ["out_of_range"])


def call_with(key, body):
    return Client().post(
        "/v1/batch", body, content_type="application/json", headers={"authorization": basic(key)}
    )


HURRIED = {"deadline": None, "suppress_health_check": list(HealthCheck)}
TRUSTS = ("server", "client")


@pytest.fixture
def keys():
    return {trust: (a_segment(trust)[1], a_sensors(trust)[1]) for trust in TRUSTS}


@settings(max_examples=8, **HURRIED)
@given(said=NUMBER_LIKE, trust=st.sampled_from(TRUSTS))
def test_whatever_looks_like_a_number_never_stops_its_neighbours(keys, said, trust):
    says_everywhere(said, trust, *keys[trust])


@pytest.mark.proof
@settings(max_examples=500, **HURRIED)
@given(said=NUMBER_LIKE, trust=st.sampled_from(TRUSTS))
def test_of_many_more_that_look_like_numbers_none_stops_its_neighbours(keys, said, trust):
    says_everywhere(said, trust, *keys[trust])


def says_everywhere(said, trust, write_key, token):
    before = Event.objects.count()
    order = {
        "type": "track",
        "event": "Order Completed",
        "anonymousId": "a",
        "properties": {"order_id": "1", "total": said, "discount": said},
    }
    item = {
        "type": "item_set",
        "item_type": "product",
        "item_id": "p",
        "properties": {"price": said, "price_fen": said, "stock": said},
    }
    more = {"type": "profile_set", "distinct_id": "d", "time": said, "properties": {"points": said}}

    answers = [
        call(
            write_key,
            "batch",
            batch=[
                {**track(1, price=said), "timestamp": said, "userId": said},
                order,
                track(before),
            ],
            sentAt=said,
        ),
        collect(token, {**seen(1, price=said), "_flush_time": said}, item, more, seen(before)),
    ]

    assert [one.status_code for one in answers] == [200, 200]
    assert Event.objects.count() >= before + 2
    assert "not_storable" not in refused()


def test_an_increment_beyond_every_column_is_refused_by_itself():
    _source, token = a_sensors("server")
    add = {
        "type": "profile_increment",
        "distinct_id": "d",
        "properties": {"$is_login_id": True, "points": 2**62},
    }

    answers = [collect(token, {**add, "time": 1795600000000 + n}, seen(n)) for n in range(3)]

    assert [one.status_code for one in answers] == [200, 200, 200]
    assert (numbers_stored(), refused()) == ([0, 1, 2], ["not_storable"] * 2)


# -- what nobody foresaw
# ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("poisoned")
@pytest.mark.parametrize("kind", ["data", "rule"])
@pytest.mark.parametrize("bad", [{0}, {7}, {3, 20, 21}, {39}])
def test_where_the_database_refuses_one_of_many_the_others_are_stored(kind, bad, caplog):
    _source, key = a_segment()
    batch = [track(n, **({"poison": kind} if n in bad else {})) for n in range(40)]

    answer = call(key, "batch", batch=batch, context={"app": {"name": "shop"}})

    assert answer.status_code == 200
    assert [one["index"] for one in answer.json()["rejected"]] == sorted(bad)
    assert numbers_stored() == [n for n in range(40) if n not in bad]
    assert refused() == ["not_storable"] * len(bad)
    assert caplog.text.count("a checked item could not be stored") == len(bad)
    assert "poison" not in [record.getMessage() for record in caplog.records]


@pytest.mark.usefixtures("poisoned")
def test_what_the_database_refused_is_stored_by_a_replay_once_the_reason_is_gone():
    _source, key = a_segment()
    call(key, "batch", batch=[track(1), track(2, poison="data")], context={"app": {"name": "shop"}})
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER refuse ON events_event")

    row = Quarantine.objects.get()
    assert replaying.replay(row, row.received_at) is True

    assert [(e.properties["n"], e.context) for e in events()] == [
        (n, {"app": {"name": "shop"}}) for n in (1, 2)
    ]


@pytest.mark.usefixtures("poisoned")
def test_the_collector_keeps_the_one_that_the_database_refuses_and_stores_the_others():
    _source, token = a_sensors()

    answer = collect(token, seen(1), seen(2, poison="data"), seen(3))

    assert (answer.status_code, numbers_stored(), refused()) == (200, [1, 3], ["not_storable"])


def native(number, **properties):
    return {
        "id": f"n{number}",
        "name": "Viewed",
        "occurred_at": AT,
        "identities": {"member_id": "1"},
        "properties": {"n": number, **properties},
    }


@pytest.mark.usefixtures("poisoned")
@pytest.mark.parametrize("kind", ["data", "rule"])
def test_a_native_door_says_which_item_cannot_be_stored(sender, kind):
    shop = sender(a_source())

    answer = shop.post("events", {"batch": [native(1), native(2, poison=kind), native(3)]})
    alone = shop.post("events", native(4, poison=kind))

    assert (answer.status_code, answer.json()["accepted"]) == (202, 2)
    assert [(one["index"], one["id"], one["code"]) for one in answer.json()["rejected"]] == [
        (1, "n2", "not_storable")
    ]
    assert (alone.status_code, alone.json()["code"], alone.json()["id"]) == (
        400,
        "not_storable",
        "n4",
    )
    assert numbers_stored() == [1, 3]


@pytest.mark.usefixtures("poisoned")
def test_a_batch_of_nothing_but_bad_items_ends_soon(sender, monkeypatch):
    tries, record = [], ingest.record
    monkeypatch.setattr(
        ingest, "record", lambda source, items: tries.append(len(items)) or record(source, items)
    )

    answer = sender(a_source()).post(
        "events", {"batch": [native(n, poison="data") for n in range(1000)]}
    )

    assert answer.status_code == 400
    assert {one["code"] for one in answer.json()["rejected"]} == {"not_storable"}
    assert len(answer.json()["rejected"]) == 1000
    # What it costs is counted in attempts: a bound of their own, and the halves that still wait.
    assert len(tries) <= bisecting.MOST_TRIES + len(bin(1000))


@pytest.mark.parametrize(
    "broken",
    ["ALTER TABLE customers_identity RENAME TO gone", "ALTER TABLE events_event RENAME TO gone"],
)
def test_what_is_wrong_with_the_installation_is_no_fault_of_the_items(sender, broken):
    """No sender is told that sending again would not help: nothing is refused, and once it is
    mended the same request is stored."""
    shop = sender(a_source())
    shop.http.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute(broken)
    away = shop.post("events", {"batch": [native(1), native(2)]})
    table = broken.split()[2]
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE gone RENAME TO {table.split('.')[-1]}")
    again = shop.post("events", {"batch": [native(1), native(2)]})

    assert away.status_code in (500, 503)
    assert not Quarantine.objects.exists()
    assert (again.status_code, numbers_stored()) == (202, [1, 2])
