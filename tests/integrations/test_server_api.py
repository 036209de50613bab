"""What the mini-program's server asks and does, and what another shop's server must not see."""

import json
import secrets
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.test import Client
from redis.exceptions import ConnectionError as CacheAway

from campaigns import coupons
from campaigns.coupons import Wanted
from campaigns.models import Message, Run
from customers.identity import merging
from customers.models import Customer, CustomerAttribute, CustomerTag, Membership, Segment, Tag
from events.models import Event, Product, ProductSales
from integrations.server_api import guessing
from tests.factories import a_batch, a_namespace, a_source, an_event, happened, member

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
READS = [
    *("customers", "orders", "bookings", "measurements", "coupons", "messages"),
    "recommendations",
]


class Server:
    """One shop's back end."""

    def __init__(self, sender, key="shop", **more):
        self.source = a_source(namespace=a_namespace(key), **more)
        self.token = self.source.issue_secrets()["read_token"]
        self.sender = sender(self.source)

    def get(self, path, **params):
        return Client().get(
            f"/api/v1/{path}", params, headers={"authorization": f"Bearer {self.token}"}
        )

    def results(self, path, **params):
        answer = self.get(path, **params)
        assert answer.status_code == 200, answer.content
        return json.loads(answer.content)["results"]

    def post(self, path, data):
        answer = self.sender.post(path, data)
        return answer.status_code, json.loads(answer.content)

    def knows(self, number) -> Customer:
        return Customer.objects.get(
            pk=happened(self.source, an_event(member(number)))[0].customer_id
        )


@pytest.fixture
def shop(sender):
    return Server(sender)


@pytest.fixture
def other(sender):
    return Server(sender, "other")


def a_coupon(customer, namespace, **more):
    batch = a_batch(namespace=namespace, **more)
    wanted = Wanted(customer.pk, customer.pk, secrets.token_hex(8))
    return coupons.issue(batch, [wanted], by="test", now=NOW - timedelta(minutes=1))[
        wanted.effect_key
    ]


def a_message(customer, **more):
    content = {"title": "你好", "body": "…", "page": "pages/index"}
    fields = {
        "channel": "in_app",
        "purpose": "marketing",
        "state": "sent",
        "effect_key": secrets.token_hex(8),
        "created_at": NOW,
        "sent_at": NOW,
    }
    return Message.objects.create(
        customer=customer, origin_customer=customer, content=content, **{**fields, **more}
    )


def a_booking(number="1", **more):
    fields = {
        "number": number,
        "status": "booked",
        "kind": "class",
        "product_id": "c1",
        "name": "钢琴",
    }
    return {
        **fields,
        "occurred_at": NOW.isoformat(),
        "starts_at": "2026-12-01T07:00:00Z",
        "identities": {"member_id": "1"},
        **more,
    }


def a_measurement(id="m1", **more):
    return {
        "id": id,
        "kind": "weight",
        "value": 71.5,
        "unit": "kg",
        "occurred_at": NOW.isoformat(),
        "identities": {"member_id": "1"},
        **more,
    }


def test_a_customer_is_found_by_any_identity(shop):
    shop.post(
        "customers",
        {
            "identities": {
                "member_id": "7",
                "openid": "o1",
                "app_id": "wx1",
                "phone": "13812345678",
            },
            "attributes": {"name": "王小明", "id_card": "110"},
        },
    )
    customer = Customer.objects.get()
    CustomerTag.objects.create(
        customer=customer, origin_customer=customer, tag=Tag.objects.create(name="会员"), since=NOW
    )
    segment = Segment.objects.create(name="活跃")
    Membership.objects.create(customer=customer, segment=segment, entered_at=NOW)

    found = shop.results("customers", member_id="7")

    expected = {
        "public_id": str(customer.public_id),
        "name": "王小明",
        "tags": ["会员"],
        "segments": [{"id": segment.pk, "name": "活跃"}],
        "attributes": {"name": "王小明"},
    }
    assert found == [expected]
    for identity in (
        {"openid": "o1", "app_id": "wx1"},
        {"phone": "+86 138-1234-5678"},
        {"customer": customer.public_id},
    ):
        assert shop.results("customers", **identity) == [expected]
    assert shop.results("customers", openid="o1", app_id="wx2") == []


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "which_customer"),
        ({"member_id": "1", "phone": "13812345678"}, "which_customer"),
        ({"member_id": "\0"}, "invalid_text"),
        ({"phone": "123"}, "invalid_phone"),
        ({"customer": "1' OR 1=1"}, "invalid_id"),
        ({"member_id": "undefined"}, "invalid_identity"),
    ],
)
@pytest.mark.parametrize("path", READS)
def test_a_question_about_nobody_is_refused(shop, path, params, code):
    answer = shop.get(path, **params)

    assert (answer.status_code, json.loads(answer.content)["code"]) == (400, code)


@pytest.mark.parametrize(
    "params",
    [
        {"limit": "0"},
        {"limit": "x"},
        {"limit": "201"},
        {"cursor": "-1"},
        {"cursor": "9" * 30},
        {"cursor": "１"},
        {"state": "lost"},
        {"batch": "9" * 30},
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(shop, params):
    shop.knows(1)

    assert shop.get("coupons", member_id="1", **params).status_code == 400


@pytest.mark.parametrize(
    "path", ["customers", "orders", "bookings", "measurements", "coupons", "messages"]
)
@pytest.mark.parametrize("token", ["", "hrt_no", "\xff"])
def test_without_a_read_token_nothing_is_told(path, token):
    answer = Client().get(
        f"/api/v1/{path}", {"member_id": "1"}, headers={"authorization": f"Bearer {token}"}
    )

    assert (answer.status_code, json.loads(answer.content)["code"]) == (401, "unauthorized")


def test_neither_key_nor_a_client_source_reads(shop, sender):
    client = Server(sender, trust="client")
    shop.token = shop.source.key

    assert [
        shop.get("customers", member_id="1").status_code,
        client.get("customers", member_id="1").status_code,
    ] == [401, 401]


def test_another_shop_sees_none_of_it(shop, other):
    customer = shop.knows(1)
    other.knows(2)
    shop.post("customers", {"identities": {"member_id": "1", "phone": "13812345678"}})
    shop.post(
        "orders",
        {
            "number": "1",
            "status": "paid",
            "occurred_at": NOW.isoformat(),
            "identities": {"member_id": "1"},
            "total_fen": 1,
        },
    )
    shop.post("bookings", a_booking())
    shop.post("measurements", a_measurement())
    coupon, message = a_coupon(customer, shop.source.namespace), a_message(customer)

    for whose in ({"customer": customer.public_id}, {"member_id": "1"}, {"phone": "13812345678"}):
        for path in ("customers", "orders", "bookings", "measurements", "coupons", "messages"):
            assert len(shop.results(path, **whose)) == 1, path
            assert other.results(path, **whose) == [], path
    order = {"code": coupon.code, "order_number": "1", "total_fen": 100000}
    assert [other.post(f"coupons/{move}", order)[1]["code"] for move in ("reserve", "redeem")] == [
        "unknown_coupon"
    ] * 2
    assert (
        other.post("messages/read", {"message_ids": [message.pk]})[1]["rejected"][0]["code"]
        == "unknown_message"
    )


def test_orders_come_with_their_lines(shop):
    line = {"product_id": "p1", "name": "龙井", "category": "茶", "quantity": 2, "price_fen": 9950}
    shop.post(
        "orders",
        {
            "number": "1",
            "status": "paid",
            "occurred_at": NOW.isoformat(),
            "identities": {"member_id": "1"},
            "total_fen": 19900,
            "lines": [line],
        },
    )

    (order,) = shop.results("orders", member_id="1", status="paid")

    assert {k: order[k] for k in ("number", "net_fen", "lines")} == {
        "number": "1",
        "net_fen": 19900,
        "lines": [line],
    }
    assert shop.results("orders", member_id="1", status="placed") == []


def test_bookings_are_asked_for_by_state_and_time(shop):
    later = a_booking(
        "2",
        status="confirmed",
        starts_at="2026-12-08T07:00:00Z",
        ends_at="2026-12-08T08:00:00Z",
        place="3 号琴房",
    )
    shop.post("bookings", {"batch": [a_booking(), later]})

    (first,) = shop.results("bookings", member_id="1", starts_before="2026-12-02T00:00:00+08:00")
    (second,) = shop.results(
        "bookings",
        member_id="1",
        status="confirmed",
        kind="class",
        starts_after="2026-12-08T07:00:00Z",
    )

    assert (first["number"], first["status"], first["starts_at"], first["name"]) == (
        "1",
        "booked",
        "2026-12-01T15:00:00+08:00",
        "钢琴",
    )
    assert (second["number"], second["ends_at"], second["place"]) == (
        "2",
        "2026-12-08T16:00:00+08:00",
        "3 号琴房",
    )
    assert shop.get("bookings", member_id="1", status="lost").status_code == 400


def test_measurements_are_asked_for_by_kind_and_time(shop):
    shop.post(
        "measurements",
        {"batch": [a_measurement(), a_measurement("m2", kind="grade", value=None, text="甲")]},
    )

    (weight,) = shop.results("measurements", member_id="1", kind="weight")
    assert {k: weight[k] for k in ("id", "kind", "value", "unit", "text")} == {
        "id": "m1",
        "kind": "weight",
        "value": 71.5,
        "unit": "kg",
        "text": "",
    }
    assert [m["text"] for m in shop.results("measurements", member_id="1")] == ["甲", ""]
    assert (
        shop.results(
            "measurements", member_id="1", occurred_after=(NOW + timedelta(hours=1)).isoformat()
        )
        == []
    )


def test_a_zone_that_only_python_knows_is_no_zone(shop):
    shop.knows(1)

    assert (
        shop.get("orders", member_id="1", paid_after="2026-11-20T10:00:00+18:00").status_code == 400
    )


def test_pages_follow_each_other_without_gaps(shop):
    customer = shop.knows(1)
    sent = [a_message(customer).pk for _ in range(7)]

    seen, cursor = [], {}
    while cursor is not None:
        body = json.loads(shop.get("messages", member_id="1", limit=3, **cursor).content)
        seen += [row["id"] for row in body["results"]]
        a_message(customer)  # a new one at the front shifts nothing
        cursor = body["next"] and {"cursor": body["next"]}

    assert seen == sent[::-1]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("path", "queries"), [("orders", 8), ("coupons", 6), ("messages", 6)])
def test_a_list_asks_the_database_as_often_for_three_as_for_one(
    shop, django_assert_max_num_queries, path, queries, count
):
    customer = shop.knows(1)
    for n in range(count):
        a_message(customer, coupon_id=a_coupon(customer, shop.source.namespace).pk)
        shop.post(
            "orders",
            {
                "number": str(n),
                "status": "paid",
                "occurred_at": NOW.isoformat(),
                "identities": {"member_id": "1"},
                "total_fen": 1,
            },
        )

    with django_assert_max_num_queries(queries):
        assert len(shop.results(path, member_id="1")) == count


def test_messages_in_the_mini_program(shop):
    customer = shop.knows(1)
    coupon = a_coupon(customer, shop.source.namespace)
    read, unread = a_message(customer, opened_at=NOW), a_message(customer, coupon_id=coupon.pk)
    a_message(customer, channel="sms")
    a_message(customer, state="queued", sent_at=None)

    assert [row["id"] for row in shop.results("messages", member_id="1")] == [unread.pk, read.pk]
    (row,) = shop.results("messages", member_id="1", unread="true")
    assert {k: row[k] for k in ("title", "page", "coupon_code", "opened_at")} == {
        "title": "你好",
        "page": "pages/index",
        "coupon_code": coupon.code,
        "opened_at": None,
    }


def test_an_opened_message_is_an_event_once(shop):
    customer = shop.knows(1)
    first, second = a_message(customer), a_message(customer)

    assert shop.post("messages/read", {"message_ids": [first.pk]}) == (
        202,
        {"accepted": 1, "duplicate": 0, "rejected": []},
    )
    status, body = shop.post(
        "messages/read",
        {"message_ids": [first.pk, second.pk, 999_999], "occurred_at": NOW.isoformat()},
    )
    assert (status, body["accepted"], body["duplicate"]) == (202, 1, 1)
    assert [(r["index"], r["code"]) for r in body["rejected"]] == [(2, "unknown_message")]
    assert shop.post("messages/read", {"message_ids": [first.pk, second.pk]})[0] == 200
    events = Event.objects.filter(name__name="Message Opened").order_by("id")
    assert [(e.customer_id, e.external_id, e.properties) for e in events] == [
        (customer.pk, f"receipt:{m.pk}:opened", {"message_id": m.pk}) for m in (first, second)
    ]


def test_the_receiver_of_a_message_may_be_known_by_phone_alone(shop):
    shop.post("customers", {"identities": {"phone": "13812345678"}})
    customer = Customer.objects.get()

    assert shop.post("messages/read", {"message_ids": [a_message(customer).pk]})[0] == 202
    assert set(Event.objects.values_list("customer_id", flat=True)) == {customer.pk}


def test_the_receiver_of_a_message_may_be_known_by_a_claim_alone(shop, other, sender):
    happened(a_source(trust="client", namespace=shop.source.namespace), an_event(member(9)))
    customer = Customer.objects.get()
    message = a_message(customer)

    assert other.post("messages/read", {"message_ids": [message.pk]})[0] == 400
    assert shop.post("messages/read", {"message_ids": [message.pk]})[0] == 202
    assert Event.objects.get(name__name="Message Opened").customer_id == customer.pk


def test_a_receipt_goes_to_whom_the_receiver_was_merged_into(shop):
    survivor, loser = shop.knows(1), shop.knows(2)
    message = a_message(loser)
    merging.merge(survivor.pk, loser.pk, by="test", identity="", now=NOW)

    assert shop.post("messages/read", {"message_ids": [message.pk]})[0] == 202
    receipt = Event.objects.get(name__name="Message Opened")
    assert (receipt.customer_id, receipt.origin_customer_id) == (survivor.pk, loser.pk)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message_ids": []},
        {"message_ids": ["1"]},
        {"message_ids": [0]},
        {"message_ids": [2**63]},
        {"message_ids": [1] * 501},
        {"message_ids": [1], "x": 1},
    ],
)
def test_a_receipt_that_makes_no_sense_is_refused(shop, body):
    assert shop.post("messages/read", body)[0] == 400


def test_a_coupon_is_reserved_redeemed_and_spent(shop):
    coupon = a_coupon(shop.knows(1), shop.source.namespace, threshold_fen=5000, amount_off_fen=1000)
    order = {"code": coupon.code.lower(), "order_number": "A1", "total_fen": 20000}

    (held,) = shop.results("coupons", member_id="1", state="issued")
    status, reserved = shop.post("coupons/reserve", order)
    redeemed = shop.post("coupons/redeem", order)
    again = shop.post("coupons/redeem", order | {"order_number": "A2"})

    assert {k: held[k] for k in ("code", "kind", "amount_off_fen", "threshold_fen")} == {
        "code": coupon.code,
        "kind": "amount",
        "amount_off_fen": 1000,
        "threshold_fen": 5000,
    }
    assert (status, reserved["state"], reserved["discount_fen"]) == (200, "reserved", 1000)
    assert (redeemed[0], redeemed[1]["state"], redeemed[1]["order_number"]) == (
        200,
        "redeemed",
        "A1",
    )
    assert (again[0], again[1]["code"], again[1]["order_number"]) == (409, "already_redeemed", "A1")


def test_a_cancelled_order_gives_its_coupons_back(shop):
    coupon = a_coupon(shop.knows(1), shop.source.namespace)
    shop.post("coupons/reserve", {"code": coupon.code, "order_number": "A1", "total_fen": 100000})

    assert shop.post("coupons/release", {"order_number": "A1"}) == (200, {"released": 1})
    assert shop.post("coupons/release", {"order_number": "A1"}) == (200, {"released": 0})


def test_a_repeated_redemption_is_answered_as_the_first_was(shop):
    coupon = a_coupon(shop.knows(1), shop.source.namespace)
    order = {"code": coupon.code, "order_number": "A1", "total_fen": 100000}

    first = shop.post("coupons/redeem", order)

    assert first[0] == 200
    assert shop.post("coupons/redeem", order) == first
    assert shop.post("coupons/redeem", order | {"total_fen": 1}) == first
    assert (
        shop.post("coupons/redeem", order | {"order_number": "A2"})[1]["code"] == "already_redeemed"
    )


def test_an_order_that_has_spent_its_coupon_releases_nothing_and_is_told(shop):
    coupon = a_coupon(shop.knows(1), shop.source.namespace)
    shop.post("coupons/redeem", {"code": coupon.code, "order_number": "A1", "total_fen": 100000})

    status, told = shop.post("coupons/release", {"order_number": "A1"})

    assert (status, told["code"], told["order_number"]) == (409, "already_redeemed", "A1")
    assert "refund" in told["detail"]


@pytest.mark.parametrize("path", READS)
def test_a_parameter_that_nobody_asks_for_is_refused(shop, path):
    shop.knows(1)

    answer = shop.get(path, member_id="1", stat="issued")

    told = json.loads(answer.content)
    assert (answer.status_code, told["code"], told["path"]) == (400, "unknown_parameter", "stat")
    assert "member_id" in told["detail"]


@pytest.mark.parametrize("path", READS)
def test_a_parameter_that_is_given_twice_is_refused(shop, path):
    answer = shop.get(path, member_id=["1", "2"])

    assert (answer.status_code, json.loads(answer.content)["code"]) == (400, "repeated_parameter")


@pytest.mark.parametrize(
    "path", ["coupons/reserve", "coupons/redeem", "coupons/release", "messages/read"]
)
def test_a_move_knows_no_parameters_either(shop, path):
    status, told = shop.post(
        f"{path}?dry_run=1", {"code": "x", "order_number": "1", "total_fen": 1, "message_ids": [1]}
    )

    assert (status, told["code"], told["path"]) == (400, "unknown_parameter", "dry_run")


@pytest.mark.parametrize(
    ("path", "name", "known"),
    [
        ("coupons", "state", "issued"),
        ("orders", "status", "paid"),
        ("bookings", "status", "no_show"),
        ("bookings", "kind", "class"),
    ],
)
def test_a_state_that_there_is_not_is_told_which_there_are(shop, path, name, known):
    shop.knows(1)

    answer = shop.get(path, member_id="1", **{name: "lost"})

    told = json.loads(answer.content)
    assert (answer.status_code, told["code"], told["path"]) == (400, "unknown_value", name)
    assert known in told["detail"]


@pytest.mark.parametrize(
    ("path", "name"),
    [("orders", "paid_after"), ("bookings", "starts_before"), ("measurements", "occurred_after")],
)
def test_a_moment_without_a_zone_is_refused(shop, path, name):
    shop.knows(1)

    answer = shop.get(path, member_id="1", **{name: "2026-12-08T07:00:00"})

    told = json.loads(answer.content)
    assert (answer.status_code, told["code"], told["path"]) == (400, "naive_time", name)


def test_a_client_moves_no_coupons(sender):
    assert (
        Server(sender, trust="client").post(
            "coupons/redeem", {"code": "x", "order_number": "1", "total_fen": 1}
        )[1]["code"]
        == "server_only"
    )


@pytest.mark.parametrize("move", ["reserve", "redeem"])
def test_codes_cannot_be_guessed(shop, move, monkeypatch):
    coupon = a_coupon(shop.knows(1), shop.source.namespace)
    minute = time.time()
    monkeypatch.setattr(
        guessing, "time", SimpleNamespace(time=lambda: minute)
    )  # the count is per minute

    one_order = [
        shop.post(f"coupons/{move}", {"code": f"GUESS{n}", "order_number": "A1", "total_fen": 1})[0]
        for n in range(12)
    ]
    many_orders = [
        shop.post(
            f"coupons/{move}", {"code": f"GUESS{n}", "order_number": f"B{n}", "total_fen": 1}
        )[0]
        for n in range(22)
    ]

    assert one_order == [404] * 10 + [429] * 2
    assert many_orders == [404] * 20 + [429] * 2
    assert (
        shop.post(
            f"coupons/{move}", {"code": coupon.code, "order_number": "C1", "total_fen": 100000}
        )[0]
        == 429
    )


def test_without_the_count_no_code_is_looked_up(shop, monkeypatch):
    def away(*args, **kwargs):
        raise CacheAway

    monkeypatch.setattr(cache, "get_many", away)

    assert shop.post("coupons/redeem", {"code": "x", "order_number": "1", "total_fen": 1})[0] == 503


def test_a_merged_customer_is_found_under_both_public_ids(shop):
    survivor, loser = shop.knows(1), shop.knows(2)
    Customer.objects.filter(pk=loser.pk).update(merged_into=survivor)

    assert [c["public_id"] for c in shop.results("customers", customer=loser.public_id)] == [
        str(survivor.public_id)
    ]


def test_an_erased_customer_is_nobody(shop):
    customer = shop.knows(1)
    CustomerAttribute.objects.create(customer=customer, key="a", value=1, occurred_at=NOW)
    Customer.objects.filter(pk=customer.pk).update(erased_at=NOW)

    assert shop.results("customers", member_id="1") == []
    assert shop.results("customers", customer=customer.public_id) == []


def test_what_to_offer_next_is_of_this_shop_with_its_reason(shop):
    person = shop.knows(1)
    product = Product.objects.create(
        namespace=shop.source.namespace, product_id="p1", name="tea", updated_at=NOW, price_fen=900
    )
    ProductSales.objects.create(product=product, buyers=3, counted_at=NOW)

    assert shop.results("recommendations", customer=str(person.public_id)) == [
        {
            "product_id": "p1",
            "name": "tea",
            "category": "",
            "price_fen": 900,
            "picture_url": "",
            "page": "",
            "reason": "bestseller",
            "because": "",
        }
    ]
    assert shop.results("recommendations", member_id="M-404") == []
    assert shop.get("recommendations", member_id="1", limit="21").status_code == 400


# -- journeys


@pytest.fixture
def called():
    from tests.campaigns.test_leaving import WAIT, a_journey

    journey = a_journey({"s1": WAIT}, trigger={"trigger": "call", "fields": {}})
    journey.refresh_from_db()
    return journey


def start(of, **more):
    asked = {"journey": of.pk, "id": "a1", "identities": {"member_id": "1"}}
    return asked | more


def test_a_server_lets_somebody_into_a_journey_once(shop, called):
    happened(shop.source, an_event(member(1)))
    first = shop.post("journeys/start", start(called, data={"doctor": "林医生"}))
    again = shop.post("journeys/start", start(called, data={"doctor": "林医生"}))

    assert (first, again) == (
        (202, {"status": "started", "id": "a1"}),
        (200, {"status": "duplicate", "id": "a1"}),
    )
    run = Run.objects.get()
    assert (run.journey, run.facts["event"]) == (called, {"doctor": "林医生"})
    assert shop.post("journeys/start", start(called, id="a2"))[0] == 202
    assert Run.objects.count() == 2


def test_what_cannot_be_started_is_refused_with_the_reason(shop, called):
    happened(shop.source, an_event(member(1)))

    def told(**more):
        status, said = shop.post("journeys/start", start(called, **more))
        return status, said["code"]

    assert told(journey=called.pk + 99) == (404, "unknown_journey")
    assert told(identities={"member_id": "2"}) == (404, "unknown_customer")
    assert told(identities={}) == (400, "missing_identity")
    assert told(identities={"member_id": "1", "phone": "13800000000"}) == (400, "which_customer")
    assert told(data={"x": {"y": 1}})[0] == 400
    assert told(data={str(n): n for n in range(21)}) == (400, "wrong_length")
    assert not Run.objects.exists()

    type(called).objects.update(status="paused")
    assert told() == (409, "journey_not_live")


def test_the_rule_of_entry_holds_for_servers_too(shop, called):
    happened(shop.source, an_event(member(1)))
    version = called.published
    version.definition["reentry"] = {"kind": "once"}
    version.save()
    assert shop.post("journeys/start", start(called))[0] == 202
    status, said = shop.post("journeys/start", start(called, id="a2"))
    assert (status, said["code"]) == (409, "not_admitted")
