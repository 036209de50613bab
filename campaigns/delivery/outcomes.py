"""What became of messages beside their sending: receipts, which come in as events by the same door
as any other, and being called off.

A receipt settles what nobody could know (decision 28). Which of several receipts counts does not
depend on the order in which they come: who opened or clicked got the message; else what was said
last counts, that it was delivered or that it came back.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db import connection, transaction

from campaigns import coupons
from campaigns.models import Message
from crm_project.bounds import whole_in
from crm_project.db.sets import among
from events import names

State = Message.State

# What a receipt says; who clicked has opened, who opened got it.
TIMES = {
    "Message Delivered": ("delivered_at",),
    "Message Opened": ("opened_at", "delivered_at"),
    "Message Clicked": ("clicked_at", "opened_at", "delivered_at"),
    "Message Bounced": ("bounced_at",),
    "Message Failed": ("bounced_at",),
}
COLUMNS = ("delivered_at", "opened_at", "clicked_at", "bounced_at")

# The sender names the message and the customer; both must fit, so that nobody opens another's
# messages by counting.
NOTE = """
UPDATE campaigns_message m
   SET delivered_at = COALESCE(m.delivered_at, u.delivered_at),
       opened_at = COALESCE(m.opened_at, u.opened_at),
       clicked_at = COALESCE(m.clicked_at, u.clicked_at),
       bounced_at = COALESCE(m.bounced_at, u.bounced_at)
  FROM unnest(%s::bigint[], %s::integer[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[],
    %s::timestamptz[])
       AS u (id, customer_id, delivered_at, opened_at, clicked_at, bounced_at)
 WHERE m.id = u.id AND u.customer_id IN (m.customer_id, m.origin_customer_id)
   AND m.sent_at IS NOT NULL
   AND (m.delivered_at IS NULL AND u.delivered_at IS NOT NULL
        OR m.opened_at IS NULL AND u.opened_at IS NOT NULL
        OR m.clicked_at IS NULL AND u.clicked_at IS NOT NULL
        OR m.bounced_at IS NULL AND u.bounced_at IS NOT NULL)
RETURNING m.id
"""
# What is with a provider at this moment is settled when he has answered; what waits for its second
# try needs none.
SETTLE = """
WITH told AS (
  SELECT id, CASE WHEN opened_at IS NOT NULL OR clicked_at IS NOT NULL OR bounced_at IS NULL
    OR delivered_at > bounced_at
                  THEN 'sent' ELSE 'failed' END AS state
    FROM campaigns_message
   WHERE id = ANY(%s) AND sent_at IS NOT NULL AND (delivered_at IS NOT NULL
     OR bounced_at IS NOT NULL)
     AND state IN ('unknown', 'queued', 'sent', 'failed') ORDER BY id FOR UPDATE)
UPDATE campaigns_message m
   SET state = told.state, reason = CASE told.state WHEN 'sent' THEN '' ELSE 'bounced' END,
     due_at = NULL, token = NULL
  FROM told WHERE m.id = told.id AND m.state <> told.state
RETURNING m.id
"""


def note(reactions: Collection, now: datetime) -> int:
    """Each receipt has set its message's time, once, and settled what could not be known; reactions
    with other names are left alone.

    The number of messages changed.
    """
    texts = names.texts(r.name_id for r in reactions)
    earliest: dict[tuple[int, int], dict[str, datetime]] = defaultdict(dict)
    for r in reactions:
        columns = TIMES.get(texts.get(r.name_id, ""), ())
        message = message_id(r.properties) if columns else None
        if not message:
            continue
        for column in columns:
            times = earliest[message, r.customer_id]
            times[column] = min(times.get(column, r.occurred_at), r.occurred_at)
    return write(sorted(earliest.items()), now) if earliest else 0


def message_id(properties: dict) -> int | None:
    """The message's number, however the sender typed it; None when it cannot be one."""
    return whole_in(properties.get("message_id"))


def write(receipts, now: datetime) -> int:
    ids = [message for (message, _customer), _times in receipts]
    customers = [customer for (_message, customer), _times in receipts]
    columns = [[times.get(name) for _pair, times in receipts] for name in COLUMNS]
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(NOTE, [ids, customers, *columns])
        noted = [pk for (pk,) in cursor.fetchall()]
        settle(noted, now=now)
    return len(noted)


def settle(ids: Collection[int], *, now: datetime) -> None:
    """Those of the messages of which a receipt says what became of them are so, and their coupons
    follow."""
    if ids:
        with transaction.atomic(savepoint=False), connection.cursor() as cursor:
            cursor.execute(SETTLE, [list(ids)])
            coupons.follow([*ids], now=now)


def call_off(messages, reason: str, *, now: datetime) -> int:
    """Those of the messages that are queued do not leave; of those that may have left before nobody
    can know. The number of them.

    Locked in the order of the ids, as the workers lock them.
    """
    with transaction.atomic(savepoint=False):
        queued = messages.filter(state=State.QUEUED).order_by("pk").select_for_update(of=("self",))
        rows = list(queued.values_list("pk", "sent_at"))
        gone, kept = (
            [pk for pk, sent_at in rows if not sent_at],
            [pk for pk, sent_at in rows if sent_at],
        )
        over = {"due_at": None, "token": None}
        Message.objects.filter(among("pk", gone)).update(
            state=State.CANCELLED, reason=reason, **over
        )
        Message.objects.filter(among("pk", kept)).update(state=State.UNKNOWN, error=reason, **over)
        coupons.follow([pk for pk, _sent_at in rows], now=now)
    return len(rows)
