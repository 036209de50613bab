"""Hostile and half-right requests for every door: what a valid one looks like, and every way to
spoil it."""

import base64
import gzip
import json

from hypothesis import strategies as st

AT = "2026-11-20T10:00:00+08:00"
WHO = {"member_id": "10086"}
VALID = {
    "api/v1/customers": {
        "id": "x1",
        "identities": WHO,
        "attributes": {"level": "gold"},
        "registered": True,
    },
    "api/v1/events": {
        "id": "x1",
        "name": "Viewed",
        "occurred_at": AT,
        "identities": WHO,
        "properties": {"product_id": "p", "price_fen": 1},
    },
    "api/v1/orders": {
        "number": "1",
        "status": "paid",
        "occurred_at": AT,
        "identities": WHO,
        "total_fen": 100,
        "lines": [{"product_id": "p", "quantity": 1, "price_fen": 100}],
    },
    "api/v1/refunds": {"number": "R1", "order_number": "1", "amount_fen": 1, "occurred_at": AT},
    "api/v1/bookings": {
        "number": "1",
        "status": "booked",
        "kind": "class",
        "occurred_at": AT,
        "identities": WHO,
        "starts_at": AT,
        "ends_at": AT,
        "product_id": "c",
        "place": "3",
    },
    "api/v1/measurements": {
        "id": "m1",
        "kind": "weight",
        "value": 71.5,
        "unit": "kg",
        "text": "A",
        "occurred_at": AT,
        "identities": WHO,
    },
    "api/v1/consents": {
        "identities": WHO,
        "channel": "sms",
        "purpose": "marketing",
        "granted": True,
        "occurred_at": AT,
    },
    "api/v1/products": {"product_id": "p", "name": "Tea", "price_fen": 1, "occurred_at": AT},
    "api/v1/coupons/reserve": {"code": "7F3K9M2QXW4T", "order_number": "1", "total_fen": 100},
    "api/v1/coupons/redeem": {"code": "7F3K9M2QXW4T", "order_number": "1", "total_fen": 100},
    "api/v1/coupons/release": {"order_number": "1"},
    "api/v1/messages/read": {"message_ids": [1]},
    "v1/track": {
        "anonymousId": "a",
        "userId": "10086",
        "event": "Viewed",
        "timestamp": AT,
        "properties": {"price": 1.5},
    },
    "v1/identify": {"anonymousId": "a", "traits": {"name": "王", "phone": "13812345678"}},
    "v1/page": {"anonymousId": "a", "name": "Home"},
    "v1/screen": {"anonymousId": "a", "name": "Home"},
    "v1/group": {"anonymousId": "a", "groupId": "g"},
    "v1/alias": {"previousId": "a", "userId": "10086"},
    "v1/batch": {"batch": [{"type": "track", "anonymousId": "a", "event": "Viewed"}], "sentAt": AT},
    "v1/import": {"batch": [{"type": "identify", "anonymousId": "a", "traits": {"vip": True}}]},
    "sa": [
        {
            "type": "track",
            "event": "Viewed",
            "distinct_id": "d",
            "time": 1763600000000,
            "properties": {"$os": "x"},
        }
    ],
    "sa/debug": [
        {
            "type": "profile_set",
            "distinct_id": "d",
            "time": 1763600000000,
            "properties": {"level": "gold"},
        }
    ],
    "debug": [
        {"type": "item_set", "item_id": "p", "item_type": "product", "properties": {"price": 1}}
    ],
}
READS = (
    "api/v1/customers",
    "api/v1/orders",
    "api/v1/bookings",
    "api/v1/measurements",
    "api/v1/coupons",
    "api/v1/messages",
)
PARAMETERS = (
    "customer",
    "member_id",
    "phone",
    "email",
    "openid",
    "app_id",
    "limit",
    "cursor",
    "state",
    "batch",
    "unread",
    "channel",
)
PARAMETERS += (
    "status",
    "number",
    "paid_after",
    "source",
    "format",
    "kind",
    "starts_after",
    "starts_before",
    "occurred_after",
)

NASTY = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "\udfff\ud800",
    "\u202eexe",
    "null",
    "undefined",
    "0",
    "１２",
    "'; DROP TABLE x;--",
    "{{7*7}}",
    "<script>",
)
LONG = (
    "../../etc/passwd",
    "%00",
    "\r\nSet-Cookie: a=b",
    "1e400",
    "٣",
    "😀" * 64,
    "x" * 129,
    "x" * 501,
    "x" * 40_000,
    "NaN",
    "2026-02-30T00:00:00Z",
)
TIMES = (
    "9999-12-31T23:59:59-12:00",
    "0001-01-01T00:00:00Z",
    "2026-11-24T09:00:00",
    "2026-11-20T10:00:00+18:00",
    "2026-11-20T10:00:00-23:59",
    "+8613812345678",
    "a@b.c",
    "$identity_login_id",
    "__proto__",
)
NASTY_TEXT = st.sampled_from([*NASTY, *LONG, *TIMES])
NASTY_NUMBER = st.sampled_from(
    [
        0,
        -1,
        2**31,
        2**63,
        -(2**63) - 1,
        10**30,
        1.5,
        -0.0,
        1e308,
        float("inf"),
        float("nan"),
        10**15 + 1,
    ]
)
LEAF = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    NASTY_TEXT,
    NASTY_NUMBER,
)
VALUE = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=10) | NASTY_TEXT, inner, max_size=4)
    ),
    max_leaves=8,
)


def nested(depth: int):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


DEEP = st.sampled_from([nested(19), nested(21), nested(60), {f"k{n}": n for n in range(300)}])


@st.composite
def spoiled(draw, valid):
    """A valid request with some of its parts exchanged, left out, repeated or added."""
    value = json.loads(json.dumps(valid))
    for _ in range(draw(st.integers(0, 3))):
        value = draw(spoiled_once(value))
    return value


@st.composite
def spoiled_once(draw, value):
    if isinstance(value, dict) and value:
        key = draw(st.sampled_from(sorted(value)))
        way = draw(
            st.sampled_from(["value", "value", "deeper", "deeper", "missing", "extra", "wrapped"])
        )
        if way == "missing":
            return {name: inner for name, inner in value.items() if name != key}
        if way == "extra":
            return {**value, draw(st.text(max_size=10) | NASTY_TEXT): draw(VALUE)}
        if way == "wrapped":
            return {"batch": [value, draw(VALUE), value]}
        return {**value, key: draw(spoiled_once(value[key]) if way == "deeper" else VALUE | DEEP)}
    if isinstance(value, list) and value:
        return [draw(spoiled_once(value[0])), *value[1:], *draw(st.lists(VALUE, max_size=2))]
    return draw(VALUE)


def spelled(value) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


@st.composite
def bodies(draw, path: str, valid=None):
    """The bytes of a request to this door; `valid`: one that it takes."""
    valid = VALID[path] if valid is None else valid
    way = draw(st.sampled_from(["spoiled"] * 8 + ["value", "bytes", "cut", "flipped", "escaped"]))
    if way == "bytes":
        return draw(st.binary(max_size=200))
    if way == "value":
        return framed(path, spelled(draw(VALUE)))
    value = draw(spoiled(valid))
    if way == "escaped":
        return framed(path, json.dumps(value).encode())
    body = framed(path, spelled(value))
    if way == "cut":
        return body[: draw(st.integers(0, len(body)))]
    if way == "flipped" and body:
        place = draw(st.integers(0, len(body) - 1))
        return body[:place] + bytes([body[place] ^ draw(st.integers(1, 255))]) + body[place + 1 :]
    return body


def framed(path: str, body: bytes) -> bytes:
    """As its clients send it: the collector wants a form."""
    if path in {"sa", "sa/debug", "debug"}:
        return b"data_list=" + base64.b64encode(gzip.compress(body, 1)).replace(b"+", b"%2B")
    return body


HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "content_type": st.sampled_from(
            [
                "application/json",
                "text/plain",
                "application/json; charset=utf-7",
                "multipart/form-data",
                "",
                "\xff",
            ]
        ),
        "content-encoding": st.sampled_from(["gzip", "br", "gzip, gzip", "identity", "\xff"]),
        "webhook-timestamp": st.sampled_from(["0", "-1", "1614265330.75", "９", "9" * 10, ""]),
        "webhook-signature": st.sampled_from(
            ["v1", "v1,a,b", "v1,é", "", "v2,AAAA", "v1," + "A" * 5000]
        ),
        "webhook-id": st.sampled_from(["", "a.b", "x" * 65, "é"]),
        "authorization": st.sampled_from(
            [
                "",
                "Bearer",
                "Bearer x",
                "Basic !!!",
                "Basic YTpi",
                "Bearer a' OR 1=1--",
                "Digest x",
                "Basic /w==",
            ]
        ),
        "x-forwarded-for": st.just("1.2.3.4"),
        "dry-run": st.sampled_from(["true", "false", "é"]),
    },
)
QUERIES = st.dictionaries(
    st.sampled_from(PARAMETERS),
    NASTY_TEXT | st.text(max_size=30) | st.integers().map(str),
    max_size=3,
)
