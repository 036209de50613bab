"""Reconciliation with a shop's own system: its days, what differs down to the number, fetched."""

import contextlib
import json
import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from crm_project.jobs.kinds import Refused
from crm_project.queue.due import database_now
from customers.models import Connection, Store
from events.models import Order
from integrations.doors import signatures
from integrations.models import Difference, ListedOrder, ReconciledDay, Reconciliation
from integrations.sync.files.reading.rows import CannotRead
from integrations.sync.reconciliation import bringing, comparing, days, fetching, listed, standing
from integrations.sync.reconciliation.alarms import Differs
from integrations.webhook.vendor import new_secret
from tests.factories import a_member, a_source, an_order
from tests.sync.spoilt_files import brought

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
    today = (database_now() - days.SETTLED).astimezone(SHANGHAI)
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


# -- a list that somebody brings


@pytest.fixture
def by_list():
    return Reconciliation.objects.create(source=a_source(), connection=None, days=3)


def local(at):
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def a_list(*rows, heading="订单号,订单状态,实付金额,退款金额,门店,付款时间"):
    return "\n".join([heading, *(",".join(map(str, row)) for row in rows)]).encode()


def brought_list(row, content, **said):
    by = User.objects.filter(username="boss").first() or User.objects.create_superuser("boss")
    job = bringing.begin(row, brought(content, by=by), by=by, now=database_now(), **said)
    row.refresh_from_db()
    return job


def here(row, number, at, paid=1000, **more):
    stated = {"number": number, "placed_at": at, "paid_at": at, "paid_fen": paid}
    return an_order(a_member(), source=row.source, **stated | {"total_fen": paid, **more})


def test_a_list_is_the_other_side_of_its_days(by_list):
    for n in range(4):
        here(by_list, f"A{n}", noon(2) + timedelta(minutes=n))
    here(by_list, "B1", noon(1))
    Order.objects.filter(number="A1").update(refunded_fen=300)
    Order.objects.filter(number="A2").update(status="cancelled")
    job = brought_list(
        by_list,
        a_list(
            ("A0", "已完成", "10.00", "", "", local(noon(2))),
            ("A1", "已完成", "10.00", "0", "", local(noon(2))),
            ("A2", "已完成", "10.00", "0", "", local(noon(2))),
            ("A9", "待发货", "7.5", "0", "", local(noon(2))),
            ("A9", "待发货", "7.5", "0", "", local(noon(2))),
            ("B1", "谁知道", "10.00", "0", "", local(noon(1))),
            ("C1", "待付款", "0", "0", "", ""),
            ("C2", "已付款", "5", "0", "", ""),
            ("C3", "已付款", "x", "0", "", local(noon(1))),
            ("D1", "已付款", "5", "0", "", local(database_now())),
        ),
    )

    assert job.state == "done", job.error
    assert {k: n for k, n in job.skipped.items() if n} == {
        "unreadable": 2,
        "twice": 1,
        "unpaid": 1,
        "outside": 1,
    }
    day = ReconciledDay.objects.get(is_equal=False)
    found = {
        one.number: (one.paid_fen, one.refunded_fen, one.their_paid_fen, one.their_refunded_fen)
        for one in day.differences.all()
    }
    assert found == {
        "A1": (1000, 300, 1000, 0),
        "A2": (1000, 0, 1000, 0),  # cancelled here
        "A3": (1000, 0, None, None),
        "A9": (None, None, 750, 0),
    }
    assert ReconciledDay.objects.get(is_equal=True).day == noon(1).date()
    assert by_list.complete_until is None
    assert Differs().problem(database_now(), was_raised=False)


def test_what_comes_in_afterwards_counts_without_the_list_again(by_list):
    brought_list(by_list, a_list(("A1", "已付款", 10, 0, "", local(noon(1)))))
    assert Difference.objects.get().paid_fen is None
    here(by_list, "A1", noon(1))
    look(by_list)

    assert ReconciledDay.objects.get().is_equal
    assert by_list.complete_until == noon(1).date()
    assert not Difference.objects.exists()


def test_a_later_list_takes_the_place_of_an_earlier_one(by_list):
    here(by_list, "A1", noon(1))
    brought_list(by_list, a_list(("A1", "已付款", 9, 0, "", local(noon(1)))))
    assert not ReconciledDay.objects.get().is_equal
    brought_list(by_list, a_list(("A1", "已付款", 10, 0, "", local(noon(1)))))

    assert ReconciledDay.objects.get().is_equal
    assert ListedOrder.objects.count() == 1


def test_days_without_an_order_are_days_of_the_list_too(by_list):
    here(by_list, "A2", noon(2))
    rows = [
        ("A3", "已付款", 10, 0, "", local(noon(3))),
        ("A1", "已付款", 10, 0, "", local(noon(1))),
    ]
    brought_list(by_list, a_list(*rows))

    middle = ReconciledDay.objects.get(day=noon(2).date())
    assert (middle.orders, middle.their_orders, middle.is_equal) == (1, 0, False)
    assert middle.differences.get().number == "A2"


def test_a_list_by_the_time_of_the_order_is_compared_by_it(by_list):
    here(by_list, "A1", noon(2), paid_at=noon(1))
    heading = "order number,paid_fen,refunded_fen,placed_at"
    job = brought_list(by_list, a_list(("A1", 1000, 0, local(noon(2))), heading=heading))

    assert job.state == "done", job.error
    assert ReconciledDay.objects.get().is_equal


def test_stores_stand_beside_one_another(by_list):
    one = Store.objects.create(namespace=by_list.source.namespace, key="sh1", name="上海一店")
    here(by_list, "A1", noon(1), store=one)
    here(by_list, "A2", noon(1))
    rows = [
        ("A1", "已付款", 10, 0, "上海一店", local(noon(1))),
        ("A2", "已付款", 10, 0, "北京店", local(noon(1))),
    ]
    brought_list(by_list, a_list(*rows))

    day = ReconciledDay.objects.get()
    assert day.is_equal
    told = {
        row["store"]: (row["orders"], row["their_orders"], row["differs"]) for row in day.stores
    }
    assert told == {"": (1, 0, True), "上海一店": (1, 1, False), "北京店": (0, 1, True)}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"%PDF-1.7", "PDF"),
        ("姓名,手机\n张三,13800138000\n".encode(), "No column says: order number"),
        ("订单号,实付金额,付款时间\nA1,1,2026-01-01\n".encode(), "No column says: refunded"),
    ],
)
def test_what_is_no_list_of_orders_says_why(by_list, content, words):
    with translation.override("en"), pytest.raises((CannotRead, Refused), match=words):
        brought_list(by_list, content)
    assert not ReconciledDay.objects.exists()
    assert not ListedOrder.objects.exists()


def test_a_list_of_too_many_days_changes_nothing(by_list):
    rows = [("A", "", 1, 0, "", local(noon(300))), ("B", "", 1, 0, "", local(noon(1)))]
    job = brought_list(by_list, a_list(*rows))

    assert job.state == "failed"
    assert not ReconciledDay.objects.exists()
    assert not ListedOrder.objects.exists()


def test_a_day_with_a_list_is_not_asked_for_until_the_list_is_left(shop, compared):
    both(shop, compared, "A1", noon(1))
    brought_list(compared, a_list(("A1", "已付款", 9, 0, "", local(noon(1)))))
    look(compared)
    day = ReconciledDay.objects.get(day=noon(1).date())
    assert not day.is_equal
    listed.leave(day)
    look(compared)
    assert ReconciledDay.objects.get(day=noon(1).date()).is_equal


def test_a_system_may_say_its_numbers_by_store(shop, compared):
    one = Store.objects.create(namespace=compared.source.namespace, key="sh1", name="上海一店")
    both(shop, compared, "A1", noon(1), store=one)
    plain = shop.sum
    shop.sum = lambda rows: plain(rows) | {"stores": {"sh1": plain(rows)}}
    look(compared)

    [told] = ReconciledDay.objects.get(day=noon(1).date()).stores
    assert (told["store"], told["orders"], told["their_orders"]) == ("上海一店", 1, 1)
    assert not told["differs"]


# -- how it stands


def test_a_day_that_nobody_answered_is_told(shop, compared):
    both(shop, compared, "A1", noon(1))
    look(compared)
    assert standing.unanswered(database_now()) == []
    ReconciledDay.objects.filter(day=noon(1).date()).delete()
    assert standing.unanswered(database_now()) == [compared] or is_just_after_midnight()
    assert bool(Differs().problem(database_now(), was_raised=False)) or is_just_after_midnight()


def is_just_after_midnight():
    """Then the day before may still be asked for."""
    return days.days_of(Reconciliation(days=1, time_zone="Asia/Shanghai"), database_now()) != (
        days.days_of(
            Reconciliation(days=1, time_zone="Asia/Shanghai"), database_now() - standing.PATIENCE
        )
    )


def test_a_day_that_nobody_compared_ends_what_is_complete(by_list):
    for n in (5, 4, 2, 1):
        at = noon(n)
        here(by_list, f"A{n}", at)
        said = {"first": at.date(), "last": at.date()}
        brought_list(by_list, a_list((f"A{n}", "", 10, 0, "", local(at))), **said)
    assert by_list.complete_until == noon(4).date()


# -- its pages


@pytest.fixture
def desk(client):
    with translation.override("en"):
        client.force_login(User.objects.create_superuser("boss"))
        client.cookies["django_language"] = "en"
        yield client


def test_a_list_is_brought_by_hand_and_the_first_page_says_what_differs(desk, by_list):
    here(by_list, "A1", noon(1))
    here(by_list, "A0", noon(2))
    address = reverse("admin:integrations_reconciliation_list", args=[by_list.pk])
    assert "实付金额" in desk.get(address).content.decode()
    content = a_list(
        ("A1", "已付款", 9, 0, "", local(noon(1))), ("A0", "已付款", 10, 0, "", local(noon(2)))
    )
    answer = desk.post(address, {"file": SimpleUploadedFile("a.csv", content)}, follow=True)
    shown = answer.content.decode()
    assert "2 days were compared." in shown
    assert f"Complete up to {noon(2):%Y-%m-%d}" in shown
    assert 'data-chart="reconciliation"' in shown
    assert "1 difference" in shown
    day = ReconciledDay.objects.get(is_equal=False)
    page = desk.get(reverse("admin:integrations_reconciledday_change", args=[day.pk]))
    assert "A1" in page.content.decode()
    first = desk.get(reverse("admin:index")).content.decode()
    assert 'data-need="reconciliation"' in first
    assert 'data-fact="complete"' in first


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "Choose a file."),
        ({"content": b"%PDF-1.7"}, "PDF"),
        (
            {"content": b"a", "first": "2026-02-02", "last": "2026-01-01"},
            "The last day is before the first.",
        ),
        ({"content": b"a", "first": "yesterday"}, "Enter a valid date."),
    ],
)
def test_what_is_wrong_with_a_list_stands_at_its_field(desk, by_list, said, words):
    more = {name: value for name, value in said.items() if name != "content"}
    if "content" in said:
        more["file"] = SimpleUploadedFile("a.csv", said["content"])
    address = reverse("admin:integrations_reconciliation_list", args=[by_list.pk])
    answer = desk.post(address, more)
    assert answer.status_code == 400
    assert words in answer.content.decode()


def test_who_may_only_look_brings_no_list(client, by_list):
    user = User.objects.create_user("looks", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_reconciliation"))
    client.force_login(user)
    address = reverse("admin:integrations_reconciliation_list", args=[by_list.pk])
    assert client.get(address).status_code == 403
    assert client.post(address).status_code == 403
    page = client.get(reverse("admin:integrations_reconciliation_change", args=[by_list.pk]))
    assert address not in page.content.decode()
