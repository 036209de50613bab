"""Whatever comes in has a row that staff may name: events, their properties, attributes of
customers."""

from django.db import connection

from customers.attributes import suggestions
from customers.models import DisplayName

MOST = 5000  # of each kind; whoever makes up keys fills no list that people read

SEEN = """
INSERT INTO customers_displayname (kind, key)
SELECT %(kind)s, s.key FROM ({seen}) AS s(key)
 WHERE NOT EXISTS (SELECT FROM customers_displayname d WHERE d.kind = %(kind)s AND d.key = s.key)
 ORDER BY s.key
 LIMIT greatest(%(most)s - (SELECT count(*) FROM customers_displayname WHERE kind = %(kind)s), 0)
ON CONFLICT DO NOTHING
"""
EVENTS = "SELECT name FROM events_eventname"
PROPERTIES = "SELECT DISTINCT key FROM events_seenproperty"
ATTRIBUTES = "SELECT unnest(%(keys)s::text[])"


def gather() -> None:
    """Each key that was seen has its row; run again, nothing changes."""
    clear, sealed = suggestions.keys()
    asked = {
        DisplayName.Kind.EVENT: EVENTS,
        DisplayName.Kind.PROPERTY: PROPERTIES,
        DisplayName.Kind.ATTRIBUTE: ATTRIBUTES,
    }
    with connection.cursor() as cursor:
        for kind, seen in asked.items():
            values = {"kind": kind, "most": MOST, "keys": clear + sealed}
            cursor.execute(SEEN.format(seen=seen), values)
