"""POST /api/v1/refunds: money given back, its own positive row."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from customers.models import Source
from events.incoming_items import Incoming, RefundMade
from integrations.native.door import Door
from integrations.native.fields import MOST_FEN, Id, Item, Moment, Number, Text, moment


class RefundItem(Item, kw_only=True):
    id: Id | None = None
    number: Number
    order_number: Number
    amount_fen: Annotated[int, Meta(ge=1, le=MOST_FEN)]
    occurred_at: Moment
    reason: Text = ""


class Refunds(Door):
    item = RefundItem
    is_server_only = True

    def incoming(self, item: RefundItem, content: bytes, source: Source, now: datetime) -> Incoming:
        occurred_at = moment(item.occurred_at, now)
        return Incoming(
            id=item.id or f"refunds:{item.number}",
            content=content,
            name="Order Refunded",
            occurred_at=occurred_at,
            properties={
                "order_number": item.order_number,
                "refund_number": item.number,
                "amount_fen": item.amount_fen,
                "reason": item.reason,
            },
            event_id=f"refunds:{item.number}:refunded",
            amount_fen=item.amount_fen,
            refund=RefundMade(
                item.number, item.order_number, item.amount_fen, occurred_at, item.reason
            ),
        )
