"""Races at the doors, over real connections: 64 senders say the same thing in the same moment."""

import http.client
import json
import socket
import threading
from collections import Counter
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from campaigns import coupons
from campaigns.coupons import Wanted
from campaigns.models import CouponMove
from customers.models import Customer, Identity
from events.models import Event
from tests.factories import a_batch, a_member, a_source

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime.now(UTC).isoformat()
SENDERS = 64


def at_once(live_server, sender, bodies, path="events"):
    """Every request is sent but for its last byte; then all last bytes go out together. The
    statuses."""
    address = urlsplit(live_server.url)
    connections = []
    for body in bodies:
        raw = json.dumps(body).encode()
        connection = socket.create_connection((address.hostname, address.port), timeout=120)
        headers = {
            "Host": address.netloc,
            "Content-Type": "application/json",
            "Content-Length": len(raw),
            "Connection": "close",
            **sender.headers(raw),
        }
        head = (
            f"POST /api/v1/{path} HTTP/1.1\r\n"
            + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            + "\r\n"
        )
        connection.sendall(head.encode() + raw[:-1])
        connections.append((connection, raw[-1:]))
    statuses = [0] * len(connections)

    def finish(n, connection, last):
        connection.sendall(last)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        statuses[n] = answer.status
        connection.close()

    threads = [threading.Thread(target=finish, args=(n, *one)) for n, one in enumerate(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(statuses)


def event(id, **identities):
    return {"id": id, "name": "Viewed", "occurred_at": AT, "identities": identities}


def test_b50_the_same_post_64_times_is_stored_once(live_server, sender):
    server = sender(a_source())

    statuses = at_once(live_server, server, [event("e1", member_id="1")] * SENDERS)

    assert statuses == {202: 1, 200: SENDERS - 1}
    assert (Event.objects.count(), Customer.objects.count()) == (1, 1)


def test_the_same_new_person_64_times_is_one_customer(live_server, sender):
    server = sender(a_source())

    statuses = at_once(
        live_server,
        server,
        [
            event(f"e{n}", member_id="1", phone="13812345678", anonymous_id=f"a{n % 3}")
            for n in range(SENDERS)
        ],
    )

    assert statuses == {202: SENDERS}
    assert Customer.objects.alive().count() == 1
    assert Identity.objects.count() == 5
    assert set(Event.objects.values_list("customer_id", flat=True)) == {
        Customer.objects.alive().get().pk
    }


def test_b76_a_coupon_is_redeemed_once_of_64_times_at_once(live_server, sender):
    server = sender(a_source())
    batch = a_batch(namespace=server.source.namespace)
    wanted = Wanted(*[a_member(1, namespace=server.source.namespace).pk] * 2, "k1")
    coupon = coupons.issue(batch, [wanted], by="test", now=datetime.now(UTC))["k1"]
    orders = [
        {"code": coupon.code, "order_number": f"A{n}", "total_fen": 100_000} for n in range(SENDERS)
    ]

    statuses = at_once(live_server, server, orders, "coupons/redeem")

    assert statuses == {200: 1, 409: SENDERS - 1}
    assert CouponMove.objects.filter(state="redeemed").count() == 1


def test_a_body_cut_short_is_not_taken(live_server, sender):
    server = sender(a_source())
    raw = json.dumps(event("e1", member_id="1")).encode()
    address = urlsplit(live_server.url)
    headers = {
        "Host": address.netloc,
        "Content-Type": "application/json",
        "Content-Length": len(raw) + 9,
        **server.headers(raw),
    }

    with socket.create_connection((address.hostname, address.port), timeout=120) as connection:
        head = (
            "POST /api/v1/events HTTP/1.1\r\n"
            + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            + "\r\n"
        )
        connection.sendall(head.encode() + raw)
        connection.shutdown(socket.SHUT_WR)
        answer = http.client.HTTPResponse(connection)
        answer.begin()

    assert answer.status == 400
    assert not Event.objects.exists()


def test_a_body_in_pieces_needs_its_length(live_server, sender):
    server = sender(a_source())
    address = urlsplit(live_server.url)
    raw = json.dumps(event("e1", member_id="1")).encode()
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=120)

    connection.request(
        "POST",
        "/api/v1/events",
        iter([raw]),
        {"Content-Type": "application/json", **server.headers(raw)},
        encode_chunked=True,
    )

    assert connection.getresponse().status == 400
    assert not Event.objects.exists()
