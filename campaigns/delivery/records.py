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
    "content": "jsonb",
    "content_digest": "text",
    "sent_at": "timestamptz",
    "provider_id": "text",
}
# The lease's token stands beside each id and not alone: against a constant that statistics know as rare, the whole table is read.
WRITE = """
UPDATE campaigns_message m
   SET {sets}
  FROM jsonb_to_recordset(%s::jsonb) AS u (id bigint, held_by uuid, {columns})
 WHERE m.id = u.id AND m.token = u.held_by
RETURNING m.id
""".format(
    sets=", ".join(f"{name} = u.{name}" for name in COLUMNS),
    columns=", ".join(f"{name} {kind}" for name, kind in COLUMNS.items()),
)


def write(token: UUID, messages: Collection[Message]) -> set[int]:
    """The rows are as the messages in memory, where they still carry our token. The ids written: a late writer gets none."""
    rows = [{"id": m.pk, "held_by": token} | {name: getattr(m, name) for name in COLUMNS} for m in messages]
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [msgspec.json.encode(rows).decode()])
        return {pk for (pk,) in cursor.fetchall()}
