"""The doors behind the web's own front: bodies in pieces, slow ones, and refusals that come before
them."""

import base64
import gc
import gzip
import json
import time
from datetime import UTC, datetime

import pytest

from crm_project.runtime.web import application
from customers.models import Customer
from events.models import Event
from tests.factories import a_source
from tests.runtime.test_front import SHORT, Front, limits, rest

pytestmark = pytest.mark.django_db(transaction=True)
EVENT = {
    "id": "e1",
    "name": "Viewed",
    "occurred_at": datetime.now(UTC).isoformat(),
    "identities": {"anonymous_id": "a1"},
}
SENSORS = {
    "type": "track",
    "event": "Viewed",
    "distinct_id": "a1",
    "time": int(time.time() * 1000),
    "properties": {},
}


@pytest.fixture
def front():
    with Front(application()) as front:
        yield front
    gc.collect()  # the threads' sessions end with them


def head(path: str, **headers: str) -> bytes:
    lines = {
        "Host": "127.0.0.1",
        "Content-Type": "application/json",
        "Connection": "close",
        **headers,
    }
    told = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {path} HTTP/1.1\r\n{told}\r\n".encode()


def chunks(body: bytes, size: int = 7) -> bytes:
    return (
        b"".join(
            b"%x\r\n%b\r\n" % (len(part), part)
            for n in range(0, len(body), size)
            if (part := body[n : n + size])
        )
        + b"0\r\n\r\n"
    )


def told(said: bytes) -> tuple[int, dict]:
    top, _end, body = said.partition(b"\r\n\r\n")
    return int(top.split(b" ")[1]), json.loads(body)


def test_a_signed_and_zipped_body_in_chunks_is_stored(front, sender):
    body = gzip.compress(json.dumps(EVENT).encode())
    headers = sender(a_source()).headers(body)

    said = front.said(
        head(
            "/api/v1/events",
            **{"Transfer-Encoding": "chunked", "Content-Encoding": "gzip"},
            **headers,
        ),
        chunks(body),
        ends=False,
    )

    assert told(said) == (202, {"status": "stored", "id": "e1"})


def test_sensors_and_segment_take_chunks(front):
    sensors, segment = (
        a_source(trust="client", format=kind).key for kind in ("sensors", "segment")
    )
    form = b"data=" + base64.b64encode(json.dumps(SENSORS).encode()).replace(b"+", b"%2B")
    call = json.dumps(
        {"type": "track", "event": "Viewed", "anonymousId": "a1", "writeKey": segment}
    ).encode()

    said = [
        front.said(head(path, **{"Transfer-Encoding": "chunked"}) + chunks(body), ends=False)
        for path, body in [(f"/sa?token={sensors}", form), ("/v1/track", call)]
    ]

    assert [told(one) for one in said] == [
        (200, {"kept": 1, "rejected": []}),
        (200, {"success": True, "accepted": 1, "rejected": []}),
    ]
    assert Event.objects.count() == 2


def test_chunks_beyond_the_limit_are_refused(front):
    client = a_source(trust="client")

    said = front.said(
        head(
            "/api/v1/events",
            **{"Transfer-Encoding": "chunked", "Authorization": f"Bearer {client.key}"},
        )
        + chunks(b"x" * 600_000, 60_000)
    )

    assert told(said)[0] == 413


def test_a_slow_body_is_stored_once_and_an_unknown_sender_hears_so_at_once(
    front, sender, monkeypatch
):
    monkeypatch.setattr(limits, "GRACE_SECONDS", SHORT)
    monkeypatch.setattr(limits, "LOOK_SECONDS", 0.02)
    body = json.dumps(EVENT).encode()
    headers = sender(a_source()).headers(body) | {"Content-Length": str(len(body))}
    stranger = front.caller(head("/api/v1/events", **headers | {"authorization": "Bearer src_0"}))
    slow = front.caller(head("/api/v1/events", **headers), body[:10])

    assert told(rest(stranger))[0] == 401
    time.sleep(SHORT)
    slow.sendall(body[10:])
    assert told(rest(slow)) == (202, {"status": "stored", "id": "e1"})
    assert (Event.objects.count(), Customer.objects.count()) == (1, 1)


def test_no_log_in_page_reads_200_megabytes(front):
    form = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": "200000000"}

    said = front.said(head("/admin/login/", **form), b"username=" + b"x" * 2_000_000, ends=False)

    assert said.startswith((b"HTTP/1.1 403 ", b"HTTP/1.1 413 "))


def test_a_body_that_waits_for_our_word_gets_it(front, sender):
    body = json.dumps(EVENT).encode()
    headers = sender(a_source()).headers(body) | {
        "Content-Length": str(len(body)),
        "Expect": "100-continue",
    }
    caller = front.caller(head("/api/v1/events", **headers))

    assert caller.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    caller.sendall(body)
    assert told(rest(caller))[0] == 202
