"""The answer by rules, for many customers in one statement.

What somebody is offered comes from three lists: what is bought together with what they bought last,
bestsellers of the categories they lastingly care for, bestsellers of the shop. The first of each
list comes first, then the second of each; a product stands once, with its first reason. What they
bought already, what is not on sale and what is out of stock is in none.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from events.insights import portrait

LAST_BOUGHT = 10  # products that "bought together" starts from
SHRINK = 10  # buyers in common that count half: a pair of few says little
BEST, BEST_OF_CATEGORY = 50, 20

ANSWER = """
WITH whom AS MATERIALIZED (
  SELECT id AS customer_id, id = ANY(%(plain)s::int[]) AS is_plain
    FROM unnest(%(ids)s::int[]) AS id
), had AS MATERIALIZED (
  SELECT w.customer_id, p.id AS product_id, max(o.paid_at) AS at
    FROM whom w JOIN events_order o ON o.customer_id = w.customer_id
     AND o.namespace_id = %(shop)s AND o.paid_at IS NOT NULL AND o.status <> 'cancelled'
    JOIN events_orderline l ON l.order_id = o.id
    JOIN events_product p ON p.namespace_id = %(shop)s AND p.product_id = l.product_id
   GROUP BY 1, 2
), last AS (
  SELECT customer_id, product_id FROM (
    SELECT h.*, row_number() OVER (PARTITION BY customer_id ORDER BY at DESC, product_id) AS n
      FROM had h JOIN whom w USING (customer_id) WHERE NOT w.is_plain) ranked
   WHERE n <= %(last)s
), offered AS MATERIALIZED (
  SELECT p.id, p.category, p.kind = 'course' AS is_course, coalesce(s.buyers, 0) AS buyers
    FROM events_product p LEFT JOIN events_productsales s ON s.product_id = p.id
   WHERE p.namespace_id = %(shop)s AND p.is_active AND coalesce(p.stock, 1) > 0
     AND %(kind)s IN ('', p.kind)
), best AS MATERIALIZED (
  SELECT id, category, is_course, row_number() OVER (ORDER BY buyers DESC, id) AS place,
         row_number() OVER (PARTITION BY category, is_course ORDER BY buyers DESC, id)
           AS in_category
    FROM offered WHERE buyers > 0
), together AS (
  SELECT DISTINCT ON (t.customer_id, pair.other_id) t.customer_id, pair.other_id AS id,
         t.product_id AS because,
         pair.buyers::float8 / (pair.buyers + %(shrink)s) * pair.buyers
           / sqrt(s.buyers::float8 * greatest(o.buyers, 1)) AS score
    FROM last t JOIN events_productpair pair ON pair.product_id = t.product_id
    JOIN events_productsales s ON s.product_id = t.product_id AND s.buyers > 0
    JOIN offered o ON o.id = pair.other_id
   ORDER BY t.customer_id, pair.other_id, score DESC, t.product_id
), lasting AS (
  SELECT customer_id, category, is_course, weight FROM (
    SELECT i.customer_id, i.category, i.is_course,
           sum(i.weight) / CASE WHEN i.is_course THEN %(course_growth)s ELSE %(growth)s END
             AS weight, bit_or({recent}) AS weeks
      FROM whom w JOIN events_interest i ON i.customer_id = w.customer_id
       AND i.version = %(version)s
     WHERE NOT w.is_plain GROUP BY 1, 2, 3) felt
   WHERE bit_count((weeks & 15)::bit(4)) >= %(lasting)s
), listed AS (
  SELECT customer_id, id, 'together' AS reason, 1 AS list, because, '' AS category,
         row_number() OVER (PARTITION BY customer_id ORDER BY score DESC, id) AS n
    FROM together t WHERE NOT EXISTS (SELECT FROM had h
      WHERE (h.customer_id, h.product_id) = (t.customer_id, t.id))
  UNION ALL
  SELECT l.customer_id, b.id, 'interest', 2, NULL, l.category, row_number() OVER (
         PARTITION BY l.customer_id ORDER BY l.weight DESC, l.category, b.in_category, b.id)
    FROM lasting l JOIN best b ON (b.category, b.is_course) = (l.category, l.is_course)
     AND b.in_category <= %(best_of_category)s
   WHERE NOT EXISTS (SELECT FROM had h
      WHERE (h.customer_id, h.product_id) = (l.customer_id, b.id))
  UNION ALL
  SELECT w.customer_id, b.id, 'bestseller', 3, NULL, '',
         row_number() OVER (PARTITION BY w.customer_id ORDER BY b.place)
    FROM whom w JOIN best b ON b.place <= %(best)s
   WHERE NOT EXISTS (SELECT FROM had h
      WHERE (h.customer_id, h.product_id) = (w.customer_id, b.id))
), once AS (
  SELECT DISTINCT ON (customer_id, id) * FROM listed WHERE n <= %(most)s * 3
   ORDER BY customer_id, id, n, list
), ranked AS (
  SELECT once.*, row_number() OVER (PARTITION BY customer_id ORDER BY n, list) AS rank FROM once
)
SELECT r.customer_id, r.id, r.reason, coalesce(p.name, r.category) FROM ranked r
  LEFT JOIN events_product p ON p.id = r.because
 WHERE rank <= %(most)s ORDER BY 1, rank
""".replace("{recent}", portrait.RECENT)


class Row(NamedTuple):
    customer_id: int
    product_id: int
    reason: str
    because: str


def answer(
    ids: Collection[int],
    *,
    plain: Collection[int],
    shop: int,
    now: datetime,
    most: int,
    kind: str = "",
) -> list[Row]:
    """Customer by customer, the best first. Of those in `plain` nothing is looked at but what they
    have."""
    version = portrait.in_force()
    values = {
        "ids": list(ids),
        "plain": list(plain),
        "shop": shop,
        "most": most,
        "kind": kind,
        "last": LAST_BOUGHT,
        "shrink": SHRINK,
        "best": BEST,
        "best_of_category": BEST_OF_CATEGORY,
        "version": version.version,
        "week": portrait.week(now),
        "lasting": portrait.LASTING_WEEKS,
        "growth": portrait.growth(now, version.half_life_days),
        "course_growth": portrait.growth(now, version.course_half_life_days),
    }
    with connection.cursor() as cursor:
        cursor.execute(ANSWER, values)
        return [Row(*row) for row in cursor.fetchall()]
