"""What is bought together and how often, counted anew once a day, some products at a time.

Counted are customers and not orders, of the last half year: who buys every week says it once. Of
each product only so many of its latest orders are looked at, and of each buyer so many of theirs,
so that no product and no wholesaler makes a step long.
"""

import time
from datetime import datetime, timedelta

from django.db import connection, transaction

from crm_project.queue.due import database_now
from events.models import RecommendClock

WINDOW = timedelta(days=180)
EVERY = timedelta(days=1)
LATEST_ORDERS = 2_000  # of a product
LATEST_OF_BUYER = 50  # orders
OTHERS = 20  # of a product
FEWEST_BUYERS = 2  # one customer's basket is no habit
AT_ONCE = 50  # products
SECONDS = 2.0  # of one look

COUNT = """
WITH these AS MATERIALIZED (
  SELECT id, namespace_id, product_id FROM events_product WHERE id > %(after)s
   ORDER BY id LIMIT %(at_once)s
), bought AS MATERIALIZED (
  SELECT DISTINCT s.id, s.namespace_id, o.customer_id FROM these s CROSS JOIN LATERAL (
    SELECT order_id FROM events_orderline l WHERE l.product_id = s.product_id
     ORDER BY order_id DESC LIMIT %(latest)s) l
    JOIN events_order o ON o.id = l.order_id AND o.namespace_id = s.namespace_id
   WHERE o.paid_at > %(since)s AND o.paid_at <= %(now)s AND o.status <> 'cancelled'
), sold AS (
  INSERT INTO events_productsales AS t (product_id, buyers, counted_at)
  SELECT s.id, count(b.customer_id), %(now)s FROM these s LEFT JOIN bought b USING (id)
   GROUP BY 1 ORDER BY 1
  ON CONFLICT (product_id) DO UPDATE SET buyers = excluded.buyers,
    counted_at = excluded.counted_at
), baskets AS (
  SELECT b.id, p.id AS other_id, count(DISTINCT b.customer_id) AS buyers
    FROM bought b CROSS JOIN LATERAL (
      SELECT id FROM events_order o WHERE o.customer_id = b.customer_id
         AND o.namespace_id = b.namespace_id AND o.paid_at > %(since)s AND o.paid_at <= %(now)s
         AND o.status <> 'cancelled' ORDER BY o.paid_at DESC LIMIT %(of_buyer)s) o
    JOIN events_orderline l ON l.order_id = o.id
    JOIN events_product p ON p.namespace_id = b.namespace_id AND p.product_id = l.product_id
   WHERE p.id <> b.id GROUP BY 1, 2 HAVING count(DISTINCT b.customer_id) >= %(fewest)s
), kept AS MATERIALIZED (
  SELECT id, other_id, buyers FROM (SELECT *, row_number() OVER (PARTITION BY id
    ORDER BY buyers DESC, other_id) AS n FROM baskets) ranked WHERE n <= %(others)s
), gone AS (
  DELETE FROM events_productpair t USING these s WHERE t.product_id = s.id
     AND NOT EXISTS (SELECT FROM kept k WHERE (k.id, k.other_id) = (t.product_id, t.other_id))
), put AS (
  INSERT INTO events_productpair AS t (product_id, other_id, buyers)
  SELECT id, other_id, buyers FROM kept ORDER BY 1, 2
  ON CONFLICT (product_id, other_id) DO UPDATE SET buyers = excluded.buyers
)
SELECT max(id) FROM these
"""


def look() -> int:
    """The next products were counted, for some seconds at most, if this day's round is not over;
    how many steps."""
    until, steps = time.monotonic() + SECONDS, 0
    while time.monotonic() < until and step(database_now()):
        steps += 1
    return steps


@transaction.atomic
def step(now: datetime) -> bool:
    """False where there is nothing to do, or somebody else is at it."""
    RecommendClock.objects.get_or_create(pk=1)
    clock = RecommendClock.objects.select_for_update(skip_locked=True).filter(pk=1).first()
    if clock is None or (clock.ended_at and clock.began_at and now < clock.began_at + EVERY):
        return False
    if clock.ended_at or clock.began_at is None:
        clock.began_at, clock.ended_at, clock.at_product = now, None, 0
    last = count(clock.at_product, clock.began_at)
    if last is None:
        clock.ended_at = now
    else:
        clock.at_product = last
    clock.save()
    return True


def count(after: int, now: datetime) -> int | None:
    """The products behind this one are counted as of `now`; the last one's number, None at the
    end."""
    values = {
        "after": after,
        "now": now,
        "since": now - WINDOW,
        "at_once": AT_ONCE,
        "latest": LATEST_ORDERS,
        "of_buyer": LATEST_OF_BUYER,
        "others": OTHERS,
        "fewest": FEWEST_BUYERS,
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT, values)
        return cursor.fetchone()[0]
