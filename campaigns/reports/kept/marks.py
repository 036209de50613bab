"""What is behind: which month of which campaign or journey something has changed for.

Triggers say so for assignments, messages, coupons and goals (campaigns/migrations/*marks.py). An
order names nobody's campaign: whose it is, is looked up when its money has changed.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection, transaction

from campaigns.reports.kept.windows import LONGEST, WORKSPACE
from campaigns.reports.results import zone

AT_ONCE = 50_000
QUARTER = timedelta(minutes=15)
MONTH = "date_trunc('month', {} AT TIME ZONE 'UTC')::date"
GATHER = """
WITH gone AS (
  DELETE FROM campaigns_reportmark WHERE id IN (
    SELECT id FROM campaigns_reportmark ORDER BY id LIMIT %(most)s)
  RETURNING subject, month
), behind AS (
  INSERT INTO campaigns_reportstate AS s (subject, month, stale_at, due_at)
  SELECT DISTINCT subject, month, %(now)s::timestamptz, %(now)s::timestamptz FROM gone
   WHERE subject IS NOT NULL ORDER BY subject, month
  ON CONFLICT (subject, month) DO UPDATE
    SET stale_at = coalesce(s.stale_at, excluded.stale_at),
        due_at = coalesce(s.due_at, excluded.due_at)
)
SELECT count(*) FROM gone
"""
OF_ORDERS = f"""
INSERT INTO campaigns_reportmark (subject, month)
WITH paid AS (
  SELECT o.customer_id, o.paid_at FROM unnest(%(quarters)s::timestamptz[]) q
    JOIN events_order o ON o.paid_at >= q AND o.paid_at < q + interval '15 minutes')
SELECT a.subject, {MONTH.format("a.at")} FROM paid JOIN campaigns_assignment a
    ON a.customer_id = paid.customer_id AND a.at <= paid.paid_at
   AND a.at > paid.paid_at - %(longest)s::interval
UNION
SELECT coalesce('campaign:' || m.campaign_id, 'journey:' || m.journey_id),
       {MONTH.format("m.created_at")}
  FROM paid JOIN campaigns_message m ON m.customer_id = paid.customer_id
   AND m.sent_at <= paid.paid_at AND m.sent_at > paid.paid_at - %(longest)s::interval
 WHERE NOT m.is_test AND (m.campaign_id IS NOT NULL OR m.journey_id IS NOT NULL)
UNION
SELECT '{WORKSPACE}', date_trunc('month', q AT TIME ZONE %(zone)s)::date
  FROM unnest(%(quarters)s::timestamptz[]) q
"""  # noqa: S608 -- constants


def gather(now: datetime) -> int:
    """What was marked is known to be behind. How many marks there were."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(GATHER, {"most": AT_ONCE, "now": now})
        return cursor.fetchone()[0]


def of_orders(quarters: Collection[datetime]) -> None:
    """Whose orders, paid in these quarters of an hour, have changed is marked."""
    values = {"quarters": list(quarters), "longest": LONGEST, "zone": str(zone())}
    if quarters:
        with connection.cursor() as cursor:
            cursor.execute(OF_ORDERS, values)
