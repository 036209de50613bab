"""What we ask a source's system, and how its answers are read (docs/api.md is the contract).

Four questions, each a signed POST of JSON: `summary` of windows of time, `orders` of one window,
`numbers` (which of these do you have?), `again` (send these once more).
"""

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from customers.models import Connection
from integrations.outbound import client
from integrations.outbound.client import CallFailed
from integrations.webhook.vendor import signed

MOST_WINDOWS, MOST_ORDERS = 40, 500
MOST_BYTES = 4 << 20
Count = Annotated[int, Meta(ge=0, le=10**15)]


class Amounts(msgspec.Struct):
    """So many orders, all that was paid and refunded for them so far."""

    orders: Count = 0
    paid_fen: Count = 0
    refunded_fen: Count = 0


class Window(msgspec.Struct):
    """The orders placed in a window, who registered in it, and the same orders by store."""

    orders: Count
    paid_fen: Count
    refunded_fen: Count
    customers: Count | None = None
    stores: Annotated[dict[str, Amounts], Meta(max_length=500)] | None = None


def same_money(one: Amounts | Window, other: Amounts | Window) -> bool:
    return (one.orders, one.paid_fen, one.refunded_fen) == (
        other.orders,
        other.paid_fen,
        other.refunded_fen,
    )


class Summary(msgspec.Struct):
    windows: list[Window]


class OneOrder(msgspec.Struct):
    number: Annotated[str, Meta(min_length=1, max_length=100)]
    paid_fen: Count = 0
    refunded_fen: Count = 0


class Orders(msgspec.Struct):
    orders: Annotated[list[OneOrder], Meta(max_length=5000)]


class Again(msgspec.Struct):
    """What they send at once, as items of the doors; empty where they send it by the usual way."""

    orders: Annotated[list[msgspec.Raw], Meta(max_length=MOST_ORDERS)] = []
    refunds: Annotated[list[msgspec.Raw], Meta(max_length=5000)] = []


class Unreadable(Exception):
    """They answered something else than the contract says."""


def asked(connection: Connection, kind: type, question: dict):
    """Their answer to one question. Raises CallFailed, Unreadable."""
    body = json.dumps(question, ensure_ascii=False)
    request = signed(connection.settings, f"ask-{uuid.uuid4().hex}", body)
    answer = client.call(request, most_bytes=MOST_BYTES)
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(error)[:200]) from None


def summary(connection: Connection, windows: Sequence[tuple[datetime, datetime]]) -> list[Window]:
    """One for each window, in their order."""
    said = [{"from": first.isoformat(), "to": last.isoformat()} for first, last in windows]
    found = asked(connection, Summary, {"ask": "summary", "windows": said}).windows
    if len(found) != len(windows):
        raise Unreadable("as many windows as were asked for")
    return found


def orders(connection: Connection, first: datetime, last: datetime) -> list[OneOrder]:
    question = {"ask": "orders", "from": first.isoformat(), "to": last.isoformat()}
    return asked(connection, Orders, question).orders


def known(connection: Connection, numbers: Sequence[str]) -> dict[str, OneOrder]:
    """Which of these numbers they have, on whatever day."""
    found: dict[str, OneOrder] = {}
    for n in range(0, len(numbers), MOST_ORDERS):
        question = {"ask": "numbers", "numbers": list(numbers[n : n + MOST_ORDERS])}
        found |= {one.number: one for one in asked(connection, Orders, question).orders}
    return found


def again(connection: Connection, numbers: Sequence[str]) -> Again:
    return asked(connection, Again, {"ask": "again", "numbers": list(numbers[:MOST_ORDERS])})


__all__ = ["CallFailed", "Unreadable", "again", "known", "orders", "summary"]
