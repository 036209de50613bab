"""POST /api/v1/orders: one state of one order."""

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from customers.models import Source
from events.incoming_items import Incoming, OrderState
from integrations.native.door import Door
from integrations.native.fields import (
    Fen,
    Id,
    Identities,
    Item,
    Moment,
    Number,
    StoreKey,
    Text,
    Version,
    moment,
)

NAMES = {
    "placed": "Order Placed",
    "paid": "Order Completed",
    "shipped": "Order Shipped",
    "completed": "Order Fulfilled",
    "cancelled": "Order Cancelled",
}
PAID = frozenset({"paid", "shipped", "completed"})


class Line(Item, kw_only=True):
    product_id: Id
    name: Text = ""
    category: Text = ""
    quantity: Annotated[int, Meta(ge=1, le=2**31 - 1)] = 1
    price_fen: Fen = 0


class OrderItem(Item, kw_only=True):
    id: Id | None = None
    number: Number
    status: Literal["placed", "paid", "shipped", "completed", "cancelled"]
    occurred_at: Moment
    version: Version | None = None
    placed_at: Moment | None = None
    identities: Identities
    total_fen: Fen
    paid_fen: Fen | None = None
    discount_fen: Fen = 0
    coupon_code: Annotated[str, Meta(max_length=64)] = ""
    store: StoreKey = ""
    lines: list[Line] = []

    def paid(self) -> int:
        """What was paid; the total less the discount where a paid order does not say."""
        if self.paid_fen is None:
            return max(self.total_fen - self.discount_fen, 0) if self.status in PAID else 0
        return self.paid_fen

    def key(self) -> str:
        as_of = (
            self.version
            if self.version is not None
            else self.occurred_at.astimezone(UTC).isoformat()
        )
        return f"orders:{self.number}:{self.status}:{as_of}"


class Orders(Door):
    item = OrderItem
    is_server_only = True

    def incoming(self, item: OrderItem, content: bytes, source: Source, now: datetime) -> Incoming:
        lines = [msgspec.structs.asdict(line) for line in item.lines]
        occurred_at = moment(item.occurred_at, now)
        return Incoming(
            id=item.id or item.key(),
            content=content,
            name=NAMES[item.status],
            occurred_at=occurred_at,
            identities=item.identities.named(),
            properties=properties_of(item, lines),
            event_id=f"orders:{item.number}:{item.status}",
            amount_fen=item.paid() if item.status in PAID else item.total_fen,
            keys=list(dict.fromkeys(line.product_id for line in item.lines)) or None,
            order=OrderState(
                number=item.number,
                status=item.status,
                occurred_at=occurred_at,
                total_fen=item.total_fen,
                paid_fen=item.paid_fen,
                discount_fen=item.discount_fen,
                version=item.version,
                placed_at=moment(item.placed_at, now, "$.placed_at") if item.placed_at else None,
                coupon_code=item.coupon_code,
                store=item.store,
                lines=lines,
            ),
        )


def properties_of(item: OrderItem, lines: list[dict]) -> dict:
    """What conditions and templates may ask of the order's event; the coupon's code is money and
    stays out."""
    return {
        "order_number": item.number,
        "status": item.status,
        "total_fen": item.total_fen,
        "paid_fen": item.paid(),
        "discount_fen": item.discount_fen,
        "used_coupon": bool(item.coupon_code),
        **({"store": item.store} if item.store else {}),
        "products": lines,
    }
