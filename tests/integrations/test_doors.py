"""The status table of docs/api.md, over the eight doors."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import OperationalError
from redis.exceptions import ConnectionError as CacheAway

from customers.models import Consent, Customer, CustomerAttribute, Identity, IdentityClaim
from events import ingest
from events.models import Booking, Event, Measurement, Order, Product, Refund
from integrations.doors.event_names import STATED_EVENTS
from tests.factories import a_source

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC).replace(microsecond=0)
AT = NOW.isoformat()


def event(id="e1", **more):
    return {
        "id": id,
        "name": "Product Viewed",
        "occurred_at": AT,
        "identities": {"member_id": "10086"},
        **more,
    }


def order(number="1001", status="paid", **more):
    return {
        "number": number,
        "status": status,
        "occurred_at": AT,
        "identities": {"member_id": "10086"},
        "total_fen": 19900,
        **more,
    }


ITEMS = {
    "customers": {
        "identities": {"member_id": "10086"},
        "registered": True,
        "attributes": {"level": "gold"},
    },
    "events": event(),
    "orders": order(),
    "refunds": {"number": "R1", "order_number": "1001", "amount_fen": 100, "occurred_at": AT},
    "bookings": {
        "number": "B1",
        "status": "booked",
        "starts_at": AT,
        "occurred_at": AT,
        "identities": {"member_id": "10086"},
    },
    "measurements": {
        "id": "m1",
        "kind": "weight",
        "value": 71.5,
        "unit": "kg",
        "occurred_at": AT,
        "identities": {"member_id": "10086"},
    },
    "consents": {
        "identities": {"member_id": "10086"},
        "channel": "sms",
        "purpose": "marketing",
        "granted": True,
        "occurred_at": AT,
    },
    "products": {
        "product_id": "p1",
        "name": "龙井",
        "category": "茶",
        "price_fen": 19900,
        "occurred_at": AT,
    },
}


@pytest.fixture
def server(sender):
    return sender(a_source())


@pytest.fixture
def client(sender):
    return sender(a_source(trust="client"))


def told(answer):
    return answer.status_code, json.loads(answer.content)


@pytest.mark.parametrize("door", ITEMS)
def test_an_item_is_stored_once(server, door):
    item = ITEMS[door] | {"id": "x1"}

    first, second = server.post(door, item), server.post(door, item)

    assert told(first) == (202, {"status": "stored", "id": "x1"})
    assert told(second) == (200, {"status": "duplicate", "id": "x1"})


@pytest.mark.parametrize("door", ["orders", "refunds", "bookings", "consents", "products"])
def test_a_typed_item_without_an_id_is_named_by_what_it_says(server, door):
    assert [server.post(door, ITEMS[door]).status_code for _ in range(2)] == [202, 200]


def test_two_equal_profiles_without_id_and_time_are_two_statements(server):
    assert [server.post("customers", ITEMS["customers"]).status_code for _ in range(2)] == [
        202,
        202,
    ]
    assert [
        server.post("customers", ITEMS["customers"] | {"occurred_at": AT}).status_code
        for _ in range(2)
    ] == [202, 200]


def test_key_order_and_white_space_make_no_other_content(server):
    item = event(properties={"a": 1, "b": [1, {"c": None, "d": "茶"}]})
    respelled = json.dumps(dict(reversed(item.items())), indent=3).encode()

    assert server.post("events", item).status_code == 202
    assert server.post("events", respelled).status_code == 200


def test_other_content_under_a_known_id_is_refused_and_the_first_stays(server):
    server.post("events", event())

    status, body = told(server.post("events", event(name="Cart Viewed")))

    assert (status, body["code"], body["id"]) == (422, "id_reused", "e1")
    assert Event.objects.get().name.name == "Product Viewed"


def test_one_bad_item_does_not_spoil_its_neighbours(server):
    batch = [event(f"e{n}") for n in range(100)]
    batch[41]["occurred_at"] = "2026-11-24T09:00:00"

    status, body = told(server.post("events", {"batch": batch}))

    complaint = {"index": 41, "id": "e41", "code": "naive_time", "path": "$.occurred_at"}
    assert (status, body["accepted"], body["duplicate"]) == (202, 99, 0)
    assert [{k: r[k] for k in complaint} for r in body["rejected"]] == [complaint]
    assert Event.objects.count() == 99


def test_a_batch_says_what_became_of_each(server):
    server.post("events", event("old"))
    reused, new, bad = event("old", name="Other"), event("new"), event(5)

    assert told(server.post("events", {"batch": [event("old")]}))[0] == 200
    status, body = told(server.post("events", {"batch": [event("old"), reused, new, bad, new]}))
    assert (status, body["accepted"], body["duplicate"]) == (202, 1, 2)
    assert [(r["index"], r["id"], r["code"]) for r in body["rejected"]] == [
        (1, "old", "id_reused"),
        (3, None, "wrong_type"),
    ]


def test_a_batch_of_which_nothing_could_be_accepted_is_a_problem_like_every_refusal(server):
    server.post("events", event("old"))

    answer = server.post("events", {"batch": [event("old", name="Other"), event(5)]})

    status, body = told(answer)
    assert (status, answer["Content-Type"]) == (400, "application/problem+json")
    assert (body["code"], body["status"], body["accepted"], body["duplicate"]) == (
        "nothing_accepted",
        400,
        0,
        0,
    )
    assert [(r["index"], r["id"], r["code"]) for r in body["rejected"]] == [
        (0, "old", "id_reused"),
        (1, None, "wrong_type"),
    ]


def test_a_registration_knows_the_customer_from_then_on(server):
    server.post(
        "customers",
        {
            "identities": {"member_id": "7", "phone": "138 1234 5678"},
            "registered": True,
            "attributes": {"name": "王小明", "vip": True},
        },
    )

    customer = Customer.objects.get()
    assert customer.name == "王小明"
    assert {i.kind: i.masked_value for i in Identity.objects.all()} == {
        "member_id": "7",
        "phone": "138****5678",
    }
    assert CustomerAttribute.objects.get(key="vip").value is True
    assert Event.objects.get().external_id == "customers:7:registered"


def test_an_order_moves_on_and_each_state_is_one_event(server):
    line = {"product_id": "p1", "name": "龙井", "category": "茶", "quantity": 2, "price_fen": 9950}
    server.post(
        "orders",
        order(status="placed", occurred_at=(NOW - timedelta(hours=1)).isoformat(), lines=[line]),
    )
    server.post("orders", order(status="paid", discount_fen=1000, lines=[line], coupon_code="A1B2"))

    row = Order.objects.get()
    assert (row.status, row.total_fen, row.paid_fen, row.net_fen, row.lines.get().product_id) == (
        "paid",
        19900,
        18900,
        18900,
        "p1",
    )
    events = Event.objects.order_by("occurred_at").values_list(
        "name__name", "external_id", "amount_fen", "keys"
    )
    assert list(events) == [
        ("Order Placed", "orders:1001:placed", 19900, ["p1"]),
        ("Order Completed", "orders:1001:paid", 18900, ["p1"]),
    ]
    assert "A1B2" not in str(list(Event.objects.values_list("properties")))


def test_a_refund_lowers_the_net_whichever_came_first(server):
    server.post("refunds", ITEMS["refunds"])
    server.post("orders", order())

    assert Order.objects.get().net_fen == 19800
    assert Refund.objects.get().amount_fen == 100
    assert sorted(Event.objects.values_list("name__name", flat=True)) == [
        "Order Completed",
        "Order Refunded",
    ]


def test_consents_and_products_have_their_rows(server):
    server.post("consents", ITEMS["consents"])
    server.post("products", ITEMS["products"])

    assert Consent.objects.values_list("channel", "purpose", "is_granted").get() == (
        "sms",
        "marketing",
        True,
    )
    assert Product.objects.values_list("product_id", "category", "price_fen").get() == (
        "p1",
        "茶",
        19900,
    )


def booking(status, **more):
    return ITEMS["bookings"] | {"status": status} | more


def test_whom_a_booking_is_for(server):
    assert server.post(
        "bookings", booking("booked", **{"for": {"key": "c1", "name": "小明"}})
    ).status_code in (200, 202)
    row = Booking.objects.get()
    assert (row.for_key, row.for_name) == ("c1", "小明")
    assert Event.objects.get().properties["for_key"] == "c1"

    for wrong in ({"name": "x"}, {"key": ""}, "c1"):
        answer = server.post("bookings", booking("confirmed", **{"for": wrong}))
        assert answer.status_code == 400
        assert "$.for" in answer.text


def test_attributes_of_ours_are_not_written_by_others(server):
    item = {"identities": {"member_id": "1"}, "attributes": {"crm_welcomed": True}}
    answer = server.post("customers", item)
    assert answer.status_code == 400
    assert "reserved_name" in answer.text
    assert "$.attributes.crm_welcomed" in answer.text
    assert not CustomerAttribute.objects.exists()


def test_a_booking_moves_on_and_each_state_is_one_event(server):
    class_ = {
        "kind": "class",
        "product_id": "c1",
        "name": "钢琴",
        "place": "3 号琴房",
        "resource": "林老师",
    }
    moments = [(NOW + timedelta(days=days)).isoformat() for days in (2, 9, 16)]
    server.post("bookings", booking("booked", starts_at=moments[0], **class_))
    for minutes, starts_at in enumerate(moments[1:], start=1):
        told_at = (NOW + timedelta(minutes=minutes)).isoformat()
        server.post(
            "bookings", booking("rescheduled", starts_at=starts_at, occurred_at=told_at, **class_)
        )

    row = Booking.objects.get()
    assert (row.status, row.kind, row.starts_at, row.resource) == (
        "rescheduled",
        "class",
        NOW + timedelta(days=16),
        "林老师",
    )
    events = Event.objects.order_by("occurred_at").values_list(
        "name__name", "keys", "properties__starts_at"
    )
    shown = [moment.replace("+00:00", "Z") for moment in moments]
    assert list(events) == [
        ("Booking Created", ["c1"], shown[0]),
        ("Booking Rescheduled", ["c1"], shown[1]),
        ("Booking Rescheduled", ["c1"], shown[2]),
    ]


@pytest.mark.parametrize(
    ("status", "name"),
    [
        ("confirmed", "Booking Confirmed"),
        ("cancelled", "Booking Cancelled"),
        ("no_show", "Booking Missed"),
        ("attended", "Booking Attended"),
    ],
)
def test_a_state_of_a_booking_has_a_standard_name(server, status, name):
    server.post("bookings", booking(status))

    assert Event.objects.values_list("name__name", "external_id").get() == (
        name,
        f"bookings:B1:{status}",
    )


def test_the_event_of_a_measurement_says_everything_but_the_value(server):
    server.post("measurements", ITEMS["measurements"] | {"text": "偏高", "product_id": "s1"})

    assert Measurement.objects.values_list("number", "kind", "value", "unit", "text").get() == (
        "m1",
        "weight",
        71.5,
        "kg",
        "偏高",
    )
    event = Event.objects.get()
    assert (event.name.name, event.external_id, event.keys) == (
        "Measurement Recorded",
        "measurements:m1:recorded",
        ["s1"],
    )
    assert event.properties == {
        "measurement_id": "m1",
        "kind": "weight",
        "unit": "kg",
        "product_id": "s1",
        "booking_number": "",
    }


@pytest.mark.parametrize(
    "door", ["orders", "refunds", "bookings", "measurements", "consents", "products"]
)
def test_only_a_server_may_state_what_is_money_or_law(client, door):
    status, body = told(client.post(door, ITEMS[door]))

    assert (status, body["code"]) == (403, "server_only")
    assert not Event.objects.exists()


def test_a_client_cannot_state_consents_inside_a_customer(client):
    item = {
        "identities": {"anonymous_id": "a"},
        "consents": [{"channel": "sms", "purpose": "marketing", "granted": True}],
    }

    assert told(client.post("customers", item))[1]["code"] == "server_only"
    assert client.post("customers", item).status_code == 403


@pytest.mark.parametrize("name", sorted(STATED_EVENTS))
def test_an_order_or_booking_told_by_a_client_is_behaviour(client, server, name):
    client.post(
        "events", event(name=name, identities={"anonymous_id": "a"}, properties={"total_fen": 99})
    )
    server.post("events", event(name=name))

    assert sorted(Event.objects.values_list("name__name", flat=True)) == sorted(
        [name, f"{name} (client)"]
    )


def test_a_member_id_from_a_client_is_a_claim(client):
    client.post("events", event(identities={"member_id": "10086", "anonymous_id": "phone-1"}))

    assert list(Identity.objects.values_list("kind", "value")) == [("anonymous_id", "phone-1")]
    assert list(IdentityClaim.objects.values_list("kind", "value")) == [("member_id", "10086")]


def test_what_an_event_is_about_and_its_amount_are_lifted_out(server):
    properties = {
        "product_id": 7,
        "products": [{"product_id": "p1"}, {"product_id": "p1"}, {"x": 1}, 3],
        "course_id": "c",
        "price_fen": 5,
        "phone": "13812345678",
    }

    server.post("events", event(properties=properties))

    row = Event.objects.get()
    assert (row.keys, row.amount_fen) == (["7", "c", "p1"], 5)
    assert "13812345678" not in json.dumps(row.properties)


def test_the_answer_names_the_request(server):
    answer = server.post("events", {})

    assert told(answer)[1]["request_id"] == answer["X-Request-Id"]
    assert answer["Content-Type"] == "application/problem+json"


def test_only_posts_are_heard(server):
    answer = server.http.put("/api/v1/events", b"{}", content_type="application/json")

    assert (answer.status_code, answer["Allow"]) == (405, "POST")


@pytest.mark.parametrize(("state", "seconds"), [("55P03", "1"), (None, "5")])
def test_when_the_database_cannot_nothing_is_promised(server, monkeypatch, state, seconds):
    def away(*args, **kwargs):
        error = OperationalError("away")
        error.__cause__ = type("Cause", (Exception,), {"sqlstate": state})()
        raise error

    monkeypatch.setattr(ingest, "record", away)

    answer = server.post("events", event())

    assert (answer.status_code, answer["Retry-After"]) == (503, seconds)


def test_a_source_that_sends_too_much_is_told_to_wait(server, settings, monkeypatch):
    settings.INTAKE_REQUESTS_PER_SECOND = 5
    this_second = time.time()
    monkeypatch.setattr(time, "time", lambda: this_second)

    answers = [server.post("events", event(f"e{n}")) for n in range(12)]

    assert [a.status_code for a in answers] == [202] * 5 + [429] * 7
    assert answers[-1]["Retry-After"] == "1"
    assert Event.objects.count() == 5


def test_intake_goes_on_without_the_cache(server, settings, monkeypatch):
    def away(*args, **kwargs):
        raise CacheAway

    settings.INTAKE_REQUESTS_PER_SECOND = 1
    monkeypatch.setattr(cache, "add", away)

    assert [server.post("events", event(f"e{n}")).status_code for n in range(3)] == [202] * 3
