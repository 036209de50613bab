"""Orders and refunds of the e-commerce specification v2, from a source whose key is secret."""

from customers.models import Source
from events.incoming_items import Incoming, OrderState, RefundMade, Warned
from integrations.doors.reading.commerce import fen, needed_fen, subject, sure_fen
from integrations.doors.reading.free_json import Unfit, text_of

STATUSES = {
    "Order Placed": "placed",
    "Order Completed": "paid",
    "Order Shipped": "shipped",
    "Order Fulfilled": "completed",
    "Order Cancelled": "cancelled",
}
PAID = frozenset({"paid", "shipped", "completed"})
MOST_QUANTITY = 2**31 - 1


def complete(one: Incoming, source: Source) -> None:
    """The event carries its order's new state, or the refund."""
    number = text_of(one.properties.get("order_id"), "$.properties.order_id", 100)
    if not number:
        raise Unfit(
            "missing_field", "$.properties.order_id", "An order has its number in order_id."
        )
    if one.name in STATUSES:
        set_order(one, number, STATUSES[one.name], source)
    else:
        set_refund(one, number, source)


def set_order(one: Incoming, number: str, status: str, source: Source) -> None:
    """`total` is what the customer pays, discounts taken off; our total is before them."""
    properties = one.properties
    paid_fen = needed_fen(properties, ("total", "revenue", "value"), source, one.warnings)
    discount = properties.get("discount")
    discount_fen = (
        0 if discount is None else sure_fen(discount, "$.properties.discount", source, one.warnings)
    )
    one.event_id = f"orders:{number}:{status}"
    one.amount_fen = paid_fen
    one.order = OrderState(
        number=number,
        status=status,
        occurred_at=one.occurred_at,
        total_fen=paid_fen + discount_fen,
        paid_fen=paid_fen if status in PAID else None,
        discount_fen=discount_fen,
        coupon_code=text_of(properties.get("coupon"), "$.properties.coupon", 64),
        lines=lines_of(properties, source, one.warnings),
    )


def lines_of(properties: dict, source: Source, warnings: list[Warned]) -> list[dict]:
    products = properties.get("products")
    if not isinstance(products, list):
        return []
    found = (
        line_of(product, f"$.properties.products[{number}]", source, warnings)
        for number, product in enumerate(products)
    )
    return [line for line in found if line]


def line_of(product, path: str, source: Source, warnings: list[Warned]) -> dict | None:
    if not isinstance(product, dict):
        return None
    product_id = subject(product.get("product_id")) or subject(product.get("sku"))
    if not product_id:
        return None
    return {
        "product_id": product_id,
        "name": text_of(product.get("name"), f"{path}.name", 200),
        "category": text_of(product.get("category"), f"{path}.category", 200),
        "quantity": quantity_of(product.get("quantity"), f"{path}.quantity"),
        "price_fen": (
            fen(product.get("price"), source, f"{path}.price", warnings, is_sure=True) or 0
        ),
    }


def quantity_of(value, path: str) -> int:
    if value is None:
        return 1
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or value != int(value)
        or not 1 <= value <= MOST_QUANTITY
    ):
        raise Unfit("out_of_range", path, "A quantity is a whole number from 1.")
    return int(value)


def set_refund(one: Incoming, number: str, source: Source) -> None:
    """The specification gives refunds no number: refund_id where the shop sends one, else the
    call's own id."""
    amount_fen = needed_fen(
        one.properties, ("total", "revenue", "value", "amount"), source, one.warnings
    )
    if amount_fen == 0:
        raise Unfit("out_of_range", "$.properties.total", "A refund gives back more than nothing.")
    refund = text_of(one.properties.get("refund_id"), "$.properties.refund_id", 100) or one.id[:100]
    one.event_id = f"refunds:{refund}:refunded"
    one.amount_fen = amount_fen
    one.refund = RefundMade(
        refund,
        number,
        amount_fen,
        one.occurred_at,
        text_of(one.properties.get("reason"), "$.properties.reason", 200),
    )
