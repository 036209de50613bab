"""Orders and refunds: one row per (namespace, number); an older state never overwrites a newer one
(semantics 2). What an order is worth after its refunds is `Order.net_fen`, which the database works
out."""

from collections.abc import Iterable, Sequence

import msgspec
from django.db import connection

from customers.identity.resolution import Resolved
from customers.models import Source
from customers.privacy.sealing import code_digest
from events.commerce import stores
from events.commerce.states import newer, turns
from events.incoming_items import Incoming, OrderState, RefundMade
from events.models import Order, OrderLine, Refund

PAID = (Order.Status.PAID, Order.Status.SHIPPED, Order.Status.COMPLETED)
REFUND_EVENT = "Order Refunded"

NEWER = newer(["placed", "paid", "shipped", "completed", "cancelled"])


UPSERT = f"""
INSERT INTO events_order AS o (namespace_id, number, source_id, customer_id, origin_customer_id,
  status, version, occurred_at, placed_at,
                               paid_at, total_fen, discount_fen, paid_fen, refunded_fen,
                                 coupon_code_digest, store_id)
SELECT %s, number, %s, customer_id, origin_id, status, version, occurred_at, placed_at, paid_at,
  total_fen, discount_fen,
       coalesce(paid_fen, 0), 0, coupon, store_id
FROM json_to_recordset(%s::json) AS r(number text, customer_id int, origin_id int, status text,
  version bigint, occurred_at timestamptz,
     placed_at timestamptz, paid_at timestamptz, total_fen bigint, discount_fen bigint,
       paid_fen bigint, coupon text, store_id bigint)
ON CONFLICT (namespace_id, number) DO UPDATE SET
  status = excluded.status, version = coalesce(excluded.version, o.version),
    occurred_at = excluded.occurred_at,
  total_fen = excluded.total_fen, discount_fen = excluded.discount_fen,
  paid_fen = CASE WHEN excluded.paid_at IS NULL AND excluded.paid_fen = 0 THEN o.paid_fen
    ELSE excluded.paid_fen END,
  coupon_code_digest = CASE WHEN excluded.coupon_code_digest = '' THEN o.coupon_code_digest
    ELSE excluded.coupon_code_digest END,
  store_id = coalesce(excluded.store_id, o.store_id)
WHERE {NEWER}
RETURNING o.id, o.number, o.xmax = 0
"""  # noqa: S608

# The moments of placing and paying come from whichever state tells them earliest, in whatever order
# the states arrive.
MOMENTS = """
UPDATE events_order o SET placed_at = least(o.placed_at, r.placed_at), paid_at = least(o.paid_at,
  r.paid_at)
FROM json_to_recordset(%s::json) AS r(number text, placed_at timestamptz, paid_at timestamptz)
WHERE o.namespace_id = %s AND o.number = r.number
  AND (o.placed_at, o.paid_at) IS DISTINCT FROM (least(o.placed_at, r.placed_at), least(o.paid_at,
    r.paid_at))
"""

REFUNDED = """
UPDATE events_order o SET refunded_fen = s.total
FROM (SELECT order_number, sum(amount_fen) AS total FROM events_refund WHERE namespace_id = %s
  AND order_number = ANY(%s) GROUP BY 1) s
WHERE o.namespace_id = %s AND o.number = s.order_number AND o.refunded_fen <> s.total
"""


def lock(source: Source, numbers: Iterable[str]) -> None:
    """An order and a refund of it, arriving at once, see each other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(k) FROM (SELECT DISTINCT hashtextextended(n, %s) AS k"
            " FROM unnest(%s::text[]) n ORDER BY 1) keys",
            [source.namespace_id, sorted(set(numbers))],
        )


def save(
    source: Source, states: Sequence[tuple[OrderState, Resolved]]
) -> list[tuple[Incoming, Resolved]]:
    """Each order has the newest state known; returns the events of refunds that had waited for
    their order."""
    if not states:
        return []
    lock(source, (state.number for state, _ in states))
    created: dict[str, Resolved] = {}
    for turn in turns(states):
        created |= save_turn(source, turn)
    numbers = sorted({state.number for state, _ in states})
    sum_refunds(source, numbers)
    return waiting_refunds(source, created)


def save_turn(source: Source, states: list[tuple[OrderState, Resolved]]) -> dict[str, Resolved]:
    at = stores.numbers(source, (state.store for state, _ in states))
    rows = msgspec.json.encode(
        [{**row(state, whose), "store_id": at.get(state.store)} for state, whose in states]
    ).decode()
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, [source.namespace_id, source.pk, rows])
        written = {number: (pk, is_new) for pk, number, is_new in cursor}
        cursor.execute(MOMENTS, [rows, source.namespace_id])
    replace_lines(
        {
            written[state.number][0]: state.lines
            for state, _ in states
            if state.number in written and state.lines
        }
    )
    return {
        state.number: whose for state, whose in states if written.get(state.number, (0, False))[1]
    }


def row(state: OrderState, whose: Resolved) -> dict:
    is_paid = state.status in PAID
    paid_fen = state.paid_fen
    if paid_fen is None and is_paid:
        paid_fen = max(state.total_fen - state.discount_fen, 0)
    return {
        "number": state.number,
        "customer_id": whose.customer_id,
        "origin_id": whose.origin_id,
        "status": state.status,
        "version": state.version,
        "occurred_at": state.occurred_at,
        "placed_at": state.placed_at or state.occurred_at,
        "paid_at": state.occurred_at if is_paid else None,
        "total_fen": state.total_fen,
        "discount_fen": state.discount_fen,
        "paid_fen": paid_fen,
        "coupon": code_digest(state.coupon_code) if state.coupon_code else "",
    }


def replace_lines(lines: dict[int, list[dict]]) -> None:
    if not lines:
        return
    OrderLine.objects.filter(order_id__in=lines).delete()
    OrderLine.objects.bulk_create(
        [OrderLine(order_id=order, **line) for order in sorted(lines) for line in lines[order]]
    )


def sum_refunds(source: Source, numbers: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(REFUNDED, [source.namespace_id, numbers, source.namespace_id])


def times_of_refunds(source: Source, numbers: list[str]) -> list:
    """When refunds of these orders happened that came before their order: their events will need a
    partition."""
    if not numbers:
        return []
    return list(
        Refund.objects.filter(namespace=source.namespace_id, order_number__in=numbers).values_list(
            "occurred_at", flat=True
        )
    )


def waiting_refunds(
    source: Source, created: dict[str, Resolved]
) -> list[tuple[Incoming, Resolved]]:
    if not created:
        return []
    refunds = Refund.objects.filter(namespace=source.namespace_id, order_number__in=created)
    return [
        (
            refund_event(r.number, r.order_number, r.amount_fen, r.occurred_at),
            created[r.order_number],
        )
        for r in refunds
    ]


def refund_event(number: str, order_number: str, amount_fen: int, occurred_at) -> Incoming:
    """The event of a refund, for the refunds whose order came later than they."""
    event_id = f"refunds:{number}:refunded"
    properties = {"refund_number": number, "order_number": order_number, "amount_fen": amount_fen}
    return Incoming(
        event_id,
        b"",
        REFUND_EVENT,
        occurred_at,
        properties=properties,
        event_id=event_id,
        amount_fen=amount_fen,
    )


def save_refunds(source: Source, refunds: Sequence[RefundMade]) -> None:
    """Each refund is a row, and its order's net is right, whichever of the two came first."""
    if not refunds:
        return
    numbers = sorted({r.order_number for r in refunds})
    lock(source, numbers)
    Refund.objects.bulk_create(
        [
            Refund(
                namespace_id=source.namespace_id,
                source=source,
                number=r.number,
                order_number=r.order_number,
                amount_fen=r.amount_fen,
                reason=r.reason,
                occurred_at=r.occurred_at,
            )
            for r in sorted(refunds, key=lambda r: r.number)
        ],
        ignore_conflicts=True,
    )
    sum_refunds(source, numbers)


def customers_of_refunds(source: Source, refunds: dict[int, RefundMade]) -> dict[int, Resolved]:
    """Whose money it is: the customer of the order, where the order is known already."""
    if not refunds:
        return {}
    lock(source, (r.order_number for r in refunds.values()))
    rows = Order.objects.filter(
        namespace=source.namespace_id, number__in={r.order_number for r in refunds.values()}
    )
    owners = {
        number: Resolved(customer, origin)
        for number, customer, origin in rows.values_list(
            "number", "customer_id", "origin_customer_id"
        )
    }
    return {n: owners[r.order_number] for n, r in refunds.items() if r.order_number in owners}
