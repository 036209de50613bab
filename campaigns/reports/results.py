"""What came of it, in sets: money credited to messages, messages and coupons by state.

*Attributed*: an order is credited to the last message sent to the same customer in the window
before it was paid (semantics 7). The incremental effect is another number and is never mixed with
this one.
"""

import hashlib
import json
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection

from campaigns.delivery.channels import channels
from campaigns.models import Coupon, Message
from customers.models import Workspace

DAY = 86_400  # seconds
RELEASE = 2  # of the statements: figures of another are worked out anew

# The index message_customer answers one look-up per order. The parameters are `touch_values()`.
TOUCH = """SELECT m.id, m.journey_id, m.campaign_id, m.sent_at FROM campaigns_message m
        WHERE m.customer_id = o.customer_id AND m.state = 'sent' AND NOT m.is_test
          AND m.sent_at > o.paid_at - make_interval(secs => %(longest)s)
          AND m.sent_at <= o.paid_at
          AND m.sent_at > o.paid_at - make_interval(
            secs => coalesce((%(windows)s::jsonb ->> m.channel)::int, %(usual)s))
          AND (%(touch)s = 'sent' OR %(touch)s = 'delivered' AND m.delivered_at IS NOT NULL
            OR m.clicked_at IS NOT NULL)
        ORDER BY m.sent_at DESC, m.id DESC LIMIT 1"""
CREDITED = f"""
  FROM events_order o
 CROSS JOIN LATERAL ({TOUCH}) touch
 WHERE o.paid_at >= %(since)s AND o.paid_at < %(until)s
"""


def touch_values() -> dict:
    """What makes a message a touch: within which seconds, by channel where it has its own, and
    what must be known of it (models 28)."""
    workspace = Workspace.get()
    usual = workspace.attribution_days * DAY
    own = {one.key: one.touch_window for one in channels if one.touch_window}
    windows = {key: int(window.total_seconds()) for key, window in own.items()}
    return {
        "usual": usual,
        "windows": json.dumps(windows, sort_keys=True),
        "longest": max([usual, *windows.values()]),
        "touch": workspace.attribution_touch,
    }


def settings_mark() -> str:
    """Figures that were worked out by other settings are worked out anew."""
    workspace = Workspace.get()
    said = [RELEASE, touch_values(), workspace.margin_percent, str(zone())]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:24]


def zone() -> ZoneInfo:
    return ZoneInfo(Workspace.get().time_zone)


def rows(sql: str, **parameters) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def attributed_net_fen(since: datetime, until: datetime) -> int:
    """The net of the orders paid in [since, until) that a message went before."""
    return int(
        rows(
            "SELECT COALESCE(sum(o.net_fen), 0)" + CREDITED,
            since=since,
            until=until,
            **touch_values(),
        )[0][0]
    )


def attributed_by_journey(since: datetime, until: datetime) -> dict[int | None, int]:
    """The same money by the journey of the last message; None: by campaigns and single messages."""
    sql = "SELECT touch.journey_id, sum(o.net_fen)::bigint" + CREDITED + "GROUP BY 1"
    return dict(rows(sql, since=since, until=until, **touch_values()))


def messages_by_state(since: datetime, until: datetime) -> dict[str, int]:
    """The messages queued in [since, until); every state is named."""
    sql = (
        "SELECT state, count(*) FROM campaigns_message WHERE created_at >= %(since)s AND created_at"
        " < %(until)s AND NOT is_test GROUP BY 1"
    )
    return dict.fromkeys(Message.State.values, 0) | dict(rows(sql, since=since, until=until))


def coupon_counts(since: datetime, until: datetime) -> dict[str, int]:
    """The coupons issued in [since, until) by what they are now; every state is named, and
    `discount_fen` is what they took off."""
    sql = (
        "SELECT state, count(*), sum(discount_fen)::bigint FROM campaigns_coupon WHERE issued_at >="
        " %(since)s AND issued_at < %(until)s GROUP BY 1"
    )
    found = rows(sql, since=since, until=until)
    spent = sum(fen for state, _count, fen in found if state == Coupon.State.REDEEMED)
    return (
        dict.fromkeys(Coupon.State.values, 0)
        | {state: count for state, count, _fen in found}
        | {"discount_fen": spent}
    )
