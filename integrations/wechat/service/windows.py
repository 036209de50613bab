"""Windows of the customer service: how many answers, until when."""

from datetime import datetime, timedelta

from django.db import connection as database

from customers.models import Connection, Identity
from integrations.wechat.service.models import ServiceWindow

Kind = ServiceWindow.Kind
# Answers, and for how long, by what the person did.
MEASURES = {Kind.WROTE: (5, timedelta(hours=48)), Kind.OPENED: (2, timedelta(minutes=1))}
# Only what is newer than what opened it last: told twice or late it opens nothing.
OPEN = """
INSERT INTO integrations_servicewindow AS w
  (connection_id, identity_id, customer_id, origin_customer_id, kind, opened_at, ends_at, "left")
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (identity_id, kind) DO UPDATE
   SET opened_at = excluded.opened_at, ends_at = excluded.ends_at, "left" = excluded.left
 WHERE excluded.opened_at > w.opened_at
"""


def open_window(connection: Connection, identity: Identity, kind: str, at: datetime) -> None:
    """The person may be answered from this moment on, as often as the platform allows."""
    answers, lasts = MEASURES[Kind(kind)]
    with database.cursor() as cursor:
        cursor.execute(
            OPEN,
            [
                connection.pk,
                identity.pk,
                identity.customer_id,
                identity.origin_customer_id,
                kind,
                at,
                at + lasts,
                answers,
            ],
        )
