"""The catalogue: what can be bought or booked, as the shop lists it."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.db import connection

from customers.models import Source
from events.incoming_items import ProductListed

# A partial listing leaves alone what it does not state; a product that it is the first to name is
# called by its id.
UPSERT = """
WITH listed AS (
  SELECT * FROM json_to_recordset(%s::json) AS r(product_id text, kind text, name text,
    category text, price_fen bigint, stock int,
    picture_url text, page text, is_active boolean, is_partial boolean, updated_at timestamptz)
), whole AS (
  SELECT r.product_id, r.kind,
    CASE WHEN r.is_partial AND r.name = '' THEN coalesce(p.name, r.product_id) ELSE r.name
      END AS name,
    CASE WHEN r.is_partial AND r.category = '' THEN coalesce(p.category, '') ELSE r.category
      END AS category,
    CASE WHEN r.is_partial THEN coalesce(r.price_fen, p.price_fen) ELSE r.price_fen
      END AS price_fen,
    CASE WHEN r.is_partial THEN coalesce(r.stock, p.stock) ELSE r.stock END AS stock,
    CASE WHEN r.is_partial AND r.picture_url = '' THEN coalesce(p.picture_url, '')
      ELSE r.picture_url END AS picture_url,
    CASE WHEN r.is_partial AND r.page = '' THEN coalesce(p.page, '') ELSE r.page END AS page,
    r.is_active, r.updated_at
  FROM listed r LEFT JOIN events_product p ON p.namespace_id = %s AND p.product_id = r.product_id
)
INSERT INTO events_product AS p (namespace_id, product_id, kind, name, category, price_fen, stock,
  picture_url, page, is_active, updated_at)
SELECT %s, product_id, kind, name, category, price_fen, stock, picture_url, page, is_active,
  updated_at FROM whole
ON CONFLICT (namespace_id, product_id) DO UPDATE SET (kind, name, category, price_fen, stock,
  picture_url, page, is_active, updated_at) =
  (excluded.kind, excluded.name, excluded.category, excluded.price_fen, excluded.stock,
    excluded.picture_url, excluded.page,
   excluded.is_active, excluded.updated_at) WHERE excluded.updated_at >= p.updated_at
"""


def save(source: Source, listed: Sequence[ProductListed], times: Sequence[datetime]) -> None:
    """Each product is as listed, unless something newer is known of it."""
    newest: dict[str, dict] = {}
    for product, at in zip(listed, times, strict=True):
        if product.product_id not in newest or newest[product.product_id]["updated_at"] <= at:
            newest[product.product_id] = {
                **{f: getattr(product, f) for f in product.__slots__},
                "updated_at": at,
            }
    if not newest:
        return
    rows = msgspec.json.encode([newest[key] for key in sorted(newest)]).decode()
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, [rows, source.namespace_id, source.namespace_id])
