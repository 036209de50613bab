"""What the doors say of a request whose body has not come, came in pieces, or is too large; and of
addresses that are none."""

import base64
import io
import json
import time
from datetime import UTC, datetime

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import OperationalError, close_old_connections
from django.test import Client

from crm_project.runtime.front import wsgi
from crm_project.runtime.front.heads import parsed
from events import ingest
from events.models import Event
from integrations.doors import callers, refusals, signatures
from tests.factories import a_source

pytestmark = pytest.mark.django_db
EVENT = {
    "id": "e1",
    "name": "Viewed",
    "occurred_at": datetime.now(UTC).isoformat(),
    "identities": {"anonymous_id": "a1"},
}
BODY = json.dumps(EVENT).encode()
MANY = 600 * 1024


@pytest.fixture(autouse=True)
def one_connection():
    """The test's own, which is in a transaction, stays open after a request, as with Django's test
    client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def asked(path: str, *, length: int = 1000, method: str = "POST", **headers: str):
    """The answer of the whole application before the body is there; None where it wants it."""
    lines = {
        "Host": "127.0.0.1",
        "Content-Type": "application/json",
        "Content-Length": str(length),
        **headers,
    }
    raw = (
        f"{method} {path} HTTP/1.1\r\n"
        + "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
        + "\r\n"
    )
    environ = wsgi.environ_of(
        parsed(raw.encode()), ("127.0.0.1", 1), ("127.0.0.1", 80), None, length
    )
    return wsgi.early_answer(WSGIHandler(), environ)


def status(answer) -> int | None:
    return answer and int(answer.head.split(b" ")[1])


def basic(key: str) -> str:
    return f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"


# --- before the body


@pytest.mark.parametrize(
    "path", ["/api/v1/events", "/api/v1/coupons/redeem", "/v1/batch", "/v1/track"]
)
@pytest.mark.parametrize("authorization", ["Bearer src_0", "Bearer a' OR 1=1--"])
def test_an_unknown_key_need_not_send_its_body(path, authorization):
    assert status(asked(path, Authorization=authorization)) == 401


def test_sensors_needs_a_token_before_the_body():
    assert status(asked("/sa?token=src_0")) == 401
    assert status(asked("/sa")) == 401
    assert asked(f"/sa?token={a_source(trust='client', format='sensors').key}") is None


def test_a_known_key_is_asked_for_its_body(sender):
    server, client = a_source(trust="server"), a_source(trust="client")
    segment = a_source(trust="client", format="segment")

    assert asked("/api/v1/events", **sender(server).headers(BODY)) is None
    assert asked("/api/v1/coupons/redeem", **sender(server).headers(BODY)) is None
    assert asked("/api/v1/events", Authorization=f"Bearer {client.key}") is None
    assert asked("/v1/batch", Authorization=basic(segment.key)) is None
    assert asked("/v1/batch") is None  # its key may be in the body
    assert list(refusals.last(client)) == []


def test_a_server_source_must_have_signed_at_all():
    source = a_source(trust="server")

    assert status(asked("/api/v1/events", Authorization=f"Bearer {source.key}")) == 401
    assert [row["code"] for row in refusals.last(source)] == ["signature_missing"]


def test_who_cannot_be_looked_up_now_is_asked_for_the_body(monkeypatch):
    """A collector that may not refuse keeps it then."""

    def away(_key):
        raise OperationalError

    monkeypatch.setattr(callers, "source_of", away)

    assert asked("/sa?token=x") is None


@pytest.mark.parametrize(
    "path", ["/nowhere", "/api/v1/nothing", "/admin/customers/segment/add/", "/admin/login/?next=/"]
)
def test_no_stranger_sends_a_large_form(path):
    assert status(asked(path, length=200_000_000)) in {403, 404, 413}


# --- too large


def test_a_body_too_large_with_a_known_key_leaves_a_trace(sender):
    server, client = a_source(trust="server"), a_source(trust="client")

    for source in (server, client):
        body = b"x" * MANY
        assert sender(source).post("events", body).status_code == 413
        assert [row["code"] for row in refusals.last(source)] == ["too_large"]
    answer = Client().post(
        "/api/v1/coupons/redeem",
        b"x" * MANY,
        content_type="application/json",
        headers=sender(server).headers(b""),
    )
    assert (answer.status_code, len(refusals.last(server))) == (413, 2)


@pytest.mark.parametrize("format", ["segment", "sensors"])
def test_foreign_bodies_too_large_leave_a_trace_too(format):
    source = a_source(trust="client", format=format)
    path = "/v1/batch" if format == "segment" else f"/sa?token={source.key}"

    answer = Client().post(
        path,
        b"x" * MANY,
        content_type="application/json",
        headers={"authorization": basic(source.key)},
    )

    assert answer.status_code == (400 if format == "segment" else 413)
    assert [row["code"] for row in refusals.last(source)] == ["too_large"]


# --- in pieces, where the server leaves that to us


def in_pieces(path: str, body: bytes, *, terminated: bool = True, **headers):
    environ = {
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": "",
        "CONTENT_TYPE": "application/json",
    }
    return Client().generic(
        "POST",
        path,
        b"",
        content_type="application/json",
        headers=headers,
        **environ,
        **{"wsgi.input_terminated": terminated},
    )


def test_a_body_in_pieces_is_read_where_the_server_says_its_end(sender):
    client = sender(a_source(trust="client"))

    assert in_pieces("/api/v1/events", BODY, **client.headers(BODY)).status_code == 202
    assert in_pieces("/api/v1/events", b"x" * MANY, **client.headers(BODY)).status_code == 413
    assert (
        in_pieces("/api/v1/events", BODY, terminated=False, **client.headers(BODY)).json()["code"]
        == "length_required"
    )
    assert Event.objects.count() == 1


def test_sensors_in_pieces_is_kept_or_refused_and_never_lost():
    key = a_source(trust="client", format="sensors").key
    item = {
        "type": "track",
        "event": "Viewed",
        "distinct_id": "a1",
        "time": int(time.time() * 1000),
        "properties": {},
    }
    body = json.dumps(item).encode()

    assert in_pieces(f"/sa?token={key}", body).json() == {"kept": 1, "rejected": []}
    refused = in_pieces(f"/sa?token={key}", body, terminated=False)
    assert (refused.status_code, refused.json()["code"]) == (400, "length_required")


# --- addresses that are none


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/v1/event",
        "/api/v1/events/",
        "/api/v2/events",
        "/v1",
        "/v1/nothing",
        "/v1/batch/",
        "/sa/",
        "/sa/x",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_an_address_that_is_none_is_said_in_json(path, method):
    answer = Client().generic(method, path, b"{}", content_type="application/json")

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "not_found"


def test_other_methods_are_refused_in_json():
    answer = Client().put("/api/v1/events", b"{}", content_type="application/json")

    assert (answer.status_code, answer["Content-Type"], answer["Allow"]) == (
        405,
        "application/problem+json",
        "POST",
    )
    assert Client().head("/api/v1/nothing").status_code == 404


def test_pages_that_are_not_there_are_pages():
    for path in ("/sample", "/apis", "/v10", "/nowhere"):
        assert Client().get(path)["Content-Type"].startswith("text/html")


# --- who could not prove himself


def unproven(path: str, **headers: str) -> str:
    answer = Client().post(path, BODY, content_type="application/json", headers=headers)
    assert answer.status_code == 401
    return answer.json()["detail"]


def test_a_native_door_says_which_of_the_headers_are_missing():
    signs = {
        "webhook-id": "a",
        "webhook-timestamp": str(int(time.time())),
        "webhook-signature": "v1,x",
    }

    assert "Authorization: Bearer <key of the source> is missing" in unproven("/api/v1/events")
    assert "webhook-id, webhook-timestamp, webhook-signature are missing" in unproven(
        "/api/v1/events", authorization="Bearer x"
    )
    assert "webhook-id is 1 to 256" in unproven("/api/v1/events", **signs | {"webhook-id": "a.b"})
    assert "webhook-timestamp is more than five minutes" in unproven(
        "/api/v1/events", **signs | {"webhook-timestamp": "1614265330"}
    )
    assert "webhook-timestamp is ten digits" in unproven(
        "/api/v1/events", **signs | {"webhook-timestamp": "1.5"}
    )
    assert "webhook-signature is v1," in unproven(
        "/api/v1/coupons/redeem", **signs | {"webhook-signature": "x"}
    )


@pytest.mark.parametrize(
    "more",
    [{}, {"webhook-id": "a", "webhook-timestamp": "1614265330", "webhook-signature": "v1,x"}],
)
def test_it_does_not_say_whether_there_is_such_a_source(more):
    known = a_source(trust="server").key

    assert unproven("/api/v1/events", authorization=f"Bearer {known}", **more) == unproven(
        "/api/v1/events", authorization="Bearer x", **more
    )


def test_the_other_formats_say_where_their_key_stands():
    assert "Authorization: Basic" in unproven("/v1/track", authorization="Basic x")
    assert "It names none" in unproven("/v1/track")
    assert "?token=<key>" in unproven("/sa")
    answer = Client().get("/api/v1/customers?member_id=1")
    assert (answer.status_code, "read token" in answer.json()["detail"]) == (401, True)


@pytest.mark.parametrize(
    "message_id", ["msg_1:2", "urn:uuid:8a6e0804-2bd0-4672-b79d-d97027f9071a", "a/b+c=~", "x" * 256]
)
def test_an_id_is_any_word_without_a_full_stop(sender, message_id):
    server = sender(a_source(trust="server"))
    at = int(time.time())
    signature = signatures.sign(server.source.secret, message_id, at, BODY)

    answer = server.post(
        "events",
        BODY,
        webhook_id=message_id,
        webhook_timestamp=str(at),
        webhook_signature=signature,
    )

    assert answer.status_code == 202


@pytest.mark.parametrize("message_id", ["a.b", "", "x" * 257, "a b", "ä"])
def test_an_id_that_is_none_is_no_signature(message_id):
    key, at = signatures.key_bytes("whsec_" + "A" * 32), 1_795_000_000
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": signatures.mac(key, message_id, str(at), b"x").decode(),
    }

    assert not signatures.is_signed(headers, b"x", secrets=["whsec_" + "A" * 32], now=at)


# --- what nobody knows


def test_a_failure_of_the_database_does_not_say_that_nothing_was_stored(sender, monkeypatch):
    def lost(*_, **_more):
        raise OperationalError

    monkeypatch.setattr(ingest, "record", lost)

    answer = sender(a_source(trust="server")).post("events", EVENT)

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json()["detail"].startswith("It may have been stored or not")


def test_a_fault_of_ours_is_said_in_json(sender, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(callers, "signed_source", broken)
    client = sender(a_source(trust="client"), Client(raise_request_exception=False))

    answer = client.post("events", EVENT)

    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
