"""Writing what became of a batch of messages: one statement, fenced by the lease's token."""

from collections.abc import Collection
from functools import cache
from uuid import UUID

import msgspec
from django.db import connection

from campaigns.models import Message

OUTCOME = {
    "state": "text",
    "reason": "text",
    "due_at": "timestamptz",
    "token": "uuid",
    "attempts": "smallint",
    "error": "text",
    "sent_at": "timestamptz",
    "provider_id": "text",
    "parts": "smallint",
    "cost": "integer",
}
# To another connection, or another channel with its own words.
MOVE = OUTCOME | {
    "channel": "text",
    "connection_id": "bigint",
    "content": "jsonb",
    "content_digest": "text",
    "alternatives": "jsonb",
    "tried": "jsonb",
}
DEPARTURE = OUTCOME | {"content": "jsonb", "content_digest": "text"}
# The lease's token stands beside each id and not alone: against a constant that statistics know as
# rare, the whole table is read.
WRITE = """
UPDATE campaigns_message m
   SET {sets}
  FROM json_to_recordset(%s::json) AS u (id bigint, held_by uuid, {columns})
 WHERE m.id = u.id AND m.token = u.held_by
RETURNING m.id
"""


def write(
    token: UUID, messages: Collection[Message], columns: dict[str, str] = DEPARTURE
) -> set[int]:
    """The rows are as the messages in memory, where they still carry our token. The ids written: a
    late writer gets none."""
    rows = [
        {"id": m.pk, "held_by": token} | {name: getattr(m, name) for name in columns}
        for m in messages
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement(tuple(columns.items())), [msgspec.json.encode(rows).decode()])
        return {pk for (pk,) in cursor.fetchall()}


@cache
def statement(columns: tuple[tuple[str, str], ...]) -> str:
    sets = ", ".join(f"{name} = u.{name}" for name, _kind in columns)
    return WRITE.format(sets=sets, columns=", ".join(f"{name} {kind}" for name, kind in columns))
