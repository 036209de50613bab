"""How large a segment was: a row an hour, kept with the members, so that a curve costs the same for ten members and a million."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection

from customers.models import Segment, SegmentSize

HOURLY = timedelta(days=40)  # older than this, the last of each day is enough


def curve(segment: Segment, now: datetime, days: int = 30) -> list[tuple[datetime, int]]:
    """The moments of the last `days` at which the size became another (the last one in each hour), the oldest first.

    It begins with the size at the beginning, where one was known then, and ends with the present one. Between two moments the size was the former's.
    """
    since = now - timedelta(days=days)
    rows = SegmentSize.objects.filter(segment=segment, at__lte=now)
    before = rows.filter(at__lte=since).order_by("-at").values_list("size", flat=True).first()
    points = [] if before is None else [(since, before)]
    points += rows.filter(at__gt=since).order_by("at").values_list("at", "size")
    if not segment.evaluated_at:
        return points
    return [*points, (now, segment.size)]


def note(segments: Iterable[int], now: datetime) -> None:
    """The present sizes are those of this hour, where they are others than before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_segmentsize (segment_id, hour, at, size) "
            "SELECT s.id, date_trunc('hour', %(now)s AT TIME ZONE 'UTC') AT TIME ZONE 'UTC', %(now)s, s.size FROM customers_segment s "
            "WHERE s.id = ANY(%(segments)s) AND s.size IS DISTINCT FROM "
            "(SELECT z.size FROM customers_segmentsize z WHERE z.segment_id = s.id ORDER BY z.hour DESC LIMIT 1) "
            "ON CONFLICT (segment_id, hour) DO UPDATE SET size = excluded.size, at = excluded.at",
            {"now": now, "segments": list(segments)},
        )


def thin_out(now: datetime) -> int:
    """Of days that are long past only the last size is kept. The number of rows that went."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM customers_segmentsize z USING customers_segmentsize later "
            "WHERE z.hour < %s AND later.segment_id = z.segment_id AND later.hour > z.hour "
            "AND later.hour < date_trunc('day', z.hour AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '1 day'",
            [now - HOURLY],
        )
        return cursor.rowcount
