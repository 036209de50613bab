"""Writing what became of a batch of messages: one statement, fenced by the lease's token."""

from collections.abc import Collection
from uuid import UUID

import msgspec
from django.db import connection

from campaigns.models import Message

COLUMNS = {
    "state": "text",
    "reason": "text",
    "due_at": "timestamptz",
    "token": "uuid",
    "attempts": "smallint",
    "error": "text",
    "content": "text",
    "content_digest": "text",
    "sent_at": "timestamptz",
    "provider_id": "text",
}
WRITE = """
UPDATE campaigns_message m
   SET {sets}
  FROM unnest(%s::bigint[], {arrays}) AS u (id, {columns})
 WHERE m.id = u.id AND m.token = %s
RETURNING m.id
""".format(
    sets=", ".join(f"{name} = u.{name}::jsonb" if name == "content" else f"{name} = u.{name}" for name in COLUMNS),
    arrays=", ".join(f"%s::{kind}[]" for kind in COLUMNS.values()),
    columns=", ".join(COLUMNS),
)


def write(token: UUID, messages: Collection[Message]) -> set[int]:
    """The rows are as the messages in memory, where they still carry our token. The ids written: a late writer gets none."""
    columns = [[column(m, name) for m in messages] for name in COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [[m.pk for m in messages], *columns, token])
        return {pk for (pk,) in cursor.fetchall()}


def column(message: Message, name: str):
    value = getattr(message, name)
    return msgspec.json.encode(value).decode() if name == "content" else value
