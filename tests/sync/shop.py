"""A shop's tables as change streams tell of them: one change in each of the three formats."""

import itertools
import json

from customers.models import Connection
from integrations.models import QueueSource, TableMapping
from integrations.sync.queue.message import Message
from tests.factories import a_source

SECOND = 1_795_485_600  # 2026-11-24 02:00:00 UTC: ten in the morning in Shanghai
FORMATS = ("canal", "debezium", "maxwell")
numbers = itertools.count(1)

COLUMNS = {
    "customers": {
        "table": "shop.users",
        "columns": {
            "member_id": "id",
            "phone": "mobile",
            "name": "nick",
            "registered_at": "created_at",
        },
        "attributes": {"level": "level"},
    },
    "orders": {
        "table": "shop.orders",
        "columns": {
            "number": "order_no",
            "status": "state",
            "total": "total",
            "paid": "paid",
            "member_id": "user_id",
            "placed_at": "created_at",
        },
        "statuses": {"0": "placed", "1": "paid", "2": "shipped", "9": "cancelled", "-1": ""},
        "deleted": "cancelled",
    },
    "lines": {
        "table": "shop.order_items",
        "columns": {
            "order_key": "order_id",
            "product_id": "sku",
            "name": "title",
            "quantity": "n",
            "price": "price",
        },
    },
    "refunds": {
        "table": "shop.refunds",
        "columns": {"number": "refund_no", "order_key": "order_id", "amount": "amount"},
    },
    "products": {
        "table": "shop.products",
        "columns": {"product_id": "sku", "name": "title", "price": "price"},
        "deleted": "cancelled",
    },
    "bookings": {
        "table": "shop.bookings",
        "columns": {
            "number": "booking_no",
            "status": "state",
            "starts_at": "starts_at",
            "member_id": "user_id",
        },
        "statuses": {"0": "booked", "9": "cancelled"},
        "deleted": "cancelled",
    },
}


def a_broker(vendor="rabbitmq", **settings) -> Connection:
    n = next(numbers)
    connection = Connection(
        vendor=vendor,
        name=f"broker {n}",
        account=f"broker {n}",
        namespace=a_source().namespace,
    )
    connection.settings = {"host": "127.0.0.1", "port": 5672, "user": "guest", **settings}
    connection.save()
    return connection


def a_queue(content="native", *, source=None, **more) -> QueueSource:
    n = next(numbers)
    source = source or a_source(format="queue", time_zone="Asia/Shanghai")
    connection = more.pop("connection", None) or a_broker()
    return QueueSource.objects.create(
        **{"name": f"queue {n}", "queue": f"hutong-test-{n}", "source": source}
        | {"connection": connection, "content": content, **more}
    )


def mapped(source, *kinds, **more) -> list[TableMapping]:
    return [
        TableMapping.objects.create(source=source, kind=kind, **{**COLUMNS[kind], **more})
        for kind in kinds or COLUMNS
    ]


def told(content: str, table: str, op: str, row: dict, *, at=SECOND, position=None) -> Message:
    """One change (insert, update, delete, snapshot) as this format writes it."""
    body = {"canal": canal, "debezium": debezium, "maxwell": maxwell}[content]
    said = body(table, op, row, at=at, position=position)
    return Message(json.dumps(said, ensure_ascii=False).encode(), tag=next(numbers))


def canal(table, op, row, *, at, position):
    texts = {key: None if value is None else str(value) for key, value in row.items()}
    return {
        "data": [texts],
        "database": "shop",
        "es": at * 1000,
        "id": next(numbers),
        "isDdl": False,
        "mysqlType": dict.fromkeys(row, "varchar(64)"),
        "old": [{}] if op == "update" else None,
        "pkNames": ["id"],
        "sql": "",
        "sqlType": dict.fromkeys(row, 12),
        "table": table,
        "ts": at * 1000 + 321,
        "type": {"snapshot": "INSERT"}.get(op, op.upper()),
    }


def maxwell(table, op, row, *, at, position):
    said = {
        "database": "shop",
        "table": table,
        "type": {"snapshot": "bootstrap-insert"}.get(op, op),
        "ts": at,
        "xid": next(numbers),
        "commit": True,
        "data": row,
        "primary_key_columns": ["id"],
        "primary_key": [row["id"]],
    }
    if op == "update":
        said["old"] = {}
    if position is not None:
        said |= {"position": f"mysql-bin.{position:06d}:4", "server_id": 7}
    return said


def debezium(table, op, row, *, at, position):
    before, after = (row, None) if op == "delete" else (None, row)
    return {
        "before": before,
        "after": after,
        "source": {
            "version": "2.7.0.Final",
            "connector": "mysql",
            "name": "shop",
            "ts_ms": at * 1000,
            "snapshot": "true" if op == "snapshot" else "false",
            "db": "shop",
            "table": table,
            "server_id": 7,
            **(
                {"file": "mysql-bin.000003", "pos": 4 + position, "row": 0}
                if position is not None
                else {}
            ),
        },
        "op": {"insert": "c", "update": "u", "delete": "d", "snapshot": "r"}[op],
        "ts_ms": at * 1000 + 400,
        "transaction": None,
    }


def an_order(**more) -> dict:
    return {
        "id": 1,
        "order_no": "A1",
        "state": 0,
        "total": "19.90",
        "paid": None,
        "user_id": 7,
        "created_at": "2026-11-24 10:00:00",
        **more,
    }


def a_line(**more) -> dict:
    return {"id": 11, "order_id": 1, "sku": "tea", "title": "茶", "n": 2, "price": "9.95", **more}
