"""How large a segment is, by parts, and how large it was: a row an hour, so that a curve costs the
same for ten members and a million."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db import connection, transaction

from customers.models import Segment, SegmentSize
from customers.segments.shards import Shard

LOCK = 0x5E6B0000
HOURLY = timedelta(days=40)  # older than this, the last of each day is enough


def curve(segment: Segment, now: datetime, days: int = 30) -> list[tuple[datetime, int]]:
    """The moments of the last `days` at which the size became another (the last one in each hour),
    the oldest first.

    It begins with the size at the beginning, where one was known then, and ends with the present
    one. Between two moments the size was the former's.
    """
    since = now - timedelta(days=days)
    rows = SegmentSize.objects.filter(segment=segment, at__lte=now)
    before = rows.filter(at__lte=since).order_by("-at").values_list("size", flat=True).first()
    points = [] if before is None else [(since, before)]
    points += rows.filter(at__gt=since).order_by("at").values_list("at", "size")
    if not segment.evaluated_at:
        return points
    return [*points, (now, segment.size)]


def note_parts(
    shard: Shard, parts: Mapping[int, tuple[int, int]], zone: str, now: datetime
) -> None:
    """Revision and size of the shard's part of each segment, as of now. In the pass's
    transaction."""
    if parts:
        revisions, numbers = zip(*parts.values(), strict=True)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO customers_segmentpart (segment_id, shard, of, revision, zone, size,"
                " evaluated_at) SELECT pk, %s, %s, revision, %s, size, %s FROM unnest(%s::bigint[],"
                " %s::int[], %s::int[]) AS n(pk, revision, size) ON CONFLICT (segment_id, shard) DO"
                " UPDATE SET of = excluded.of, revision = excluded.revision, zone = excluded.zone,"
                " size = excluded.size, evaluated_at = excluded.evaluated_at",
                [shard.number, shard.of, zone, now, list(parts), list(revisions), list(numbers)],
            )


def sum_up(segments: Collection[int], of: int, now: datetime) -> None:
    """The segments' own sizes are those of their parts together, once each shard has its own; and
    this hour's point of the curve.

    Outside the pass's view: two evaluators that end at once sum one after the other, and the later
    one sees both.
    """
    if not segments:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(
            "UPDATE customers_segment s SET size = greatest(p.size, 0), evaluated_at = p.at, "
            "evaluated_version = CASE WHEN p.revision = s.revision THEN s.version ELSE 0 END, "
            # Worked out by every shard: no condition of it fails any more.
            "failed_at = CASE WHEN p.revision <> s.revision THEN s.failed_at END, failure = CASE"
            " WHEN p.revision <> s.revision THEN s.failure END, failures = CASE WHEN p.revision <>"
            " s.revision THEN s.failures ELSE 0 END, retry_at = CASE WHEN p.revision <> s.revision"
            " THEN s.retry_at END FROM (SELECT segment_id, sum(size) AS size, min(evaluated_at) AS"
            " at, min(revision) AS revision FROM customers_segmentpart WHERE segment_id = ANY(%s)"
            " AND of = %s GROUP BY segment_id HAVING count(*) = %s) p WHERE p.segment_id = s.id",
            [list(segments), of, of],
        )
        note_points(cursor, segments, now)


def note_points(cursor, segments: Collection[int], now: datetime) -> None:
    """The present sizes are those of this hour, where they are others than before."""
    cursor.execute(
        "INSERT INTO customers_segmentsize (segment_id, hour, at, size) SELECT s.id,"
        " date_trunc('hour', %(now)s AT TIME ZONE 'UTC') AT TIME ZONE 'UTC', %(now)s, s.size FROM"
        " customers_segment s WHERE s.id = ANY(%(segments)s) AND s.evaluated_at IS NOT NULL AND"
        " s.size IS DISTINCT FROM (SELECT z.size FROM customers_segmentsize z WHERE z.segment_id ="
        " s.id ORDER BY z.hour DESC LIMIT 1) ON CONFLICT (segment_id, hour) DO UPDATE SET size ="
        " excluded.size, at = excluded.at",
        {"now": now, "segments": list(segments)},
    )


def thin_out(now: datetime) -> int:
    """Of days that are long past only the last size is kept. The number of rows that went."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM customers_segmentsize z USING customers_segmentsize later WHERE z.hour <"
            " %s AND later.segment_id = z.segment_id AND later.hour > z.hour AND later.hour <"
            " date_trunc('day', z.hour AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '1 day'",
            [now - HOURLY],
        )
        return cursor.rowcount
