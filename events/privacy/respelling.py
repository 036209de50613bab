"""Events that came in before a key was known to be personal (`manage.py normalise`)."""

from collections import Counter

import msgspec
from django.db import connection

from customers.identity.respelling import Normaliser
from customers.privacy.personal import SEALED, digests, without_personal
from customers.privacy.sealing import NotDecipherable, seal
from events.models import Event

UPDATE = """
UPDATE events_event SET properties = %s::jsonb, context = %s::jsonb, personal = %s
 WHERE id = %s AND odd = %s AND occurred_at = %s
"""


class OfEvents(Normaliser):
    """What is personal is taken out of properties and contexts; what was taken out before keeps its
    place."""

    key, model = "events", Event

    def window(self, after, until):
        done = 0
        for row in self.rows(after, until):
            properties, taken = without_personal(
                {key: value for key, value in row.properties.items() if key != SEALED}
            )
            context, more = without_personal(row.context)
            if (
                taken
                or more
                or (row.__dict__["personal"] is not None and SEALED not in row.properties)
            ):
                done += self.rewrite(row, properties, context, taken, more)
        return Counter({"taken out of events": done} if done else {})

    def rewrite(self, row: Event, properties: dict, context: dict, taken: dict, more: dict) -> int:
        try:
            before = msgspec.json.decode(row.personal) if row.personal is not None else {}
        except NotDecipherable:
            return 0
        taken, more = before.get("properties", {}) | taken, before.get("context", {}) | more
        if taken:
            properties = properties | {SEALED: digests(taken)}
        field = Event._meta.get_field("personal")
        text = msgspec.json.encode({"properties": taken, "context": more}).decode()
        sealed = seal(text, place=field.place(), row=field.row(row))
        values = [msgspec.json.encode(part).decode() for part in (properties, context)]
        with connection.cursor() as cursor:
            cursor.execute(UPDATE, [*values, sealed, row.pk, row.out_of_range, row.occurred_at])
            return cursor.rowcount
