"""Changes of tables become customers, orders, refunds, products and bookings: each format, any
order, again and again; what is spoilt is refused by itself, and nothing of it is half stored."""

import itertools
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from crm_project.queue.due import database_now
from customers.models import ChangedCustomer, Customer, CustomerAttribute, Identity
from events import names
from events.models import Booking, Event, Order, Product, Reaction, Refund, WatchedName
from integrations.doors import quarantine, replaying
from integrations.models import CapturedRow, Quarantine, QueueState
from integrations.sync.queue.message import Message
from integrations.sync.queue.taking import take
from integrations.sync.tables import reading
from tests.factories import a_namespace
from tests.sync.shop import FORMATS, SECOND, a_line, a_queue, an_order, canal, mapped, told

pytestmark = pytest.mark.django_db
EACH = pytest.mark.parametrize("content", FORMATS)
ALL = ("orders", "lines", "refunds")


@pytest.fixture(autouse=True)
def nothing_measured():
    quarantine._used.clear()


def order_of(number="A1") -> Order:
    return Order.objects.get(number=number)


@EACH
def test_a_customer_an_order_its_lines_and_its_refund(content):
    queue = a_queue(content)
    mapped(queue.source)
    user = {
        "id": 7,
        "mobile": "13800138000",
        "nick": "小王",
        "level": "gold",
        "created_at": "2026-11-20 08:00:00",
    }
    refund = {"id": 3, "refund_no": "R1", "order_id": 1, "amount": "5.00"}
    tea = {"id": 5, "sku": "tea", "title": "茶", "price": "9.95"}
    visit = {
        "id": 4,
        "booking_no": "B1",
        "state": 0,
        "starts_at": "2026-12-01 09:30:00",
        "user_id": 7,
    }
    counts = take(
        queue,
        [
            told(content, "users", "insert", user),
            told(content, "orders", "insert", an_order()),
            told(content, "order_items", "insert", a_line()),
            told(content, "orders", "update", an_order(state=1, paid="19.90"), at=SECOND + 60),
            told(content, "refunds", "insert", refund, at=SECOND + 120),
            told(content, "products", "insert", tea),
            told(content, "bookings", "insert", visit),
            told(content, "logs", "insert", {"id": 1, "text": "nobody's business"}),
        ],
    )

    assert (counts.refused, counts.passed_over) == (0, 1)
    customer = Identity.objects.get(kind="member_id", value="7").customer
    assert customer.name == "小王"
    assert Identity.objects.filter(kind="phone", customer=customer).count() == 1
    assert CustomerAttribute.objects.get(customer=customer, key="level").value == "gold"
    order = order_of()
    assert (order.customer, order.status) == (customer, "paid")
    assert (order.total_fen, order.paid_fen, order.refunded_fen) == (1990, 1990, 500)
    assert order.placed_at == datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    line = order.lines.get()
    assert (line.product_id, line.quantity, line.price_fen) == ("tea", 2, 995)
    assert Product.objects.get(product_id="tea").price_fen == 995
    assert Booking.objects.get(number="B1").starts_at == datetime(2026, 12, 1, 1, 30, tzinfo=UTC)
    names = list(Event.objects.order_by("name__name").values_list("name__name", flat=True))
    assert names == [
        *("Booking Created", "Customer Registered", "Order Completed", "Order Placed"),
        *("Order Refunded", "Profile Updated"),
    ]
    state = QueueState.objects.get()
    assert (state.taken, state.refused, state.passed_over) == (8, 0, 1)
    assert all("138" not in str(row.values) for row in CapturedRow.objects.all())


@EACH
def test_any_order_and_again(content):
    """Lines and refunds before their order, a state before an older one, everything twice."""
    paid = an_order(state=1, paid="19.90")
    changes = [
        told(content, "orders", "insert", an_order(), position=10),
        told(content, "order_items", "insert", a_line(), position=11),
        told(content, "orders", "update", paid, at=SECOND + 5, position=12),
        told(
            content,
            "refunds",
            "insert",
            {"id": 3, "refund_no": "R1", "order_id": 1, "amount": "5.00"},
            at=SECOND + 6,
            position=13,
        ),
    ]
    for n, arrangement in enumerate(list(itertools.permutations(changes))[::9]):
        queue = a_queue(content, source=None)
        queue.source.namespace = a_namespace(f"shop-{n}")
        queue.source.save()
        mapped(queue.source, *ALL)
        for message in arrangement:
            take(queue, [message])
        take(queue, list(reversed(arrangement)))

        order = Order.objects.get(namespace=queue.source.namespace)
        assert (order.status, order.paid_fen, order.refunded_fen) == ("paid", 1990, 500)
        assert order.lines.count() == 1
        assert Refund.objects.filter(namespace=queue.source.namespace).count() == 1
        events = Event.objects.filter(source=queue.source).values_list("name__name", flat=True)
        assert len(events) == len(set(events))
        assert "Order Refunded" in events


@EACH
def test_equal_times_keep_the_queues_order(content):
    """MySQL's log has whole seconds: what comes later in the queue is newer."""
    queue = a_queue(content)
    mapped(queue.source, "orders", "customers")
    user = {"id": 7, "mobile": None, "nick": "a", "level": 1, "created_at": None}
    for state, name in ((0, "a"), (1, "b"), (2, "c")):
        take(queue, [told(content, "orders", "update", an_order(state=state))])
        take(queue, [told(content, "users", "update", {**user, "nick": name})])

    assert order_of().status == "shipped"
    assert Customer.objects.get().name == "c"


@pytest.mark.parametrize("content", ["debezium", "maxwell"])
def test_a_position_of_the_log_is_stronger_than_the_queue(content):
    queue = a_queue(content)
    mapped(queue.source, "orders")
    take(queue, [told(content, "orders", "update", an_order(state=2), position=30)])
    take(queue, [told(content, "orders", "update", an_order(state=1), position=20)])

    assert order_of().status == "shipped"


@EACH
def test_a_new_number_with_the_same_key_is_the_same_order(content):
    queue = a_queue(content)
    mapped(queue.source, *ALL)
    take(queue, [told(content, "orders", "insert", an_order(order_no="TMP-1"), position=1)])
    new = an_order(order_no="A1")
    take(queue, [told(content, "orders", "update", new, at=SECOND + 1, position=2)])

    assert [one.number for one in Order.objects.all()] == ["A1"]
    assert Event.objects.filter(name__name="Order Placed").count() == 1
    refund = {"id": 3, "refund_no": "R1", "order_id": 1, "amount": "1.00"}
    take(queue, [told(content, "refunds", "insert", refund, at=SECOND + 2, position=3)])
    assert order_of().refunded_fen == 100


@EACH
def test_deleted_rows_mean_what_the_mapping_says(content):
    queue = a_queue(content)
    mapped(queue.source)
    tea = {"id": 5, "sku": "tea", "title": "茶", "price": "9.95"}
    visit = {"id": 4, "booking_no": "B1", "state": 0, "starts_at": "2026-12-01 09:30:00"}
    visit["user_id"] = 7
    rows = [("orders", an_order()), ("products", tea), ("bookings", visit)]
    rows += [("order_items", a_line(id=11)), ("order_items", a_line(id=12, sku="cup"))]
    take(queue, [told(content, table, "insert", row, position=1) for table, row in rows])
    gone = {"id": 1} if content != "canal" else an_order()
    take(
        queue,
        [
            told(content, "order_items", "delete", a_line(id=12), at=SECOND + 9, position=2),
            told(content, "orders", "delete", gone, at=SECOND + 10, position=3),
            told(content, "products", "delete", tea, at=SECOND + 10, position=4),
            told(content, "bookings", "delete", visit, at=SECOND + 10, position=5),
        ],
    )

    assert order_of().status == "cancelled"
    assert [line.product_id for line in order_of().lines.all()] == ["tea"]
    assert Product.objects.get().is_active is False
    assert Booking.objects.get().status == "cancelled"


def test_a_deleted_row_may_mean_nothing():
    queue = a_queue("maxwell")
    mapped(queue.source, "orders", deleted="nothing")
    take(queue, [told("maxwell", "orders", "insert", an_order())])
    take(queue, [told("maxwell", "orders", "delete", an_order(), at=SECOND + 1)])

    assert order_of().status == "placed"


def test_a_snapshot_is_history():
    """It is recorded and counted; what it changes sets nothing in motion."""
    queue = a_queue("debezium")
    mapped(queue.source, "orders")
    take(queue, [told("debezium", "orders", "snapshot", an_order())])

    assert order_of().status == "placed"
    assert set(ChangedCustomer.objects.values_list("is_history", flat=True)) == {True}


@EACH
def test_nobody_is_written_to_because_of_what_was_there_before(content):
    """A snapshot, what the log tells of before the queue was connected, and what comes while the
    queue says history; though the rows are of a moment ago. What comes now is watched."""
    WatchedName.objects.create(
        name_id=names.numbers({"Order Placed"})["Order Placed"], watcher="journey:1"
    )
    queue = a_queue(content)
    mapped(queue.source, "orders")
    now = int(database_now().timestamp())
    shown = f"{database_now().astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M:%S}"

    def tell(number, op="insert", at=now + 2):
        row = an_order(id=number, order_no=f"A{number}", created_at=shown)
        take(queue, [told(content, "orders", op, row, at=at)])

    tell(1, at=now - 60)
    queue.is_history = True
    tell(2)
    queue.is_history = False
    if content != "canal":  # it does not tell a snapshot from other inserts
        tell(3, op="snapshot")
    assert Order.objects.count() == (2 if content == "canal" else 3)
    assert Reaction.objects.count() == 0
    assert set(ChangedCustomer.objects.values_list("is_history", flat=True)) == {True}
    tell(4)
    assert Reaction.objects.count() == 1


SPOILT = {
    "canal": [
        (b"{", "invalid_json"),
        (b'{"a":1}\xff', "invalid_json"),
        (b"[]", "wrong_type"),
        (b'"text"', "wrong_type"),
        (b"{}", "unknown_value"),
        ({"type": "UPSERT"}, "unknown_value"),
        ({"table": None}, "missing_field"),
        ({"database": ""}, "missing_field"),
        ({"table": "t" * 100}, "missing_field"),
        ({"data": None}, "missing_field"),
        ({"data": []}, "missing_field"),
        ({"data": [7]}, "wrong_type"),
        ({"data": [{}]}, "wrong_type"),
        ({"es": None}, "invalid_time"),
        ({"es": "soon"}, "invalid_time"),
        ({"es": 10**30}, "invalid_time"),
        (b'{"a":' * 50 + b"1" + b"}" * 50, "too_deep"),
    ],
    "maxwell": [
        (b"", "invalid_json"),
        ({"type": "upsert"}, "unknown_value"),
        ({"type": ["insert"]}, "unknown_value"),
        ({"data": None}, "wrong_type"),
        ({"data": []}, "wrong_type"),
        ({"ts": None}, "invalid_time"),
        ({"ts": True}, "invalid_time"),
        ({"ts": -5}, "invalid_time"),
        ({"database": 7}, "missing_field"),
    ],
    "debezium": [
        (b"nul", "invalid_json"),
        ({"op": "x"}, "unknown_value"),
        ({"op": None}, "unknown_value"),
        ({"source": None}, "missing_field"),
        ({"source": {"ts_ms": 1}}, "missing_field"),
        ({"after": None}, "wrong_type"),
        ({"after": "row"}, "wrong_type"),
        (b'{"payload": 7, "schema": null}', "wrong_type"),
        (b'{"payload": {"id": 1}, "schema": {}}', "unknown_value"),
    ],
}
BAD_ROWS = [
    ({"state": 7}, "unknown_value", "orders.state"),
    ({"total": "much"}, "wrong_type", "orders.total"),
    ({"total": None}, "missing_field", "orders.total"),
    ({"total": "-5"}, "wrong_type", "orders.total"),
    ({"order_no": "x" * 101}, "wrong_length", "orders.order_no"),
    ({"order_no": None}, "missing_field", "orders.order_no"),
    ({"order_no": "a\0b"}, "invalid_text", "orders.order_no"),
    ({"id": None}, "missing_field", "orders.id"),
    ({"user_id": None}, "missing_identity", "$.identities"),
    ({"created_at": "yesterday"}, "invalid_time", "orders.created_at"),
    ({"created_at": "3026-01-01 00:00:00"}, "out_of_range", "orders.created_at"),
    ({"total": {"yuan": 5}}, "wrong_type", "orders.total"),
]


@pytest.mark.parametrize(
    ("content", "spoilt", "code"),
    [(content, *case) for content, cases in SPOILT.items() for case in cases],
)
def test_a_spoilt_message_is_refused_with_its_reason_and_blocks_nobody(content, spoilt, code):
    queue = a_queue(content)
    mapped(queue.source, "orders")
    good = told(content, "orders", "insert", an_order())
    body = spoilt
    if isinstance(spoilt, dict):
        body = json.dumps({**json.loads(good.body), **spoilt}).encode()
    counts = take(queue, [Message(body, 1), good])

    assert (counts.stored, counts.refused) == (1, 1)
    row = Quarantine.objects.get()
    assert row.code == code
    assert quarantine.raw_bytes(row) == body
    assert Order.objects.count() == 1


@pytest.mark.parametrize(("spoilt", "code", "path"), BAD_ROWS)
def test_a_spoilt_row_is_refused_at_its_column(spoilt, code, path):
    """Among the rows of one message of Canal the others are stored."""
    queue = a_queue("maxwell")
    mapped(queue.source, "orders")
    bad = told("maxwell", "orders", "insert", an_order(id=2, order_no="A2") | spoilt)
    counts = take(queue, [bad, told("maxwell", "orders", "insert", an_order())])

    row = Quarantine.objects.get()
    assert (counts.refused, row.code, row.path) == (1, code, path)
    assert [one.number for one in Order.objects.all()] == ["A1"]
    assert Event.objects.count() == 1


def test_rows_of_one_message_are_refused_one_by_one_and_tried_again():
    queue = a_queue("canal")
    (mapping,) = mapped(queue.source, "orders")
    said = canal("orders", "insert", an_order(), at=SECOND, position=None)
    said["data"] = [
        {**said["data"][0], "id": str(n), "order_no": f"A{n}", "state": "5" if n == 2 else "0"}
        for n in range(1, 4)
    ]
    take(queue, [Message(json.dumps(said).encode(), 1)])

    assert sorted(Order.objects.values_list("number", flat=True)) == ["A1", "A3"]
    row = Quarantine.objects.get()
    assert (row.code, row.door) == ("unknown_value", f"queue/{queue.pk}")
    assert not replaying.replay(row, database_now())
    mapping.statuses["5"] = "paid"
    mapping.save()
    assert replaying.replay(row, database_now())
    assert Order.objects.get(number="A2").status == "paid"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("canal", {"isDdl": True, "type": "ALTER"}),
        ("canal", {"type": "TRUNCATE"}),
        ("maxwell", {"type": "table-create"}),
        ("maxwell", {"type": "bootstrap-start"}),
        ("debezium", {"op": "t"}),
        ("debezium", {"op": "m"}),
    ],
)
def test_what_is_no_change_of_a_row_is_passed(content, said):
    queue = a_queue(content)
    mapped(queue.source, "orders")
    good = json.loads(told(content, "orders", "insert", an_order()).body)
    assert take(queue, [Message(json.dumps({**good, **said}).encode(), 1)])[1:] == (0, 0, 0, 0)


def test_debeziums_types_are_read_by_its_schema():
    queue = a_queue("debezium")
    mapped(queue.source, "orders")
    # 19.90 as a decimal of scale 2, a DATETIME as milliseconds of the clock on the wall
    row = an_order(total="B8Y=", created_at=1_795_514_400_000)
    payload = json.loads(told("debezium", "orders", "insert", row).body)
    columns = [
        {"field": "total", "type": "bytes", "name": "org.apache.kafka.connect.data.Decimal"}
        | {"parameters": {"scale": "2"}},
        {"field": "created_at", "type": "int64", "name": "io.debezium.time.Timestamp"},
    ]
    schema = {"type": "struct", "fields": [{"field": "after", "fields": columns}]}
    body = json.dumps({"schema": schema, "payload": payload}).encode()
    take(queue, [Message(body, 1), Message(b"null", 2), Message(b"", 3)])

    order = order_of()
    assert order.total_fen == 1990
    assert order.placed_at == datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        (SECOND, datetime(2026, 11, 24, 2, 0, tzinfo=UTC)),
        (SECOND * 1000, datetime(2026, 11, 24, 2, 0, tzinfo=UTC)),
        (str(SECOND * 1000), datetime(2026, 11, 24, 2, 0, tzinfo=UTC)),
        (SECOND * 1_000_000, datetime(2026, 11, 24, 2, 0, tzinfo=UTC)),
        ("2026-11-24 10:00:00", datetime(2026, 11, 24, 2, 0, tzinfo=UTC)),
        ("2026-11-24T02:00:00Z", datetime(2026, 11, 24, 2, 0, tzinfo=UTC)),
        ("2026-11-24", datetime(2026, 11, 23, 16, 0, tzinfo=UTC)),
        ("0000-00-00 00:00:00", datetime.fromtimestamp(SECOND, UTC)),
    ],
)
def test_moments_as_columns_have_them(said, moment):
    queue = a_queue("maxwell")
    mapped(queue.source, "orders")
    take(queue, [told("maxwell", "orders", "insert", an_order(created_at=said))])

    assert order_of().placed_at == moment


def test_a_bad_line_is_refused_without_its_order():
    queue = a_queue("maxwell")
    mapped(queue.source, *ALL)
    take(
        queue,
        [
            told("maxwell", "orders", "insert", an_order()),
            told("maxwell", "order_items", "insert", a_line()),
            told("maxwell", "order_items", "insert", a_line(id=12, n=0)),
        ],
    )

    assert order_of().lines.count() == 1
    assert Quarantine.objects.get().path == "order_items.n"


def test_what_nobody_foresaw_is_set_aside_alone(monkeypatch):
    """A mistake of ours in one message: its neighbours are stored, and it is kept whole."""
    read = reading.read_field

    def fails(row, one):
        if row.said.get("number") == "A2":
            raise RuntimeError("a mistake of ours")
        read(row, one)

    monkeypatch.setattr(reading, "read_field", fails)
    queue = a_queue("maxwell")
    mapped(queue.source, "orders")
    rows = [an_order(id=n, order_no=f"A{n}") for n in (1, 2, 3)]
    counts = take(queue, [told("maxwell", "orders", "insert", row) for row in rows])

    assert (counts.messages, counts.stored, counts.refused) == (3, 2, 1)
    assert Quarantine.objects.get().code == "not_storable"


def test_a_draft_is_nothing_until_it_is_an_order():
    queue = a_queue("maxwell")
    mapped(queue.source, *ALL)
    take(queue, [told("maxwell", "orders", "insert", an_order(state=-1))])
    take(queue, [told("maxwell", "order_items", "insert", a_line())])
    assert not Order.objects.exists()
    take(queue, [told("maxwell", "orders", "update", an_order(state=0), at=SECOND + 1)])

    assert order_of().lines.count() == 1
