"""Kept figures of what we do about it: messages by what became of them, coupons, and the money that
orders credit to messages.

The credited money is derived: it is worked out anew for a quarter of an hour when an order of it
changed, when a message before it did (the triggers say so), and for the last minutes in any case,
because a message may be recorded as sent after the order that follows it.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction

from campaigns.models import Coupon, Message
from campaigns.reports.kept import marks
from campaigns.reports.results import TOUCH, settings_mark, touch_values
from events.insights.figures import Family
from events.models import Figure, FigureChange

QUARTER = timedelta(minutes=15)
HORIZON = timedelta(days=32)
AT_ONCE = 200  # quarters


class Messages(Family):
    """By when they were queued and what they are now."""

    key = "messages"
    names = tuple(f"message:{state}" for state in Message.State.values)
    rows = (
        "SELECT 'message:' || state AS name, date_bin('15 minutes', created_at, 'epoch') AS at, 1"
        " AS n, 0 AS fen FROM campaigns_message WHERE NOT is_test"
    )


class Coupons(Family):
    """Every move of a coupon when it was made; of a redemption what it took off."""

    key = "coupons"
    names = tuple(f"coupon:{state}" for state in Coupon.State.values)
    rows = """
SELECT 'coupon:' || state AS name, date_bin('15 minutes', at, 'epoch') AS at, 1 AS n,
  amount_fen AS fen FROM campaigns_couponmove"""


CREDITED = f"""
INSERT INTO events_figure AS f (name, at, n, fen)
SELECT 'attributed', q, count(touch.sent_at),
  coalesce(sum(o.net_fen) FILTER (WHERE touch.sent_at IS NOT NULL), 0)
  FROM unnest(%(quarters)s::timestamptz[]) q
  LEFT JOIN events_order o ON o.paid_at >= q AND o.paid_at < q + interval '15 minutes'
  LEFT JOIN LATERAL ({TOUCH}) touch ON true
 GROUP BY q
ON CONFLICT (name, at) DO UPDATE SET n = excluded.n, fen = excluded.fen
"""  # noqa: S608 -- a constant


class Attributed(Family):
    """The net of orders that a message went before, by when they were paid
    (campaigns/reports/results.py says which)."""

    key = "attributed"
    names = ("attributed",)
    follows = ("order", "order_net", "attributed")

    def touched(self, quarters: set[datetime], now: datetime) -> None:
        """The newest at once; the others are left for the next fold."""
        recent = sorted((q for q in quarters if q >= now - HORIZON), reverse=True)
        credit(recent[:AT_ONCE])
        FigureChange.objects.bulk_create(
            [FigureChange(name="attributed", at=q) for q in recent[AT_ONCE:]]
        )

    @transaction.atomic
    def keep_up(self, now: datetime) -> None:
        """All of the horizon at the beginning and when the window changed; later what may have
        changed since the last time."""
        window = int(settings_mark()[:12], 16)
        mark = Figure.objects.filter(name="until:attributed").first()
        since = now - HORIZON if mark is None or mark.n != window else mark.at - 2 * QUARTER
        self.touched(quarters_with_orders(max(since, now - HORIZON)), now)
        Figure.objects.filter(name="until:attributed").delete()
        Figure.objects.create(name="until:attributed", at=now, n=window)


class Reports(Family):
    """Whose report an order's money stands in, is marked when that changed; a refund finds its
    order however old it is."""

    key = "reports"
    names = ("reported",)
    follows = ("order", "order_net", "attributed", "reported")

    def touched(self, quarters: set[datetime], now: datetime) -> None:
        newest = sorted(quarters, reverse=True)
        marks.of_orders(newest[:AT_ONCE])
        FigureChange.objects.bulk_create(
            [FigureChange(name="reported", at=q) for q in newest[AT_ONCE:]]
        )


def quarters_with_orders(since: datetime) -> set[datetime]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT date_bin('15 minutes', paid_at, 'epoch') FROM events_order WHERE"
            " paid_at >= %s",
            [since - QUARTER],
        )
        return {quarter for (quarter,) in cursor}


def credit(quarters: list[datetime]) -> None:
    if quarters:
        with connection.cursor() as cursor:
            cursor.execute(CREDITED, {"quarters": quarters, **touch_values()})
