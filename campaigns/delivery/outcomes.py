"""Receipts: delivered, opened, clicked come in as events by the same door as any other (design/architecture.md 3, step 8)."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db import connection

from crm_project.bounds import whole_in
from events import names

# What a receipt says; who clicked has opened, who opened got it.
TIMES = {
    "Message Delivered": ("delivered_at",),
    "Message Opened": ("opened_at", "delivered_at"),
    "Message Clicked": ("clicked_at", "opened_at", "delivered_at"),
}

# The sender names the message and the customer; both must fit, so that nobody opens another's messages by counting.
NOTE = """
UPDATE campaigns_message m
   SET delivered_at = COALESCE(m.delivered_at, u.delivered_at),
       opened_at = COALESCE(m.opened_at, u.opened_at),
       clicked_at = COALESCE(m.clicked_at, u.clicked_at)
  FROM unnest(%s::bigint[], %s::integer[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])
       AS u (id, customer_id, delivered_at, opened_at, clicked_at)
 WHERE m.id = u.id AND u.customer_id IN (m.customer_id, m.origin_customer_id) AND m.sent_at IS NOT NULL
   AND (m.delivered_at IS NULL AND u.delivered_at IS NOT NULL
        OR m.opened_at IS NULL AND u.opened_at IS NOT NULL
        OR m.clicked_at IS NULL AND u.clicked_at IS NOT NULL)
"""


def note(reactions: Collection) -> int:
    """Each receipt has set its message's time, once; reactions with other names are left alone. The number of messages changed."""
    texts = names.texts(r.name_id for r in reactions)
    earliest: dict[tuple[int, int], dict[str, datetime]] = defaultdict(dict)
    for r in reactions:
        columns = TIMES.get(texts.get(r.name_id), ())
        message = message_id(r.properties) if columns else None
        for column in columns if message else ():
            times = earliest[message, r.customer_id]
            times[column] = min(times.get(column, r.occurred_at), r.occurred_at)
    return write(sorted(earliest.items())) if earliest else 0


def message_id(properties: dict) -> int | None:
    """The message's number, however the sender typed it; None when it cannot be one."""
    return whole_in(properties.get("message_id"))


def write(receipts) -> int:
    ids = [message for (message, _customer), _times in receipts]
    customers = [customer for (_message, customer), _times in receipts]
    columns = [[times.get(name) for _pair, times in receipts] for name in ("delivered_at", "opened_at", "clicked_at")]
    with connection.cursor() as cursor:
        cursor.execute(NOTE, [ids, customers, *columns])
        return cursor.rowcount
