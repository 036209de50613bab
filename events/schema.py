"""Event names and properties as they are seen: derived by a tick from the events themselves, off every request's clock.

Ids come from a sequence, and a transaction may commit long after it took its ids. So the tick notes how far the sequence is and which
transactions exist at that moment; once all of those have ended, everything up to there is visible, and is counted exactly once.
"""

import time

from django.db import connection, transaction
from django.db.models import Q

from customers.models import Source
from events.models import EventName, SchemaMark

AT_ONCE = 20_000  # ids
BUDGET_SECONDS = 2.0
MOST_PROPERTIES = 300  # of one event; a client that makes up keys must not fill the table
REMEMBERED_SECONDS = 2.0

COUNT = """
WITH fresh AS MATERIALIZED (
  SELECT source_id, name_id, received_at, properties FROM events_event
   WHERE id > %(after)s AND id <= %(until)s AND source_id IN (SELECT id FROM customers_source)
), seen AS (
  INSERT INTO events_seenevent AS s (source_id, name_id, first_seen_at, last_seen_at, volume)
  SELECT source_id, name_id, min(received_at), max(received_at), count(*) FROM fresh GROUP BY source_id, name_id
  ON CONFLICT (source_id, name_id) DO UPDATE SET volume = s.volume + excluded.volume,
    first_seen_at = least(s.first_seen_at, excluded.first_seen_at), last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at)
  RETURNING id, source_id, name_id
), found AS (
  SELECT seen.id AS event_id, p.key, array_agg(DISTINCT jsonb_typeof(p.value)) AS types,
         min(received_at) AS first, max(received_at) AS last, count(*) AS volume
    FROM fresh JOIN seen USING (source_id, name_id), jsonb_each(properties) AS p
   WHERE jsonb_typeof(properties) = 'object' AND length(p.key) BETWEEN 1 AND 100
   GROUP BY seen.id, p.key
), known AS (
  SELECT event_id, count(*) AS held, array_agg(key) AS keys FROM events_seenproperty WHERE event_id IN (SELECT id FROM seen) GROUP BY event_id
), ranked AS (
  SELECT found.*, coalesce(found.key = ANY(known.keys), false) AS is_known, coalesce(held, 0) +
         row_number() OVER (PARTITION BY event_id, coalesce(found.key = ANY(known.keys), false) ORDER BY found.volume DESC, found.key) AS place
    FROM found LEFT JOIN known USING (event_id)
)
INSERT INTO events_seenproperty AS s (event_id, key, types, first_seen_at, last_seen_at, volume)
SELECT event_id, key, types, first, last, volume FROM ranked WHERE is_known OR place <= %(most)s
ON CONFLICT (event_id, key) DO UPDATE SET volume = s.volume + excluded.volume,
  types = ARRAY(SELECT DISTINCT unnest(s.types || excluded.types) ORDER BY 1),
  first_seen_at = least(s.first_seen_at, excluded.first_seen_at), last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at)
"""

_known: dict[int, tuple[float, frozenset[str]]] = {}


def look() -> int:
    """Count what has come in since the last look, for a moment at most; how many ids were passed."""
    until, passed = time.monotonic() + BUDGET_SECONDS, 0
    while time.monotonic() < until and (step := counted()):
        passed += step
    return passed


def counted() -> int:
    """One lump of ids that are settled."""
    with transaction.atomic(), connection.cursor() as cursor:
        SchemaMark.objects.get_or_create(pk=1)
        mark = SchemaMark.objects.select_for_update(skip_locked=True).filter(pk=1).first()
        if mark is None:  # somebody else is counting
            return 0
        if mark.counted_id >= mark.next_id:
            note(cursor, mark)
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        if cursor.fetchone()[0] < mark.next_xid:
            return 0
        lump = min(AT_ONCE, mark.next_id - mark.counted_id)
        if lump:
            cursor.execute(COUNT, {"after": mark.counted_id, "until": mark.counted_id + lump, "most": MOST_PROPERTIES})
            mark.counted_id += lump
            mark.save(update_fields=["counted_id"])
        return lump


def note(cursor, mark: SchemaMark) -> None:
    """How far the sequence is, and then, in a later snapshot, which transactions may still hold ids up to there."""
    cursor.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM events_event_id_seq")
    mark.next_id = cursor.fetchone()[0]
    cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
    mark.next_xid = cursor.fetchone()[0]
    mark.save(update_fields=["next_id", "next_xid"])


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


def forget_transactions(**_restore) -> None:
    """The numbers of transactions were those of the former server; none of them is open here."""
    SchemaMark.objects.update(next_xid=0)
