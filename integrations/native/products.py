"""POST /api/v1/products: the catalogue."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from msgspec import Meta

from customers.models import Source
from events.incoming_items import Incoming, ProductListed
from integrations.native.door import Door
from integrations.native.fields import Fen, Id, Item, LongText, Moment, Name, Text, moment, nonblank


class ProductItem(Item, kw_only=True):
    id: Id | None = None
    product_id: Id
    kind: Literal["product", "course", "doctor", "service"] = "product"
    name: Name
    category: Text = ""
    price_fen: Fen | None = None
    stock: Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)] | None = None
    # It is shown to staff: no scheme that runs anything.
    picture_url: Annotated[str, Meta(max_length=500, pattern=r"^$|^(https?|cloud)://")] = ""
    page: LongText = ""
    is_active: bool = True
    occurred_at: Moment

    def key(self) -> str:
        return f"products:{self.product_id}:{self.occurred_at.astimezone(UTC).isoformat()}"


class Products(Door):
    item = ProductItem
    is_server_only = True

    def incoming(
        self, item: ProductItem, content: bytes, source: Source, now: datetime
    ) -> Incoming:
        return Incoming(
            id=item.id or item.key(),
            content=content,
            name="",
            occurred_at=moment(item.occurred_at, now),
            product=ProductListed(
                product_id=item.product_id,
                name=nonblank(item.name, "$.name"),
                kind=item.kind,
                category=item.category,
                price_fen=item.price_fen,
                stock=item.stock,
                picture_url=item.picture_url,
                page=item.page,
                is_active=item.is_active,
            ),
        )
