"""Reconciliation with a shop's own system: its days, what differs down to the number, fetched."""

import contextlib
import json
import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from zoneinfo import ZoneInfo

import pytest

from crm_project.queue.due import database_now
from customers.models import Connection
from events.models import Order
from integrations.doors import signatures
from integrations.models import Difference, ReconciledDay, Reconciliation
from integrations.sync.reconciliation import comparing, fetching
from integrations.sync.reconciliation.alarms import Differs
from integrations.webhook.vendor import new_secret
from tests.factories import a_member, a_source, an_order

pytestmark = pytest.mark.django_db(transaction=True)
SHANGHAI = ZoneInfo("Asia/Shanghai")


class Shop:
    """A shop's own system: it answers the four questions as docs/api.md has them."""

    def __init__(self):
        self.orders: dict[str, tuple[datetime, int, int]] = {}
        self.asked: list[str] = []
        self.secret, self.garbles = new_secret(), False

    def within(self, said):
        first, last = (datetime.fromisoformat(said[name]) for name in ("from", "to"))
        return {n: one for n, one in self.orders.items() if first <= one[0] < last}

    def told(self, numbers):
        rows = {n: self.orders[n] for n in numbers if n in self.orders}
        return [
            {"number": n, "paid_fen": paid, "refunded_fen": refunded}
            for n, (_at, paid, refunded) in rows.items()
        ]

    def answer(self, said):
        self.asked.append(said["ask"])
        if said["ask"] == "summary":
            return {"windows": [self.sum(self.within(one)) for one in said["windows"]]}
        if said["ask"] == "orders":
            return {"orders": self.told(self.within(said))}
        if said["ask"] == "numbers":
            return {"orders": self.told(said["numbers"])}
        return {"orders": [self.item(n) for n in said["numbers"] if n in self.orders]}

    def sum(self, rows):
        return {
            "orders": len(rows),
            "paid_fen": sum(paid for _at, paid, _refunded in rows.values()),
            "refunded_fen": sum(refunded for _at, _paid, refunded in rows.values()),
        }

    def item(self, number):
        at, paid, _refunded = self.orders[number]
        return {
            "number": number,
            "status": "paid",
            "occurred_at": (at + timedelta(seconds=1)).isoformat(),
            "placed_at": at.isoformat(),
            "identities": {"member_id": "m1"},
            "total_fen": paid,
        }


@pytest.fixture
def shop(settings):
    shop = Shop()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            assert (
                signatures.sign(
                    shop.secret,
                    self.headers["webhook-id"],
                    int(self.headers["webhook-timestamp"]),
                    body,
                )
                in self.headers["webhook-signature"]
            )
            said = b"[]" if shop.garbles else json.dumps(shop.answer(json.loads(body))).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    shop.url = f"http://127.0.0.1:{server.server_port}/"
    settings.OUTBOUND_HOSTS = [f"127.0.0.1:{server.server_port}"]
    yield shop
    server.shutdown()
    server.server_close()


@pytest.fixture
def compared(shop):
    source = a_source()
    account = Connection(vendor="summary", name="shop", account="shop", namespace=source.namespace)
    account.settings = {"url": shop.url, "secret": shop.secret}
    account.save()
    return Reconciliation.objects.create(source=source, connection=account, days=3)


def noon(days_ago):
    today = (database_now() - comparing.SETTLED).astimezone(SHANGHAI)
    return today.replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=days_ago)


def both(shop, row, number, at, paid=1000, **here):
    shop.orders[number] = (at, paid, 0)
    member = a_member()
    an_order(
        member,
        source=row.source,
        **{"number": number, "placed_at": at, "paid_at": at, "paid_fen": paid}
        | {"total_fen": paid, **here},
    )


def look(row):
    comparing.compare_now(row)
    comparing.work()
    row.refresh_from_db()


def test_days_that_agree_are_complete(shop, compared):
    for n in range(5):
        both(shop, compared, f"A{n}", noon(1 + n % 3))
    look(compared)

    assert set(ReconciledDay.objects.values_list("is_equal", flat=True)) == {True}
    assert compared.complete_until == noon(1).date()
    assert compared.problem == ""
    assert Differs().problem(database_now(), was_raised=False) == ""


def test_what_differs_is_found_down_to_the_number_and_fetched(shop, compared, monkeypatch):
    monkeypatch.setattr(comparing, "FEW", 4)
    for n in range(30):
        both(shop, compared, f"A{n}", noon(2) + timedelta(minutes=n))
    both(shop, compared, "B1", noon(1))
    Order.objects.filter(number="A7").delete()
    Order.objects.filter(number="A9").update(paid_fen=1)
    del shop.orders["A20"]
    look(compared)

    day = ReconciledDay.objects.get(is_equal=False)
    assert day.day == noon(2).date()
    found = {one.number: (one.paid_fen, one.their_paid_fen) for one in day.differences.all()}
    assert found == {"A7": (None, 1000), "A9": (1, 1000), "A20": (1000, None)}
    assert shop.asked.count("orders") < 12
    assert compared.complete_until == noon(3).date()
    assert Differs().problem(database_now(), was_raised=False)

    taken = fetching.fetch(compared, list(Difference.objects.exclude(number="A20")), database_now())
    assert taken == (2, 0)
    shop.orders["A20"] = (noon(2) + timedelta(minutes=20), 1000, 0)
    look(compared)
    assert Order.objects.filter(number="A7").exists()
    assert not ReconciledDay.objects.filter(is_equal=False).exists() or set(
        Difference.objects.values_list("number", flat=True)
    ) == {"A9"}


def test_an_order_on_the_other_side_of_midnight_is_the_same_order(shop, compared):
    """It is missing from one day and too many on the other, and is named by no day."""
    both(shop, compared, "A1", noon(2))
    shop.orders["A1"] = (noon(1), 1000, 0)
    look(compared)

    assert ReconciledDay.objects.filter(is_equal=False).count() == 2
    assert not Difference.objects.exists()


@pytest.mark.parametrize("fault", ["garbles", "away"])
def test_why_it_cannot_be_compared_stands_in_the_row(shop, compared, fault):
    if fault == "garbles":
        shop.garbles = True
    else:
        compared.connection.settings = {"url": shop.url.rstrip("/")[:-1], "secret": shop.secret}
        compared.connection.save()
    look(compared)

    assert compared.problem
    assert compared.complete_until is None
    with contextlib.suppress(AssertionError):
        assert not ReconciledDay.objects.exists()
