"""The catalogue: what can be bought or booked, as the shop lists it."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.db import connection

from customers.models import Source
from events.incoming import ProductListed


def save(source: Source, listed: Sequence[ProductListed], times: Sequence[datetime]) -> None:
    """Each product is as listed, unless something newer is known of it."""
    newest: dict[str, dict] = {}
    for product, at in zip(listed, times, strict=True):
        if product.product_id not in newest or newest[product.product_id]["updated_at"] <= at:
            newest[product.product_id] = {**{f: getattr(product, f) for f in product.__slots__}, "updated_at": at}
    if not newest:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_product AS p (namespace_id, product_id, kind, name, category, price_fen, stock, picture_url, page, is_active, updated_at) "
            "SELECT %s, product_id, kind, name, category, price_fen, stock, picture_url, page, is_active, updated_at "
            "FROM json_to_recordset(%s::json) AS r(product_id text, kind text, name text, category text, price_fen bigint, stock int, "
            "picture_url text, page text, is_active boolean, updated_at timestamptz) "
            "ON CONFLICT (namespace_id, product_id) DO UPDATE SET (kind, name, category, price_fen, stock, picture_url, page, is_active, updated_at) = "
            "(excluded.kind, excluded.name, excluded.category, excluded.price_fen, excluded.stock, excluded.picture_url, excluded.page, "
            "excluded.is_active, excluded.updated_at) WHERE excluded.updated_at >= p.updated_at",
            [source.namespace_id, msgspec.json.encode([newest[key] for key in sorted(newest)]).decode()],
        )
