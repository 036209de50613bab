"""The Sensors collector: recorded bytes of the SDKs, every type, and an answer that never says
"later"."""

import base64
import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from customers.models import CustomerAttribute, Identity, IdentityClaim
from events.models import Product
from integrations.models import Quarantine
from tests.integrations.foreign import a_sensors, collect, events, names, recording, refused, replay

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
MS = int(NOW.timestamp() * 1000)


def track(event="Hello", **more):
    return {
        "type": "track",
        "event": event,
        "distinct_id": "device-1",
        "time": MS,
        "_track_id": 1,
        "properties": {},
        **more,
    }


def profile(kind, at=0, **properties):
    return {
        "type": f"profile_{kind}",
        "distinct_id": "10086",
        "time": MS + at,
        "properties": {"$is_login_id": True, **properties},
    }


def attributes() -> dict:
    return {row.key: row.value for row in CustomerAttribute.objects.all() if row.value is not None}


def objects_in(recorded: str) -> list[dict]:
    decoded = [request["decoded"] for request in recording(recorded)]
    return [one for entry in decoded for one in (entry if isinstance(entry, list) else [entry])]


@pytest.mark.parametrize("recorded", ["sa_single_plain", "sa_batch_plain"])
def test_recorded_requests_of_the_mini_program_are_stored_once_as_they_were_sent(recorded):
    _source, key = a_sensors(app_id="wx1234567890abcdef")

    for _attempt in range(2):
        assert {replay(request, key).status_code for request in recording(recorded)} == {200}

    sent, stored = objects_in(recorded), events()
    assert refused() == []
    assert len(stored) == len(sent) == 17
    assert [event.properties for event in stored] == [one["properties"] for one in sent]
    assert {event.context.get("event", event.name.name) for event in stored} >= {
        "$MPLaunch",
        "$MPShow",
        "$MPClick",
        "ViewProduct",
        "$SignUp",
    }
    assert [e.context["campaign"] for e in stored if e.name.name == "Application Opened"] == [
        {"source": "wecom", "name": "summer"}
    ]
    assert set(Identity.objects.values_list("kind", flat=True)) == {"anonymous_id"}
    assert set(IdentityClaim.objects.values_list("kind", "scope")) == {
        ("member_id", "shop"),
        ("phone", ""),
        ("wx_openid", "wx1234567890abcdef"),
    }
    viewed = next(event for event in stored if event.name.name == "ViewProduct")
    assert (viewed.keys, viewed.amount_fen) == (["SKU-1"], 19900)
    assert len({event.customer_id for event in stored}) == 1


def test_recorded_requests_of_the_python_sdk():
    _source, key = a_sensors("server")

    for _attempt in range(2):
        assert {replay(request, key).status_code for request in recording("sapy_default")} == {200}

    assert names() == ["ViewProduct", "Identity Linked", *["Profile Updated"] * 5, "SubmitOrder"]
    assert len({event.customer_id for event in events()}) == 1
    assert attributes() == {
        "nickname": "小明",
        "first_channel": "wecom",
        "points": 10,
        "interests": ["咖啡"],
    }
    assert Product.objects.get().name == "咖啡"
    assert refused() == []


@pytest.mark.parametrize(
    "encode", [base64.b64encode, lambda body: base64.b64encode(gzip.compress(body))]
)
@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json"]
)
def test_encodings(encode, content_type):
    _source, key = a_sensors()
    unescaped = b"data_list=" + encode(
        json.dumps([track(properties={"a": "?>~"})]).encode()
    )  # with its plus signs

    answer = Client().post(f"/sa?project={key}", unescaped, content_type=content_type)

    assert (answer.status_code, names()) == (200, ["Hello"])


def test_emojis_of_the_mini_program_come_in_halves():
    """Its SDK knows UTF-16 only and encodes each half of a pair as if it were a character."""
    _source, key = a_sensors()
    halves = json.dumps([track(properties={"text": "龙井 🍵", "cut": "한"})], ensure_ascii=False)
    body = "".join(map(chr, (unit for c in halves for unit in utf16(c)))).encode(
        "utf-8", "surrogatepass"
    )
    assert b"\xed\xa0\xbc\xed\xbd\xb5" in body

    Client().post(
        f"/sa?token={key}",
        b"data_list=" + base64.b64encode(body).replace(b"+", b"%2B"),
        content_type="text/plain",
    )

    assert (events()[0].properties, refused()) == ({"text": "龙井 🍵", "cut": "한"}, [])


def utf16(character: str) -> list[int]:
    units = character.encode("utf-16-be")
    return [units[n] * 256 + units[n + 1] for n in range(0, len(units), 2)]


def test_item_writing_is_for_servers_and_leaves_alone_what_it_does_not_state():
    item = {"type": "item_set", "item_type": "sku", "item_id": "S1", "time": MS}
    collect(a_sensors()[1], item | {"properties": {"name": "forged"}})
    assert (refused(), Product.objects.exists()) == (["server_only"], False)

    _source, key = a_sensors("server", money_unit="yuan")
    collect(key, item | {"properties": {"name": "咖啡", "price": 19.99, "category": "饮品"}})
    collect(key, item | {"time": MS + 1, "properties": {"stock": 3}})
    collect(key, {"type": "item_delete", "item_type": "sku", "item_id": "S1", "time": MS + 2})

    product = Product.objects.get()
    assert (
        product.name,
        product.price_fen,
        product.category,
        product.stock,
        product.is_active,
    ) == ("咖啡", 1999, "饮品", 3, False)


def test_profile_steps_commute_and_happen_once():
    _source, key = a_sensors("server")
    steps = [
        profile("increment", 2, points=10),
        profile("increment", 1, points=5),
        profile("append", 4, interests=["茶"]),
        profile("append", 3, interests=["咖啡", "茶"]),
        profile("set_once", 5, channel="wecom"),
        profile("set_once", 6, channel="sms"),
    ]
    for _attempt in range(2):
        for step in steps:
            collect(key, step)
    collect(key, *steps)

    assert attributes() == {"points": 15, "interests": ["茶", "咖啡"], "channel": "wecom"}

    collect(
        key,
        profile("increment", 7, points=1),
        profile("unset", 8, channel=True),
        profile("set", 9, points=100),
        profile("increment", 10, points=1),
    )
    assert attributes() == {"points": 101, "interests": ["茶", "咖啡"]}

    collect(key, profile("delete", 11))
    assert attributes() == {}


def test_local_times_have_the_zone_of_the_source():
    _source, key = a_sensors("server")

    collect(
        key, profile("set", born_at="2000-01-01 08:00:00.00", name="小明", birthday="2000-01-01")
    )

    assert attributes() == {
        "born_at": "2000-01-01T08:00:00+08:00",
        "name": "小明",
        "birthday": "2000-01-01",
    }


def test_a_wrong_clock_is_corrected():
    _source, key = a_sensors()

    collect(key, track(time=MS - 90_000_000, _flush_time=MS - 86_400_000))

    assert abs(events()[0].occurred_at - (datetime.now(UTC) - timedelta(hours=1))) < timedelta(
        seconds=30
    )


def test_an_openid_is_no_anonymous_id_and_its_app_is_kept():
    _source, key = a_sensors(app_id="wx1")
    openid = "o" + "6" * 27

    collect(key, track(distinct_id=openid, anonymous_id=openid))
    collect(
        key,
        track(
            distinct_id="d",
            identities={"$identity_mp_wx2_openid": openid, "$identity_anonymous_id": openid},
            _track_id=2,
        ),
    )

    assert set(IdentityClaim.objects.values_list("kind", "scope", "value")) == {
        ("wx_openid", "wx1", openid),
        ("wx_openid", "wx2", openid),
    }
    assert list(Identity.objects.values_list("value", flat=True)) == ["d"]


def test_unbinding_joins_nothing():
    _source, key = a_sensors("server")

    collect(
        key,
        {
            **track("$UnbindID"),
            "type": "track_id_unbind",
            "login_id": "10086",
            "distinct_id": "10086",
            "identities": {"$identity_mobile": "13800138000"},
        },
    )

    assert names() == ["Identity Unlinked"]
    assert set(Identity.objects.values_list("kind", flat=True)) == {"member_id"}


def test_a_bad_object_is_kept_apart_and_the_answer_is_still_200():
    _source, key = a_sensors()

    answer = collect(
        key,
        track(),
        track(event=""),
        {"type": "dance"},
        track(distinct_id=None),
        track(time="soon"),
        7,
        profile("delete"),
    )

    assert (answer.status_code, json.loads(answer.content)["kept"]) == (200, 1)
    assert refused() == [
        "invalid_time",
        "missing_field",
        "missing_identity",
        "server_only",
        "unknown_value",
        "wrong_type",
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "missing_field"),
        (b"data_list=%%%", "invalid_base64"),
        (b"data=" + base64.b64encode(b"{no json"), "invalid_json"),
        (b"data=" + base64.b64encode(b"\x1f\x8bnothing"), "invalid_gzip"),
        (b"\xff\xfe", "invalid_form"),
    ],
)
def test_an_unreadable_request_is_kept_whole(body, code):
    _source, key = a_sensors()

    answer = Client().post(f"/sa?token={key}", body, content_type="text/plain")

    assert (answer.status_code, refused()) == (200, [code])
    assert base64.b64decode(Quarantine.objects.get().raw) == body


def test_a_dry_run_says_what_was_understood_and_stores_nothing():
    _source, key = a_sensors()

    answer = collect(
        key, track(properties={"price": 5}), {"type": "dance"}, path="sa/debug", dry_run="true"
    )

    said = json.loads(answer.content)
    assert (
        answer.status_code,
        said["understood"],
        said["stored"],
        said["items"][0]["name"],
        said["items"][1]["code"],
    ) == ((200, 1, False, "Hello", "unknown_value"))
    assert (events(), refused()) == ([], [])
    assert (collect(key, track(), path="debug").status_code, names()) == (200, ["Hello"])


def test_an_unknown_token_is_told_so():
    assert collect("unknown", track()).status_code == 401


def test_two_events_of_one_millisecond_without_track_id_are_two():
    _source, key = a_sensors("server")
    one, other = track(properties={"n": 1}), track(properties={"n": 2})
    del one["_track_id"], other["_track_id"]

    collect(key, one, other, one)

    assert [event.properties["n"] for event in events()] == [1, 2]
