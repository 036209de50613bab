"""The statements by which figures are worked out, each for one subject and month.

Figures of a person: in the arm that was decided first; held out wins, as a merge may bring two
places of one person together. What they did counts from their first assignment on, for a window
that is the same in every arm (windows.py).
"""

from campaigns.experiments import falls
from campaigns.models import Assignment
from campaigns.reports.kept.windows import WORKSPACE
from campaigns.reports.results import TOUCH

Arm = Assignment.Arm

# What is left of an order after the goods are paid for: its lines by their products' margins.
USUAL = "coalesce(%(margin)s::int, 100)"
GAIN = f"round(o.net_fen * {USUAL}::numeric / 100)::bigint"
GAIN_BY_PRODUCT = f"""round(o.net_fen * coalesce((
    SELECT sum(l.quantity::numeric * l.price_fen * coalesce(p.margin_percent, {USUAL}))
           / nullif(sum(l.quantity::numeric * l.price_fen), 0)
      FROM events_orderline l LEFT JOIN events_product p
        ON p.namespace_id = o.namespace_id AND p.product_id = l.product_id
     WHERE l.order_id = o.id), {USUAL}) / 100)::bigint"""  # noqa: S608
# An order of which nothing is left after refunds reached no goal; one for nothing (a coupon) did.
COUNTS = "(o.net_fen > 0 OR o.refunded_fen = 0)"
SUMS = """
count(*), count(*) FILTER (WHERE {converted}), sum(orders), sum(net), sum(net::numeric * net),
sum(gain), sum(gain::numeric * gain), sum(discount), sum(given), {last}"""
COLUMNS = (
    "of, subject, month, goal, arm, places, people, converted, orders, net_fen, net_squares,"
    " gain_fen, gain_squares, discount_fen, given_fen, last_at"
)
PLACED = f"""
hit AS (
  SELECT DISTINCT customer_id FROM campaigns_assignment
   WHERE subject = %(subject)s AND at >= %(since)s AND at < %(until)s
), placed AS (
  SELECT a.customer_id, min(a.at) AS at, count(*) AS places,
         CASE WHEN bool_or(a.arm = '{Arm.HELD_OUT_ALL}') THEN '{Arm.HELD_OUT_ALL}'
              WHEN bool_or(a.arm = '{Arm.HELD_OUT}') THEN '{Arm.HELD_OUT}'
              ELSE (array_agg(a.arm ORDER BY a.at, a.id))[1] END AS arm
    FROM campaigns_assignment a JOIN hit USING (customer_id)
   WHERE a.subject = %(subject)s GROUP BY a.customer_id HAVING min(a.at) >= %(since)s
)"""  # noqa: S608
# What was given to them for nothing, by coupons of this campaign or journey.
GIVEN = """given AS (
  SELECT c.customer_id, sum(b.given_cost_fen)::bigint AS fen
    FROM campaigns_coupon c JOIN campaigns_couponbatch b ON b.id = c.batch_id
   WHERE c.issued_by = %(of)s AND c.state = 'redeemed' AND b.kind = 'exchange'
   GROUP BY c.customer_id
)"""
IN_WINDOW = """o.customer_id = p.customer_id AND o.paid_at >= p.at AND o.paid_at < p.at + %(window)s
     AND o.paid_at >= %(since)s AND o.paid_at < %(until)s::timestamptz + %(window)s"""
ARMS = f"""
INSERT INTO campaigns_armfigure ({COLUMNS})
WITH {PLACED}, {GIVEN}, did AS (
  SELECT p.customer_id, p.arm, p.places, p.at, count(o.id) FILTER (WHERE {COUNTS}) AS orders,
         coalesce(sum(o.net_fen), 0)::bigint AS net, coalesce(sum({{gain}}), 0)::bigint AS gain,
         coalesce(sum(o.discount_fen), 0)::bigint AS discount, coalesce(min(g.fen), 0) AS given
    FROM placed p LEFT JOIN events_order o ON {IN_WINDOW}
    LEFT JOIN given g ON g.customer_id = p.customer_id
   GROUP BY p.customer_id, p.arm, p.places, p.at
), reached AS (
  SELECT DISTINCT r.customer_id FROM campaigns_run r
    JOIN campaigns_goalreached g ON g.run_id = r.id WHERE r.journey_id = %(journey)s
)
SELECT %(of)s, %(subject)s, %(month)s, '', arm, sum(places),
       {SUMS.format(converted="orders > 0", last="max(at)")} FROM did GROUP BY arm
 UNION ALL
SELECT %(of)s, %(subject)s, %(month)s, 'goal', arm, sum(places),
       {SUMS.format(converted="reached.customer_id IS NOT NULL", last="max(at)")}
  FROM did LEFT JOIN reached USING (customer_id) WHERE %(journey)s IS NOT NULL GROUP BY arm
"""  # noqa: S608
# What a campaign is to sell: its share of an order's net, by largest remainder, as in
# reports/arithmetic/money.py::shared.
ITEM = f"""
INSERT INTO campaigns_armfigure ({COLUMNS})
WITH {PLACED}, sold AS (
  SELECT p.customer_id, o.id, o.net_fen, o.refunded_fen, l.id AS line,
         l.product_id = %(product)s AND o.namespace_id = %(namespace)s
           OR %(category)s <> '' AND coalesce(nullif(l.category, ''), i.category) = %(category)s
           AS is_it,
         l.quantity::numeric * l.price_fen AS weight,
         sum(l.quantity::numeric * l.price_fen) OVER (PARTITION BY o.id) AS whole,
         count(*) OVER (PARTITION BY o.id) AS lines
    FROM placed p JOIN events_order o ON {IN_WINDOW} JOIN events_orderline l ON l.order_id = o.id
    LEFT JOIN events_product i
      ON i.namespace_id = o.namespace_id AND i.product_id = l.product_id
), weighed AS (
  SELECT *, net_fen * (CASE WHEN whole > 0 THEN weight ELSE 1 END) AS part,
         CASE WHEN whole > 0 THEN whole ELSE lines END AS parts FROM sold
), shared AS (
  SELECT customer_id, id, net_fen, refunded_fen, is_it, div(part, parts)
         + (row_number() OVER (PARTITION BY id ORDER BY mod(part, parts) DESC, line)
            <= net_fen - sum(div(part, parts)) OVER (PARTITION BY id))::int AS net FROM weighed
), of_it AS (
  SELECT customer_id, id, sum(net) AS net FROM shared
   WHERE is_it IS TRUE AND (net_fen > 0 OR refunded_fen = 0) GROUP BY customer_id, id
), did AS (
  SELECT p.customer_id, p.arm, p.places, p.at, count(i.id) AS orders,
         coalesce(sum(i.net), 0)::bigint AS net, 0::bigint AS gain, 0::bigint AS discount,
         0::bigint AS given
    FROM placed p LEFT JOIN of_it i USING (customer_id)
   GROUP BY p.customer_id, p.arm, p.places, p.at
)
SELECT %(of)s, %(subject)s, %(month)s, 'item', arm, sum(places),
       {SUMS.format(converted="orders > 0", last="max(at)")} FROM did GROUP BY arm
"""  # noqa: S608
# Everybody who was there when the month began.
ALL_MARKETING = f"""
INSERT INTO campaigns_armfigure ({COLUMNS})
WITH paid AS (
  SELECT o.customer_id, count(*) FILTER (WHERE {COUNTS}) AS orders, sum(o.net_fen)::bigint AS net,
         sum({{gain}})::bigint AS gain, sum(o.discount_fen)::bigint AS discount
    FROM events_order o WHERE o.paid_at >= %(since)s AND o.paid_at < %(until)s
   GROUP BY o.customer_id
), did AS (
  SELECT CASE WHEN m.is_held_out THEN '{Arm.HELD_OUT_ALL}' ELSE '{Arm.TREATED}' END AS arm,
         coalesce(orders, 0) AS orders, coalesce(net, 0) AS net, coalesce(gain, 0) AS gain,
         coalesce(discount, 0) AS discount, 0::bigint AS given
    FROM (SELECT customer_id, {falls("%(salt)s", "%(percent)s")} AS is_held_out
            FROM (SELECT id AS customer_id FROM customers_customer
                   WHERE merged_into_id IS NULL AND erased_at IS NULL
                     AND first_seen_at < %(since)s) m) m LEFT JOIN paid USING (customer_id)
)
SELECT '{WORKSPACE}', '{WORKSPACE}', %(month)s, '', arm, count(*),
       {SUMS.format(converted="orders > 0", last="%(until)s")} FROM did GROUP BY arm
"""  # noqa: S608
SENDING = f"""
INSERT INTO campaigns_sendingfigure (of, month, day, version_id, step, channel, arm, state, reason,
  n, delivered, opened, clicked, machine_opened, machine_clicked, unsubscribed, cost, orders,
  net_fen, gain_fen, cohort)
WITH mine AS MATERIALIZED (
  SELECT m.* FROM campaigns_message m
   WHERE m.{{column}} = %(number)s AND NOT m.is_test
     AND m.created_at >= %(since)s AND m.created_at < %(until)s
), paid AS (
  SELECT DISTINCT o.id FROM mine m JOIN events_order o ON o.customer_id = m.customer_id
     AND o.paid_at >= m.sent_at AND o.paid_at < m.sent_at + make_interval(secs => %(longest)s)
   WHERE m.state = 'sent'
), credited AS (
  SELECT touch.id, count(*) AS orders, sum(o.net_fen)::bigint AS net, sum({{gain}})::bigint AS gain
    FROM paid JOIN events_order o USING (id) CROSS JOIN LATERAL ({TOUCH}) touch GROUP BY touch.id
)
SELECT %(of)s, %(month)s, (coalesce(m.sent_at, m.created_at) AT TIME ZONE %(zone)s)::date,
       coalesce(r.version_id, 0), m.step, m.channel, coalesce(a.arm, '{Arm.TREATED}'), m.state,
       CASE WHEN m.state IN ('skipped', 'failed', 'cancelled') THEN m.reason ELSE '' END,
       count(*), count(m.delivered_at), count(m.opened_at), count(m.clicked_at),
       count(m.machine_opened_at), count(m.machine_clicked_at), count(m.unsubscribed_at),
       coalesce(sum(m.cost), 0), coalesce(sum(c.orders), 0), coalesce(sum(c.net), 0),
       coalesce(sum(c.gain), 0), date_trunc('month', a.at AT TIME ZONE 'UTC')::date
  FROM mine m LEFT JOIN credited c USING (id)
  LEFT JOIN campaigns_assignment a ON a.id = m.assignment_id
  LEFT JOIN campaigns_run r ON r.id = m.run_id
 GROUP BY 3, 4, 5, 6, 7, 8, 9, 21
"""  # noqa: S608
COUPONS = """
UPDATE campaigns_reportstate s SET coupons = c.n, redeemed = c.redeemed,
       discount_fen = c.discount, given_fen = c.given
  FROM (SELECT count(*) AS n, count(*) FILTER (WHERE c.state = 'redeemed') AS redeemed,
               coalesce(sum(c.discount_fen) FILTER (WHERE c.state = 'redeemed'), 0)::bigint
                 AS discount,
               coalesce(sum(b.given_cost_fen) FILTER (WHERE c.state = 'redeemed'
                 AND b.kind = 'exchange'), 0)::bigint AS given
          FROM campaigns_coupon c JOIN campaigns_couponbatch b ON b.id = c.batch_id
         WHERE c.issued_by = %(subject)s AND c.issued_at >= %(since)s AND c.issued_at < %(until)s
           AND c.state NOT IN ('pending', 'withdrawn')) c
 WHERE s.subject = %(subject)s AND s.month = %(month)s
"""
