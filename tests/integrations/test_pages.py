"""Pages in browsers: who may ask, who may read the answer, and what the browser's SDKs need
beside."""

import base64
import json
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from django.db import OperationalError
from django.test import Client

from customers.models import Source
from integrations.doors import callers, cors
from integrations.doors.formats import formats
from integrations.doors.origins import normal_origins
from tests.factories import a_source
from tests.integrations.foreign import a_segment, a_sensors, basic, events, names, refused

pytestmark = pytest.mark.django_db

EVENT = {
    "id": "e1",
    "name": "Hello",
    "occurred_at": datetime.now(UTC).isoformat(),
    "identities": {"anonymous_id": "a"},
}

SHOP = "https://www.shop.cn"
OTHER = "https://evil.example"
DOORS = {door.path: door for entry in formats for door in entry.doors()}
FOR_PAGES = [path for path, door in DOORS.items() if door.is_for_pages]


@pytest.fixture(autouse=True)
def origins_are_read_anew():
    cors.forget()


def asked_before(path: str, origin=SHOP, method="POST", headers="authorization,content-type"):
    """The preflight of a browser."""
    asking = {
        "origin": origin,
        "access-control-request-method": method,
        "access-control-request-headers": headers,
    }
    return Client().options(f"/{path}", headers=asking)


def allowed(answer) -> tuple:
    return answer.headers.get("Access-Control-Allow-Origin"), answer.headers.get(
        "Access-Control-Allow-Credentials"
    )


def varies(answer) -> bool:
    return "Origin" in answer["Vary"].split(", ")


def of_format(path: str, **more) -> Source:
    return a_source(trust="client", format=DOORS[path].key, **more)


@pytest.mark.parametrize("path", FOR_PAGES)
def test_a_preflight_at_every_door_for_pages(path):
    of_format(path, allowed_origins=f"https://m.shop.cn\n{SHOP}")

    answer = asked_before(path)

    assert (answer.status_code, allowed(answer), varies(answer)) == (204, (SHOP, "true"), True)
    assert "POST" in answer["Access-Control-Allow-Methods"]
    assert answer["Access-Control-Allow-Headers"] == "authorization, content-type"
    assert int(answer["Access-Control-Max-Age"]) <= 3600


@pytest.mark.parametrize("path", FOR_PAGES)
def test_a_page_may_send_whatever_headers_its_library_adds_when_it_tries_again(path):
    of_format(path, allowed_origins=SHOP)
    added = [
        "anonymousid",
        "sentat",
        "x-retry-count",
        "rsa-since-last-attempt",
        "rsa-retry-attempt",
        "rsa-retry-reason",
        "rsa-recovered",
    ]

    answer = asked_before(
        path, headers=",".join([*added, "not a name", "x: y", "", "later-release"])
    )

    assert answer["Access-Control-Allow-Headers"] == ", ".join([*added, "later-release"])
    assert "Access-Control-Request-Headers" in answer["Vary"]


@pytest.mark.parametrize("path", FOR_PAGES)
def test_an_unknown_origin_is_told_nothing(path):
    of_format(path, allowed_origins=SHOP)
    of_format(path, allowed_origins="*", is_active=False)
    for key in formats.by_key.keys() - {DOORS[path].key}:
        a_source(
            trust="client", format=key, allowed_origins=OTHER
        )  # another format's pages are none of these

    for origin in (OTHER, "null", f"{SHOP}.evil.example", "http://www.shop.cn", f"{SHOP}:8443"):
        answer = asked_before(path, origin)
        assert (answer.status_code, allowed(answer), varies(answer)) == (204, (None, None), True)
        assert not answer.has_header("Access-Control-Allow-Methods")


@pytest.mark.parametrize("path", [path for path in DOORS if path not in FOR_PAGES])
def test_what_only_servers_may_do_no_page_may_ask(path, sender):
    a_source(trust="client", format="native", allowed_origins="*")

    answer = asked_before(path)
    told = sender(a_source()).post(path.removeprefix("api/v1/"), {}, origin=SHOP)

    assert (answer.status_code, allowed(answer), allowed(told)) == (405, (None, None), (None, None))


def test_reads_by_token_are_for_no_page():
    a_source(trust="client", allowed_origins="*")
    server = a_source()
    token = server.issue_secrets()["read_token"]

    assert allowed(asked_before("api/v1/customers", method="GET")) == (None, None)
    read = Client().get(
        "/api/v1/customers?member_id=1",
        headers={"authorization": f"Bearer {token}", "origin": SHOP},
    )
    assert (read.status_code, allowed(read)) == (200, (None, None))


@pytest.mark.parametrize(
    ("stated", "origin", "told"),
    [(SHOP, SHOP, (SHOP, "true")), ("*", OTHER, ("*", None)), ("", SHOP, (None, None))],
)
def test_an_answer_may_be_read_where_its_source_says_so(sender, stated, origin, told):
    source = a_source(trust="client", allowed_origins=stated)
    a_source(trust="client", allowed_origins="https://another.example")

    stored = sender(source).post("events", EVENT, origin=origin)
    bad = sender(source).post("events", EVENT | {"id": 7}, origin=origin)
    elsewhere = sender(source).post("events", EVENT | {"id": "2"}, origin="https://another.example")

    assert (stored.status_code, allowed(stored), varies(stored)) == (202, told, True)
    assert (bad.status_code, allowed(bad)) == (400, told)
    assert "Retry-After" in stored.headers.get("Access-Control-Expose-Headers", "Retry-After")
    assert allowed(elsewhere) == (("*", None) if stated == "*" else (None, None))


def test_a_server_source_has_no_pages(sender):
    source = a_source(allowed_origins="*")

    answer = sender(source).post("events", EVENT, origin=SHOP)

    assert (answer.status_code, allowed(answer)) == (202, (None, None))


def test_errors_may_be_read_too(sender, monkeypatch, settings):
    source = a_source(trust="client", allowed_origins=SHOP, requests_per_second=1)
    native = sender(source)

    unknown = native.post("events", EVENT, origin=SHOP, authorization="Bearer src_unknown")
    statuses = {
        answer.status_code: allowed(answer)
        for answer in [native.post("events", EVENT, origin=SHOP) for _ in range(30)]
    }
    large = native.post("events", b" " * 600_000, origin=SHOP)

    assert (unknown.status_code, allowed(unknown)) == (401, (SHOP, "true"))
    assert statuses[429] == (SHOP, "true")
    assert (large.status_code, allowed(large)) == (413, (SHOP, "true"))


def test_while_the_database_is_away_what_was_allowed_is_remembered(sender, monkeypatch):
    source = a_source(trust="client", allowed_origins=SHOP)
    assert allowed(asked_before("api/v1/events")) == (SHOP, "true")
    cors._remembered["native"] = (0.0, cors._remembered["native"][1])

    def away(*_args, **_kwargs):
        raise OperationalError("away")

    with monkeypatch.context() as broken:
        broken.setattr("django.db.backends.utils.CursorWrapper.execute", away)
        answer = sender(source).post("events", EVENT, origin=SHOP)
        before = asked_before("api/v1/events")

    assert (answer.status_code, allowed(answer), allowed(before)) == (
        503,
        (SHOP, "true"),
        (SHOP, "true"),
    )
    assert answer.has_header("Retry-After")


def test_while_the_database_is_away_those_are_remembered_that_were_answered_without_a_preflight(
    sender, monkeypatch
):
    source = a_source(trust="client", allowed_origins=SHOP)
    assert sender(source).post("events", EVENT, origin=SHOP).status_code == 202
    callers.forget()

    def away(*_args, **_kwargs):
        raise OperationalError("away")

    with monkeypatch.context() as broken:
        broken.setattr("django.db.backends.utils.CursorWrapper.execute", away)
        answer = sender(source).post("events", EVENT, origin=SHOP)

    assert (answer.status_code, allowed(answer)) == (503, (SHOP, "true"))


def test_what_was_changed_is_in_force_after_two_seconds(monkeypatch):
    source = a_source(trust="client", allowed_origins=SHOP)
    asked_before("api/v1/events")
    Source.objects.filter(pk=source.pk).update(allowed_origins=OTHER)

    assert allowed(asked_before("api/v1/events")) == (SHOP, "true")
    cors._remembered["native"] = (0.0, cors._remembered["native"][1])
    assert allowed(asked_before("api/v1/events")) == (None, None)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (
            "https://www.shop.cn/index.html?a=1\nHTTP://Shop.CN:80",
            ["https://www.shop.cn", "http://shop.cn"],
        ),
        ("https://shop.cn:8443 https://shop.cn:8443/", ["https://shop.cn:8443"]),
        ("https://商城.中国", ["https://xn--czru2d.xn--fiqs8s"]),
        ("http://[::1]:3000", ["http://[::1]:3000"]),
        ("*", ["*"]),
        ("  \n ", []),
    ],
)
def test_origins_are_written_as_browsers_send_them(written, meant):
    assert normal_origins(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        "shop.cn",
        "ftp://shop.cn",
        "https://",
        "https://*.shop.cn",
        "https://a@shop.cn",
        "null",
        "https://a:b",
        "https://" + "a" * 70,
    ],
)
def test_what_is_no_origin_is_refused(written):
    with pytest.raises(ValueError, match=r"."):
        normal_origins(f"https://shop.cn\n{written}")


# --- Segment's own addresses


@pytest.mark.parametrize(
    ("path", "more", "name"),
    [
        ("t", {"event": "Hello"}, "Hello"),
        ("i", {"traits": {"level": 3}}, "Profile Updated"),
        ("p", {}, "Page Viewed"),
        ("s", {}, "Screen Viewed"),
        ("g", {"groupId": "g"}, "Group Joined"),
        ("a", {"userId": "u", "previousId": "v"}, "Identity Linked"),
    ],
)
def test_the_short_addresses_of_the_browsers_library(path, more, name):
    _source, key = a_segment()

    body = json.dumps({"anonymousId": "a1", "writeKey": key, **more})
    answer = Client().post(
        f"/v1/{path}", body, content_type="text/plain", headers={"authorization": basic(key)}
    )

    assert (answer.status_code, names(), refused()) == (200, [name], [])


@pytest.mark.parametrize("path", ["v1/b", "beacon/v1/batch?writeKey={key}"])
def test_batches_of_browsers(path):
    _source, key = a_segment()
    batch = {
        "batch": [
            {"type": "track", "event": "Hello", "anonymousId": "a1"},
            {"type": "page", "anonymousId": "a1"},
        ]
    }

    headers = {} if "writeKey" in path else {"authorization": basic(key)}
    answer = Client().post(
        f"/{path.format(key=key)}", json.dumps(batch), content_type="text/plain", headers=headers
    )

    assert (answer.status_code, names()) == (200, ["Hello", "Page Viewed"])


def test_the_key_in_a_header_of_its_own():
    _source, key = a_segment()

    answer = Client().post(
        "/v1/track",
        '{"anonymousId":"a1","event":"Hello"}',
        content_type="application/json",
        headers={"x-write-key": key},
    )

    assert (answer.status_code, names()) == (200, ["Hello"])


def test_the_browsers_libraries_get_their_settings():
    _source, key = a_segment(allowed_origins=SHOP)

    segment = Client().get(f"/v1/projects/{key}/settings", headers={"origin": SHOP})
    rudder = Client().get(
        "/sourceConfig/?p=npm", headers={"origin": SHOP, "authorization": basic(key)}
    )

    here = {"apiKey": key, "apiHost": "testserver/v1", "protocol": "http"}
    assert (json.loads(segment.content)["integrations"], allowed(segment), varies(segment)) == (
        ({"Segment.io": here}, (SHOP, "true"), True)
    )
    assert (json.loads(rudder.content)["source"]["writeKey"], allowed(rudder)) == (
        key,
        (SHOP, "true"),
    )
    assert allowed(asked_before("sourceConfig/", method="GET", headers="authorization")) == (
        SHOP,
        "true",
    )


def test_settings_of_no_key_of_a_server_and_of_another_format_are_none():
    a_segment(allowed_origins=SHOP)
    keys = ["src_unknown", a_segment("server")[0].key, a_sensors()[1], "%00"]

    answers = [
        Client().get(f"/v1/projects/{key}/settings", headers={"origin": SHOP}) for key in keys
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert {allowed(answer) for answer in answers} == {(SHOP, "true")}


# --- the picture of Sensors


TRACK = json.dumps(
    {
        "type": "track",
        "event": "Hello",
        "distinct_id": "d",
        "time": 1_790_000_000_000,
        "_track_id": 1,
        "properties": {},
    }
).encode()


def test_the_picture_that_a_page_asks_for_keeps_its_event():
    _source, key = a_sensors()

    for _attempt in range(2):
        answer = Client().get(
            f"/sa.gif?project=default&token={key}&ext=crc%3D1&data="
            + quote(base64.b64encode(TRACK))
        )

    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (
        200,
        "image/gif",
        "no-store",
    )
    assert answer.content.startswith(b"GIF89a")
    assert [event.external_id is not None for event in events()] == [True]


def test_the_picture_of_what_cannot_be_read_is_one_too_and_an_unknown_key_gets_none():
    _source, key = a_sensors()

    assert Client().get(f"/sa.gif?token={key}&data=%25").content.startswith(b"GIF89a")
    assert Client().get("/sa.gif?token=unknown&data=e30=").status_code == 401
    assert refused() == ["invalid_base64"]


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "text/plain;charset=UTF-8"]
)
def test_what_the_browsers_sdk_posts_there(content_type):
    _source, key = a_sensors(allowed_origins=SHOP)
    body = b"data=" + base64.b64encode(TRACK).replace(b"+", b"%2B") + b"&ext=crc%3D12"

    answer = Client().post(
        f"/sa.gif?project=default&token={key}",
        body,
        content_type=content_type,
        headers={"origin": SHOP},
    )

    assert (answer.status_code, json.loads(answer.content)["kept"], names(), allowed(answer)) == (
        200,
        1,
        ["Hello"],
        (SHOP, "true"),
    )
