"""What to offer each of 100,000 customers of a shop with 10,000 products, against reading what they
bought in as many statements."""

import time

from django.db import connection

from benchmarks.inside import report, scaled
from crm_project.queue.due import database_now
from customers.models import Namespace, Source
from events.insights.recommend import kept, recommend
from events.insights.recommend.answer import AT_ONCE
from events.models import RecommendClock

CUSTOMERS, PRODUCTS, ORDERS_EACH, LINES_EACH = 100_000, 10_000, 4, 2
BUDGET = 12

# Few products are bought by many: the square of an even draw. Neighbours are bought together.
FILL = """
INSERT INTO events_product (namespace_id, product_id, kind, name, category, stock, picture_url,
  page, is_active, updated_at)
SELECT %(shop)s, 'b' || n, 'product', 'thing ' || n, 'category ' || n %% 40, NULL, '', '', true,
  now()
  FROM generate_series(1, %(products)s) n;
INSERT INTO events_order (namespace_id, number, source_id, customer_id, origin_customer_id, status,
  occurred_at, placed_at, paid_at, total_fen, discount_fen, paid_fen, refunded_fen,
  coupon_code_digest)
SELECT %(shop)s, 'b' || c.id || '-' || k, %(source)s, c.id, c.id, 'paid', t, t, t, 100, 0, 100, 0,
  ''
  FROM (SELECT id FROM customers_customer WHERE merged_into_id IS NULL ORDER BY hashint4(id)
    LIMIT %(customers)s) c
  CROSS JOIN generate_series(1, %(orders)s) k
  CROSS JOIN LATERAL (SELECT now() - make_interval(days => 1 + (c.id + k) %% 170) AS t) moment;
INSERT INTO events_orderline (order_id, product_id, name, category, quantity, price_fen)
SELECT o.id, 'b' || 1 + least(floor(%(products)s * pow(random(), 2) + j - 1)::int,
    %(products)s - 1),
  '', '', 1, 100
  FROM events_order o CROSS JOIN generate_series(1, %(lines)s) j WHERE o.namespace_id = %(shop)s;
ANALYZE events_product; ANALYZE events_order; ANALYZE events_orderline
"""
READ = """
SELECT count(*) FROM (SELECT o.customer_id, p.id, max(o.paid_at)
  FROM unnest(%s::int[]) w JOIN events_order o ON o.customer_id = w AND o.namespace_id = %s
  JOIN events_orderline l ON l.order_id = o.id
  JOIN events_product p ON p.namespace_id = o.namespace_id AND p.product_id = l.product_id
 GROUP BY 1, 2) had
"""


def filled() -> Namespace:
    """The shop, with everything bought already."""
    shop, is_new = Namespace.objects.get_or_create(key="bench-recommend", defaults={"name": "b"})
    if is_new:
        source = Source.objects.create(namespace=shop, name="bench-recommend", trust="server")
        values = {
            "shop": shop.pk,
            "source": source.pk,
            "products": scaled(PRODUCTS),
            "customers": scaled(CUSTOMERS),
            "orders": ORDERS_EACH,
            "lines": LINES_EACH,
        }
        with connection.cursor() as cursor:
            for statement in FILL.split(";"):
                cursor.execute(statement, values)
    return shop


def counted() -> float:
    """Seconds that a round over all products took."""
    RecommendClock.objects.all().delete()
    began, now = time.perf_counter(), database_now()
    while kept.step(now) and not RecommendClock.objects.filter(ended_at__isnull=False).exists():
        pass
    return time.perf_counter() - began


def main() -> None:
    shop = filled()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT customer_id FROM events_order WHERE namespace_id = %s", [shop.pk]
        )
        customers = [pk for (pk,) in cursor.fetchall()]
    round_seconds = counted()
    portions = [customers[n : n + AT_ONCE] for n in range(0, len(customers), AT_ONCE)]
    began = time.perf_counter()
    with connection.cursor() as cursor:
        for portion in portions:
            cursor.execute(READ, [portion, shop.pk])
    read = time.perf_counter() - began
    began, now, offers = time.perf_counter(), database_now(), 0
    for portion in portions:
        offers += sum(map(len, recommend(portion, shop=shop, now=now).values()))
    answered = time.perf_counter() - began
    report(
        "recommend: all customers / reading theirs",
        answered,
        read,
        budget=BUDGET,
        at_most=True,
        unit="s",
        customers=len(customers),
        offers=offers,
        round_seconds=round_seconds,
    )


if __name__ == "__main__":
    main()
