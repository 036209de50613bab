"""Event names and properties as they are seen: derived by a tick from the events themselves, off
every request's clock."""

import time

from django.db import connection
from django.db.models import Q

from customers.models import Source
from events import cursor as event_cursor
from events.models import EventCursor, EventName

MOST_PROPERTIES = 300  # of one event; a client that makes up keys must not fill the table
MOST_OF_SOURCE = {"client": 5000, "server": 50_000}  # properties of all its events
REMEMBERED_SECONDS = 2.0

COUNT = """
WITH fresh AS MATERIALIZED (
  SELECT source_id, name_id, received_at,
         CASE WHEN jsonb_typeof(properties) = 'object' THEN properties - '$sealed' ELSE '{}' END AS properties,
         CASE WHEN jsonb_typeof(properties -> '$sealed') = 'object' THEN properties -> '$sealed' ELSE '{}' END AS sealed
    FROM events_event
   WHERE id > %(after)s AND id <= %(until)s AND source_id IN (SELECT id FROM customers_source)
), volume AS (
  INSERT INTO events_sourcevolume AS s (source_id, at, n)
  SELECT source_id, date_trunc('hour', received_at), count(*) FROM fresh GROUP BY 1, 2
  ON CONFLICT (source_id, at) DO UPDATE SET n = s.n + excluded.n
), old AS (
  DELETE FROM events_sourcevolume WHERE at < hutong_now() - interval '60 days'
), seen AS (
  INSERT INTO events_seenevent AS s (source_id, name_id, first_seen_at, last_seen_at, volume)
  SELECT source_id, name_id, min(received_at), max(received_at), count(*) FROM fresh
    GROUP BY source_id, name_id
  ON CONFLICT (source_id, name_id) DO UPDATE SET volume = s.volume + excluded.volume,
    first_seen_at = least(s.first_seen_at, excluded.first_seen_at),
      last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at)
  RETURNING id, source_id, name_id
), room AS (
  SELECT s.source_id, max(CASE WHEN o.trust = 'client' THEN %(client)s
    ELSE %(server)s END) - count(p.id) AS room
    FROM (SELECT DISTINCT source_id FROM seen) s JOIN customers_source o ON o.id = s.source_id
    LEFT JOIN events_seenevent e ON e.source_id = s.source_id LEFT JOIN events_seenproperty p
      ON p.event_id = e.id GROUP BY s.source_id
), found AS (  -- what was taken out of the properties is named, with the type "sealed"
  SELECT seen.id AS event_id, p.key, array_agg(DISTINCT p.type) AS types,
         min(received_at) AS first, max(received_at) AS last, count(*) AS volume
    FROM fresh JOIN seen USING (source_id, name_id), LATERAL (
      SELECT key, jsonb_typeof(value) AS type FROM jsonb_each(properties)
      UNION ALL SELECT key, 'sealed' FROM jsonb_each(sealed)) AS p
   WHERE length(p.key) BETWEEN 1 AND 100
   GROUP BY seen.id, p.key
), known AS (
  SELECT event_id, count(*) AS held, array_agg(key) AS keys FROM events_seenproperty
    WHERE event_id IN (SELECT id FROM seen) GROUP BY event_id
), ranked AS (
  SELECT found.*, coalesce(found.key = ANY(known.keys), false) AS is_known, room, coalesce(held,
    0) +
         row_number() OVER (PARTITION BY event_id, coalesce(found.key = ANY(known.keys), false)
           ORDER BY found.volume DESC, found.key) AS place,
         row_number() OVER (PARTITION BY room.source_id, coalesce(found.key = ANY(known.keys),
           false) ORDER BY found.volume DESC, found.key) AS nth
    FROM found JOIN seen ON seen.id = found.event_id JOIN room USING (source_id) LEFT
      JOIN known USING (event_id)
)
INSERT INTO events_seenproperty AS s (event_id, key, types, first_seen_at, last_seen_at, volume)
SELECT event_id, key, types, first, last, volume FROM ranked WHERE is_known OR (place <= %(most)s
  AND nth <= room)
ON CONFLICT (event_id, key) DO UPDATE SET volume = s.volume + excluded.volume,
  types = ARRAY(SELECT DISTINCT unnest(s.types || excluded.types) ORDER BY 1),
  changed_at = CASE WHEN s.types && '{string,number,boolean,array,object}'
      AND NOT array_remove(excluded.types, 'null') <@ s.types
    THEN excluded.last_seen_at ELSE s.changed_at END,
  first_seen_at = least(s.first_seen_at, excluded.first_seen_at),
    last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at)
"""  # noqa: E501

_known: dict[int, tuple[float, frozenset[str]]] = {}


def look() -> int:
    """Count what has come in since the last look, for a moment at most; how many ids were
    passed."""
    return event_cursor.read(EventCursor.Reader.SCHEMA, count)


def count(after: int, until: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            COUNT, {"after": after, "until": until, "most": MOST_PROPERTIES, **MOST_OF_SOURCE}
        )


def is_known(source: Source, name: str) -> bool:
    """Was this name declared by staff, or seen from this source before it became strict?"""
    until, names = _known.get(source.pk, (0.0, frozenset()))
    if until < time.monotonic():
        known = EventName.objects.filter(Q(is_declared=True) | Q(seen__source=source))
        names = frozenset(known.values_list("name", flat=True))
        _known[source.pk] = (time.monotonic() + REMEMBERED_SECONDS, names)
    return name in names


def forget() -> None:
    """Look again which names are known."""
    _known.clear()
