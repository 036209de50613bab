"""../shared/vectors/bad_inputs.json, the rows that concern the doors: an answer for each, nothing
stored, never a 500."""

import gzip
import json
import time
import zlib
from datetime import UTC, datetime, timedelta

import pytest

from customers.models import Customer
from events.models import Event
from integrations.doors import signatures
from tests.factories import a_source

pytestmark = pytest.mark.django_db

AT = datetime.now(UTC).isoformat()
EVENT = {"id": "e1", "name": "Viewed", "occurred_at": AT, "identities": {"member_id": "1"}}
BOOKING = {
    "number": "1",
    "status": "booked",
    "starts_at": AT,
    "occurred_at": AT,
    "identities": {"member_id": "1"},
}
WEIGHT = {
    "id": "m1",
    "kind": "weight",
    "value": 71.5,
    "unit": "kg",
    "occurred_at": AT,
    "identities": {"member_id": "1"},
}
ORDER = {
    "number": "1",
    "status": "paid",
    "occurred_at": AT,
    "identities": {"member_id": "1"},
    "total_fen": 100,
}


@pytest.fixture
def server(sender):
    sender = sender(a_source())
    sender.post(
        "events", b"x"
    )  # what the first request of a process loads is not the input's doing
    return sender


def with_(item, **more):
    return json.dumps({**item, **more}, ensure_ascii=False).encode()


def properties(raw: str) -> bytes:
    return with_(EVENT, properties="@").replace(
        b'"@"', b'{"x":%b}' % raw.encode("utf-8", "surrogatepass")
    )


BODIES = [
    ("B01 NUL in an id", "events", with_(EVENT, id="a\x00b"), 400, "invalid_text"),
    ("B02 NUL in a property", "events", properties('"a\\u0000"'), 400, "invalid_text"),
    ("B02 NUL in a key", "events", properties('{"a\\u0000":1}'), 400, "invalid_text"),
    ("a raw NUL byte", "events", properties('"a\x00"'), 400, "invalid_json"),
    ("B04 lone surrogate in a property", "events", properties('"\\ud800"'), 400, "invalid_text"),
    ("lone low surrogate", "events", properties('"\\udc00 x"'), 400, "invalid_text"),
    (
        "B05 lone surrogate in an id",
        "events",
        with_(EVENT, id="@").replace(b'"@"', b'"\\ud800"'),
        400,
        "invalid_text",
    ),
    ("surrogate bytes", "events", properties('"\ud800"'), 400, "invalid_text"),
    ("no UTF-8", "events", with_(EVENT, id="@").replace(b"@", b"\xff"), 400, "invalid_text"),
    ("B07 UTF-16", "events", json.dumps(EVENT).encode("utf-16"), 400, "invalid_json"),
    ("B07 UTF-32", "events", json.dumps(EVENT).encode("utf-32"), 400, "invalid_json"),
    ("B12 full-width digits", "orders", with_(ORDER, total_fen="１２"), 400, "wrong_type"),
    (
        "B12 full-width time",
        "events",
        with_(EVENT, occurred_at="２026-11-24T09:00:00Z"),
        400,
        "invalid_time",
    ),
    ("B13 integer 2^63", "orders", with_(ORDER, total_fen=2**63), 400, "out_of_range"),
    ("B13 integer 2^63 as a property", "events", properties(str(2**63)), 400, "out_of_range"),
    (
        "B13 integer -2^63-1 as a property",
        "events",
        properties(str(-(2**63) - 1)),
        400,
        "out_of_range",
    ),
    (
        "B13 integer 2^63 as an attribute",
        "customers",
        with_({"identities": {"member_id": "1"}}, attributes={"x": 2**63}),
        400,
        "out_of_range",
    ),
    ("B15 5,000 digits", "events", properties("1" * 5000), 400, "out_of_range"),
    ("B15 900 digits", "events", properties("1" * 900), 400, "out_of_range"),
    ("B17 1e400", "events", properties("1e400"), 400, "out_of_range"),
    ("B18 1e200000", "events", properties("1e200000"), 400, "out_of_range"),
    ("NaN", "events", properties("NaN"), 400, "invalid_json"),
    ("B20 decimals of money", "orders", with_(ORDER, total_fen="1.005"), 400, "wrong_type"),
    ("B20 a float of money", "orders", with_(ORDER, total_fen=1.0), 400, "wrong_type"),
    (
        "B20 decimals of an event's money",
        "events",
        with_(EVENT, properties={"amount_fen": "1.005"}),
        400,
        "wrong_type",
    ),
    ("B21 negative order", "orders", with_(ORDER, total_fen=-100), 400, "out_of_range"),
    (
        "B21 negative event",
        "events",
        with_(EVENT, properties={"price_fen": -1}),
        400,
        "out_of_range",
    ),
    (
        "a refund of nothing",
        "refunds",
        b'{"number":"1","order_number":"1","amount_fen":0,"occurred_at":"%b"}' % AT.encode(),
        400,
        "out_of_range",
    ),
    ("B23 boolean as integer", "orders", with_(ORDER, total_fen=True), 400, "wrong_type"),
    ("B25 depth 5,000", "events", b"[" * 5000, 400, "wrong_type"),
    ("B25 depth 5,000 in an object", "events", b'{"a":' + b"[" * 5000, 400, "too_deep"),
    ("B26 depth 100,000", "events", b'{"a":' * 80_000, 400, "too_deep"),
    ("B26 depth 100,000 in a batch", "events", b'{"batch":' + b"[" * 100_000, 400, "too_deep"),
    ("depth 21", "events", properties("[" * 19 + "]" * 19), 400, "too_deep"),
    ("depth 900, closed", "events", properties("[" * 900 + "]" * 900), 400, "too_deep"),
    *[
        (f"B28 body {body!r}", "events", body, 400, code)
        for body, code in [
            (b"null", "wrong_type"),
            (b"[]", "wrong_type"),
            (b'""', "wrong_type"),
            (b"1", "wrong_type"),
            (b"", "invalid_json"),
            (b"{}", "missing_field"),
            (b'{"batch":[]}', "empty_batch"),
            (b'{"batch":null}', "wrong_type"),
            (b'{"batch":{}}', "wrong_type"),
        ]
    ],
    (
        "B29 too many keys",
        "events",
        with_(EVENT, properties={f"k{n}": 0 for n in range(256)}),
        400,
        "too_many_keys",
    ),
    (
        "B29 100,000 keys",
        "events",
        b"{" + b",".join(b'"k%d":0' % n for n in range(40_000)) + b"}",
        413,
        "event_too_large",
    ),
    (
        "B31 32 kB + 1",
        "events",
        (filled := with_(EVENT, properties={"x": "@"})).replace(
            b"@", b"x" * (32 * 1024 + 2 - len(filled))
        ),
        413,
        "event_too_large",
    ),
    ("too large altogether", "events", b"x" * 512_001, 413, "too_large"),
    ("1,001 items", "events", b'{"batch":[' + b",".join([b"{}"] * 1001) + b"]}", 413, "too_large"),
    ("something beside the batch", "events", b'{"batch":[{}],"x":1}', 400, "unknown_field"),
    ("an unknown field", "events", with_(EVENT, nmae="x"), 400, "unknown_field"),
    ("B36 id as object", "events", with_(EVENT, id={"$ne": 1}), 400, "wrong_type"),
    ("B36 id as boolean", "events", with_(EVENT, id=True), 400, "wrong_type"),
    ("B37 id as integer", "events", with_(EVENT, id=5), 400, "wrong_type"),
    ("an empty id", "events", with_(EVENT, id=""), 400, "wrong_length"),
    ("an id of 129", "events", with_(EVENT, id="x" * 129), 400, "wrong_length"),
    (
        "B39 year 9999",
        "events",
        with_(EVENT, occurred_at="9999-12-31T23:59:59-12:00"),
        400,
        "out_of_range",
    ),
    (
        "year 1",
        "events",
        with_(EVENT, occurred_at="0001-01-01T00:00:00+14:00"),
        400,
        "out_of_range",
    ),
    (
        "B42 naive time",
        "events",
        with_(EVENT, occurred_at="2026-11-24T09:00:00"),
        400,
        "naive_time",
    ),
    ("a time that is none", "events", with_(EVENT, occurred_at="yesterday"), 400, "invalid_time"),
    ("seconds since 1970", "events", with_(EVENT, occurred_at=1795000000), 400, "wrong_type"),
    ("nobody", "events", with_(EVENT, identities={}), 400, "missing_identity"),
    (
        "nobody but blanks",
        "events",
        with_(EVENT, identities={"member_id": "", "phone": None}),
        400,
        "missing_identity",
    ),
    (
        "a placeholder",
        "events",
        with_(EVENT, identities={"member_id": "undefined"}),
        400,
        "invalid_identity",
    ),
    (
        "a phone that is none",
        "events",
        with_(EVENT, identities={"phone": "123"}),
        400,
        "invalid_phone",
    ),
    (
        "an e-mail that is none",
        "events",
        with_(EVENT, identities={"email": "a@b"}),
        400,
        "invalid_email",
    ),
    ("a blank name", "events", with_(EVENT, name="  "), 400, "blank"),
    (
        "a nested attribute",
        "customers",
        with_({"identities": {"member_id": "1"}}, attributes={"x": {"y": 1}}),
        400,
        "wrong_type",
    ),
    (
        "a key of 101",
        "customers",
        with_({"identities": {"member_id": "1"}}, attributes={"x" * 101: 1}),
        400,
        "wrong_length",
    ),
    ("an unknown status", "orders", with_(ORDER, status="lost"), 400, "unknown_value"),
    (
        "a picture that runs",
        "products",
        b'{"product_id":"1","name":"x","picture_url":"javascript:1","occurred_at":"%b"}'
        % AT.encode(),
        400,
        "wrong_format",
    ),
    (
        "an unknown state of a booking",
        "bookings",
        with_(BOOKING, status="lost"),
        400,
        "unknown_value",
    ),
    ("an unknown kind of booking", "bookings", with_(BOOKING, kind="party"), 400, "unknown_value"),
    (
        "a booking without a time",
        "bookings",
        with_({**BOOKING, "starts_at": None}),
        400,
        "wrong_type",
    ),
    (
        "B42 a booking at a naive time",
        "bookings",
        with_(BOOKING, starts_at="2026-11-24T09:00:00"),
        400,
        "naive_time",
    ),
    (
        "a booking in six years",
        "bookings",
        with_(BOOKING, starts_at=AT.replace("20", "21", 1)),
        400,
        "out_of_range",
    ),
    (
        "a booking that ends before it starts",
        "bookings",
        with_(BOOKING, ends_at="2020-01-01T00:00:00Z"),
        400,
        "out_of_range",
    ),
    ("B01 NUL in a booking", "bookings", with_(BOOKING, place="a\x00b"), 400, "invalid_text"),
    (
        "B04 lone surrogate in a booking",
        "bookings",
        with_(BOOKING, name="@").replace(b"@", b"\\ud800"),
        400,
        "invalid_text",
    ),
    ("a number of 101", "bookings", with_(BOOKING, number="x" * 101), 400, "wrong_length"),
    ("a product of 129", "bookings", with_(BOOKING, product_id="x" * 129), 400, "wrong_length"),
    ("B13 version 2^63", "bookings", with_(BOOKING, version=2**63), 400, "out_of_range"),
    ("a booking of nobody", "bookings", with_(BOOKING, identities={}), 400, "missing_identity"),
    (
        "a measurement that says nothing",
        "measurements",
        with_(WEIGHT, value=None),
        400,
        "missing_field",
    ),
    (
        "a measurement of blanks",
        "measurements",
        with_(WEIGHT, value=None, text="  "),
        400,
        "missing_field",
    ),
    ("a blank kind", "measurements", with_(WEIGHT, kind=" "), 400, "blank"),
    ("a kind of 61", "measurements", with_(WEIGHT, kind="x" * 61), 400, "wrong_length"),
    (
        "B12 full-width digits as a value",
        "measurements",
        with_(WEIGHT, value="７１"),
        400,
        "wrong_type",
    ),
    ("a value in quotes", "measurements", with_(WEIGHT, value="71.5"), 400, "wrong_type"),
    ("B23 boolean as a value", "measurements", with_(WEIGHT, value=True), 400, "wrong_type"),
    ("B13 a value of 10^30", "measurements", with_(WEIGHT, value=10**30), 400, "out_of_range"),
    (
        "B15 a value of 5,000 digits",
        "measurements",
        with_(WEIGHT, value="@").replace(b'"@"', b"1" * 5000),
        400,
        "out_of_range",
    ),
    (
        "B17 a value of 1e400",
        "measurements",
        with_(WEIGHT, value="@").replace(b'"@"', b"1e400"),
        400,
        "out_of_range",
    ),
    (
        "a value of NaN",
        "measurements",
        with_(WEIGHT, value="@").replace(b'"@"', b"NaN"),
        400,
        "invalid_json",
    ),
    (
        "a measurement without an id",
        "measurements",
        with_({n: v for n, v in WEIGHT.items() if n != "id"}),
        400,
        "missing_field",
    ),
    ("B02 NUL in words", "measurements", with_(WEIGHT, text="a\x00b"), 400, "invalid_text"),
    (
        "an unknown channel",
        "consents",
        with_(
            {
                "identities": {"member_id": "1"},
                "channel": "fax",
                "purpose": "marketing",
                "granted": True,
                "occurred_at": AT,
            }
        ),
        400,
        "unknown_value",
    ),
]


@pytest.mark.parametrize(
    ("door", "body", "status", "code"), [pytest.param(*case[1:], id=case[0]) for case in BODIES]
)
def test_a_bad_body_is_refused_with_its_reason(server, door, body, status, code):
    started = time.thread_time()
    answer = server.post(door, body)
    took = time.thread_time() - started

    assert (answer.status_code, json.loads(answer.content)["code"]) == (status, code)
    assert (Event.objects.count(), Customer.objects.count()) == (0, 0)
    assert took < 0.1


GOOD = [
    ("B09 bidi and zero width", with_(EVENT, properties={"n": "\u202eexe.png\u200b"})),
    ("B10 64 emoji as an id", with_(EVENT, id="😀" * 64)),
    ("an escaped pair of surrogates", properties('"\\ud83d\\ude00"')),
    ("a backslash before u0000", properties('"\\\\u0000"')),
    (
        "B34 __proto__",
        with_(EVENT, properties={"__proto__": {"a": 1}, "constructor": 1, "__class__": 2}),
    ),
    (
        "B41 400 days old",
        with_(EVENT, occurred_at=(datetime.now(UTC) - timedelta(days=400)).isoformat()),
    ),
    (
        "B41 two hours ahead",
        with_(EVENT, occurred_at=(datetime.now(UTC) + timedelta(hours=2)).isoformat()),
    ),
    ("a zone beyond PostgreSQL's", with_(EVENT, occurred_at="2026-11-20T10:00:00+18:00")),
    ("duplicate keys", with_(EVENT)[:-1] + b',"id":"e2"}'),
    ("depth 20", properties("[" * 18 + "]" * 18)),
    ("255 keys", with_(EVENT, properties={f"k{n}": 0 for n in range(255)})),
    ("2^63 - 1", properties(str(2**63 - 1))),
    ("-2^63", properties(str(-(2**63)))),
    ("a long number in quotes", properties('"4200001234202611231234567890"')),
    ("a long fraction", properties("0.12345678901234567890123")),
    ("exactly 32 kB", filled.replace(b"@", b"x" * (32 * 1024 + 1 - len(filled)))),
]


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in GOOD])
def test_what_only_looks_bad_is_stored(server, body):
    answer = server.post("events", body)

    assert answer.status_code == 202, answer.content
    assert Event.objects.count() == 1


def test_a_lone_surrogate_costs_only_its_own_item(server):
    body = b'{"batch":[%b,%b,%b]}' % (
        with_(EVENT),
        properties('"\\ud800 \\ud83d\\ude00"'),
        with_(EVENT, id="e3"),
    )

    answer = server.post("events", body)

    assert answer.status_code == 202
    assert [(r["index"], r["id"], r["code"]) for r in json.loads(answer.content)["rejected"]] == [
        (1, "e1", "invalid_text")
    ]


HEADERS = [
    ("B44 no comma", {"webhook_signature": "v1"}),
    ("B45 two commas", {"webhook_signature": "v1,a,b"}),
    ("no ASCII", {"webhook_signature": "v1,é"}),
    ("B47 fraction", {"webhook_timestamp": "1614265330.75"}),
    ("B47 underscore", {"webhook_timestamp": "1614_265330"}),
    ("B47 plus", {"webhook_timestamp": "+1614265330"}),
    ("an unknown key", {"authorization": "Bearer src_0"}),
    ("a key that is none", {"authorization": "Bearer a' OR 1=1--"}),
    ("no key", {"authorization": ""}),
    ("another scheme", {"authorization": "Basic YTpi"}),
]


@pytest.mark.parametrize("headers", [pytest.param(headers, id=name) for name, headers in HEADERS])
def test_whoever_cannot_prove_himself_hears_the_same(server, headers):
    answer = server.post("events", EVENT, **headers)

    body = json.loads(answer.content)
    assert (answer.status_code, body.pop("request_id") is not None) == (401, True)
    assert body["code"] == "unauthorized"
    assert body["detail"].startswith("Unknown source, wrong or missing signature")


@pytest.mark.parametrize(("age", "status"), [(301, 401), (299, 202), (-299, 202), (-303, 401)])
def test_b49_an_old_signature_is_none(server, age, status):
    body, at = with_(EVENT), int(time.time()) - age
    signature = signatures.sign(server.source.secret, "msg_1", at, body)

    answer = server.post(
        "events", body, webhook_id="msg_1", webhook_timestamp=str(at), webhook_signature=signature
    )

    assert answer.status_code == status


def test_b49_a_replay_in_time_is_a_duplicate(server):
    body = with_(EVENT)
    headers = server.headers(body)

    answers = [
        server.http.post("/api/v1/events", body, content_type="application/json", headers=headers)
        for _ in range(2)
    ]

    assert [a.status_code for a in answers] == [202, 200]


TYPES = [
    "text/plain",
    "application/json; charset=utf-7",
    "application/json; charset=gbk",
    "multipart/form-data; boundary=x",
    "",
    "application/x-www-form-urlencoded",
    "application/jsonx",
]


@pytest.mark.parametrize("content_type", TYPES)
def test_b55_another_media_type_is_refused(server, content_type):
    assert server.post("events", with_(EVENT), content_type=content_type).status_code == 415


def test_utf8_may_be_named(server):
    assert (
        server.post("events", EVENT, content_type="Application/JSON; Charset=UTF-8").status_code
        == 202
    )


def test_b52_a_length_that_is_none(server):
    body = with_(EVENT)
    for length, status in [("-5", 400), ("abc", 400), ("99999999999999", 413)]:
        answer = server.http.post(
            "/api/v1/events",
            body,
            content_type="application/json",
            headers=server.headers(body),
            CONTENT_LENGTH=length,
        )
        assert answer.status_code == status, length


def test_gzip_is_unfolded_after_the_signature(server):
    assert server.post_gzip("events", with_(EVENT)).status_code == 202
    assert server.post_gzip("events", with_(EVENT)).status_code == 200


def test_b53_a_bomb_is_stopped_early(server):
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(b"\0" * 2**20) for _ in range(450)) + packer.flush()

    started = time.thread_time()
    answer = server.post("events", bomb, content_encoding="gzip")

    assert (answer.status_code, len(bomb) < 500 * 1024) == (413, True)
    assert time.thread_time() - started < 0.1


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"{}", "gzip", 400),
        (b"\x1f\x8b\x08", "gzip", 400),
        (b"{}", "br", 415),
        (b"{}", "gzip, gzip", 415),
    ],
)
def test_a_wrong_encoding_is_refused(server, body, encoding, status):
    assert server.post("events", body, content_encoding=encoding).status_code == status


def test_two_gzip_members_are_refused(server):
    body = gzip.compress(with_(EVENT)) + gzip.compress(b"more")

    assert server.post("events", body, content_encoding="gzip").status_code == 400
