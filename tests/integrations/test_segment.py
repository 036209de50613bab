"""Segment's calls: real clients' recorded bytes, the traps they hold, and orders that only a secret
key may make."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from customers.models import CustomerAttribute, Identity, IdentityClaim
from events.models import Event, Order, OrderLine, Refund
from integrations.models import Quarantine
from tests.integrations.foreign import (
    a_segment,
    basic,
    call,
    events,
    names,
    recording,
    refused,
    replay,
)

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
ORDER = {
    "order_id": "O-1",
    "total": 189.9,
    "discount": 10.1,
    "products": [
        {"product_id": "P1", "sku": "S1", "name": "咖啡", "price": 199.99, "quantity": 1},
        {"sku": "S2", "price": "0.01"},
    ],
}


def posted(body: bytes, path="v1/track", **headers):
    return Client().post(
        f"/{path}",
        body,
        content_type=headers.pop("content_type", "application/json"),
        headers=headers,
    )


def told(answer):
    return answer.status_code, json.loads(answer.content)


@pytest.mark.parametrize("recorded", ["seg_node", "seg_py"])
@pytest.mark.parametrize("trust", ["client", "server"])
def test_recorded_batches_are_stored_once_as_they_were_sent(recorded, trust):
    _source, key = a_segment(trust)
    sent = [item for request in recording(recorded) for item in request["decoded"]["batch"]]

    for _attempt in range(2):
        assert [told(replay(request, key)) for request in recording(recorded)] == [
            (200, {"success": True, "accepted": 7, "rejected": []})
        ]

    order = "Order Completed" if trust == "server" else "Order Completed (client)"
    assert names() == [
        "Profile Updated",
        order,
        "Product Viewed",
        "Page Viewed",
        "Screen Viewed",
        "Group Joined",
        "Identity Linked",
    ]
    for item, event in zip(sent, events(), strict=True):
        if item["type"] == "track":
            assert event.properties == item["properties"]
            assert item.get("context", {}).items() <= event.context.items()
        if item["type"] != "track" or item["event"] != "Order Completed":
            assert event.external_id == item["messageId"]
    assert Order.objects.count() == (trust == "server")
    assert refused() == []


def test_a_server_source_joins_what_a_client_source_only_claims():
    _source, key = a_segment("server")
    for request in recording("seg_node"):
        replay(request, key)

    assert len({event.customer_id for event in events()}) == 1
    assert set(Identity.objects.values_list("kind", flat=True)) == {
        "member_id",
        "anonymous_id",
        "phone",
        "email",
    }
    assert CustomerAttribute.objects.get(key="name").value == "小明"
    assert CustomerAttribute.objects.get(key="phone").value is None  # sealed
    assert "13800138000" not in json.dumps([event.properties for event in events()])


def test_a_client_source_claims_and_resolves_by_the_anonymous_id_alone():
    _source, key = a_segment("client")
    for request in recording("seg_node"):
        replay(request, key)

    assert set(Identity.objects.values_list("kind", flat=True)) == {"anonymous_id"}
    assert set(IdentityClaim.objects.values_list("kind", flat=True)) == {
        "member_id",
        "phone",
        "email",
    }


@pytest.mark.parametrize(
    "headers",
    [
        {"content_encoding": "gzip", "content_type": "application/x-www-form-urlencoded"},
        {"content_type": "application/octet-stream"},
    ],
)
def test_gzip_is_told_by_its_first_bytes(headers):
    _source, key = a_segment()
    body = json.dumps(
        {"userId": None, "anonymousId": "a1", "event": "Hello", "writeKey": key}
    ).encode()

    assert posted(gzip.compress(body), **headers).status_code == 200
    assert posted(body, content_encoding="gzip").status_code == 200  # named gzip, but none

    assert names() == ["Hello", "Hello"]


@pytest.mark.parametrize("way", ["basic", "bearer", "body"])
def test_the_key_comes_three_ways(way):
    _source, key = a_segment()
    headers = {
        "basic": {"authorization": basic(key)},
        "bearer": {"authorization": f"Bearer {key}"},
        "body": {},
    }[way]
    body = {"anonymousId": "a1", "event": "Hello", **({"writeKey": key} if way == "body" else {})}

    assert posted(json.dumps(body).encode(), **headers).status_code == 200


@pytest.mark.parametrize("key", ["", "unknown", "hrt_unknown", "the public key of a server source"])
def test_an_unknown_key_is_told_nothing(key):
    source, _token = a_segment("server")
    key = source.key if key.startswith("the public") else key

    assert call(key, "track", userId="1", event="Hello").status_code == 401
    assert events() == []


@pytest.mark.parametrize(
    ("call_", "code"),
    [
        ({"type": "track", "userId": "1"}, "missing_field"),
        ({"type": "track", "event": "Hello"}, "missing_identity"),
        (
            {"type": "track", "event": "Hello", "userId": None, "anonymousId": "undefined"},
            "missing_identity",
        ),
        ({"type": "dance", "userId": "1"}, "unknown_value"),
        (
            {"type": "track", "userId": "1", "event": "Hello", "timestamp": "yesterday"},
            "invalid_time",
        ),
        ({"type": "track", "userId": "1", "event": "a\x00b"}, "invalid_text"),
        (
            {"type": "track", "userId": "1", "event": "Hello", "properties": {"a": "\ud800"}},
            "invalid_text",
        ),
        (
            {"type": "track", "userId": "1", "event": "Hello", "properties": {"a": 10**30}},
            "out_of_range",
        ),
        ({"type": "track", "userId": "1", "event": "Hello", "properties": [1]}, "wrong_type"),
        (
            {"type": "track", "userId": "1", "event": "Hello", "properties": {"a": "x" * 40_000}},
            "event_too_large",
        ),
        ({"type": "group", "userId": "1"}, "missing_field"),
        (7, "wrong_type"),
    ],
)
def test_a_bad_call_goes_to_the_quarantine_and_spoils_no_other(call_, code):
    _source, key = a_segment()
    good = {"type": "track", "event": "Good", "anonymousId": "a1"}

    status, body = told(call(key, "batch", batch=[good, call_, good]))

    assert (status, body["accepted"], [one["code"] for one in body["rejected"]]) == (200, 2, [code])
    assert names() == ["Good", "Good"]
    assert refused() == [code]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{not json", "invalid_json"),
        (b"[" * 100_000, "invalid_json"),
        (b'{"batch":7}', "wrong_type"),
        (b"[]", "wrong_type"),
        (b'{"batch":[],"context":{"a":"\\ud800"}}', "invalid_text"),
        (b'{"batch":[],"context":"%b"}' % (b"x" * 9000), "wrong_type"),
    ],
)
def test_an_unreadable_body_is_400_and_kept(body, code):
    _source, key = a_segment()

    answer = posted(body, "v1/batch", authorization=basic(key))

    assert (answer.status_code, json.loads(answer.content)["code"]) == (400, code)
    assert refused() == [code]


def test_too_large_is_400_and_a_bomb_too():
    _source, key = a_segment()

    assert posted(b"x" * 600_000, authorization=basic(key)).status_code == 400
    assert posted(gzip.compress(b"x" * 5_000_000), authorization=basic(key)).status_code == 400


def test_the_message_id_dedupes_and_transport_does_not_count():
    _source, key = a_segment()
    hello = {"type": "track", "event": "Hello", "anonymousId": "a1", "messageId": "m1"}

    call(key, "batch", batch=[hello], sentAt="2026-01-01T00:00:00Z")
    call(
        key,
        "batch",
        batch=[hello | {"sentAt": "2026-01-02T00:00:00Z", "_metadata": {"retry": 1}}],
        sentAt="2026-01-02T00:00:00Z",
    )
    call(key, "batch", batch=[hello | {"properties": {"other": 1}}])

    assert names() == ["Hello"]
    assert refused() == ["id_reused"]


def test_without_a_message_id_the_content_and_its_time_dedupe():
    _source, key = a_segment()
    hello = {"event": "Hello", "anonymousId": "a1"}

    for _attempt in range(2):
        call(key, "track", **hello, timestamp=NOW.isoformat())
        call(key, "track", **hello)

    assert names() == ["Hello"] * 3


def test_a_clock_that_is_wrong_is_corrected_by_what_it_said_when_sending():
    _source, key = a_segment()
    theirs = NOW - timedelta(days=400)

    call(
        key,
        "track",
        event="Hello",
        anonymousId="a1",
        timestamp=(theirs - timedelta(hours=1)).isoformat(),
        sentAt=theirs.isoformat(),
    )

    assert abs(events()[0].occurred_at - (datetime.now(UTC) - timedelta(hours=1))) < timedelta(
        seconds=30
    )


def test_the_context_of_the_batch_stands_under_that_of_the_call():
    _source, key = a_segment()
    campaign = {"campaign": {"name": "summer", "source": "wecom"}, "ip": "203.0.113.9"}

    call(
        key,
        "batch",
        batch=[
            {
                "type": "track",
                "event": "Hello",
                "anonymousId": "a1",
                "context": {"ip": "203.0.113.10"},
            }
        ],
        context=campaign,
    )

    assert events()[0].context == {"campaign": campaign["campaign"], "ip": "203.0.113.10"}


def test_an_order_of_a_server_source_is_an_order_in_fen():
    _source, key = a_segment("server")

    call(key, "track", event="Order Completed", userId="10086", properties=ORDER, messageId="m1")
    call(
        key,
        "track",
        event="Order Refunded",
        userId="10086",
        properties={"order_id": "O-1", "total": 0.29},
        messageId="m2",
    )

    order = Order.objects.get()
    assert (
        order.number,
        order.status,
        order.total_fen,
        order.discount_fen,
        order.paid_fen,
        order.refunded_fen,
    ) == (("O-1", "paid", 20000, 1010, 18990, 29))
    assert list(
        OrderLine.objects.order_by("pk").values_list("product_id", "quantity", "price_fen")
    ) == [("P1", 1, 19999), ("S2", 1, 1)]
    assert Refund.objects.get().number == "m2"
    assert [(event.external_id, event.amount_fen, event.keys) for event in events()] == [
        ("orders:O-1:paid", 18990, ["P1", "S1", "S2"]),
        ("refunds:m2:refunded", 29, None),
    ]


def test_an_order_of_a_client_is_behaviour():
    _source, key = a_segment(believe_identities=True)

    for name in ("Order Completed", "Order Refunded", "Order Cancelled"):
        call(key, "track", event=name, userId="10086", properties=ORDER)

    assert names() == [
        "Order Completed (client)",
        "Order Refunded (client)",
        "Order Cancelled (client)",
    ]
    assert not Order.objects.exists()
    assert not Refund.objects.exists()


def test_an_order_without_its_number_or_total_is_kept_for_mending():
    _source, key = a_segment("server")

    call(key, "track", event="Order Completed", userId="10086", properties={"total": 1})
    call(key, "track", event="Order Completed", userId="10086", properties={"order_id": "1"})

    assert list(Quarantine.objects.order_by("pk").values_list("path", flat=True)) == [
        "$.properties.order_id",
        "$.properties.total",
    ]
    assert not Event.objects.exists()
