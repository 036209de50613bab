"""Pages of twenty million events in the order of their time, though no index has that order: the
kept figures say in which quarters of an hour a page's rows stand, and only those are read."""

from datetime import datetime, timedelta
from functools import cached_property

from django.db import connection
from django.db.models import Sum

from crm_project.admin.paging import COUNTED, CappedPaginator
from events.models import Figure

QUARTER = timedelta(minutes=15)
LATEST = 10_000  # ids
# Of the quarters that hold row `skip` to `until`, newest first: the first moment, the end, and how
# many rows are newer than that end.
WINDOW = """
SELECT min(at), max(at) + interval '15 minutes', min(seen - n) FROM (
  SELECT at, n, sum(n) OVER (ORDER BY at DESC) AS seen FROM events_figure
   WHERE name = 'event' AND n > 0 AND at > %(since)s - interval '15 minutes' AND at < %(until)s) f
 WHERE seen > %(skip)s AND seen - n < %(end)s
"""


class EventPaginator(CappedPaginator):
    """`since` and `until`: the days that were asked for, where nothing else was."""

    since, until = datetime(1970, 1, 1).astimezone(), datetime(9000, 1, 1).astimezone()
    is_in_time = True  # nothing but time narrows the list, newest first

    @cached_property
    def count(self):
        found = super().count
        if not self.is_in_time or found < COUNTED:
            return found
        kept = (
            Figure.objects.filter(
                name="event", at__gt=self.since - QUARTER, at__lt=self.until
            ).aggregate(n=Sum("n"))["n"]
            or 0
        )
        return max(found, kept)

    def page(self, number):
        number = self.validate_number(number)
        if not self.is_in_time or self.count <= COUNTED:
            return super().page(number)
        skip = (number - 1) * self.per_page
        with connection.cursor() as cursor:
            cursor.execute(
                WINDOW,
                {
                    "since": self.since,
                    "until": self.until,
                    "skip": skip,
                    "end": skip + self.per_page,
                },
            )
            first, end, newer = cursor.fetchone()
        rows = self.object_list.filter(out_of_range=False)
        if first is None:
            return self._get_page(rows.none(), number, self)
        begin = skip - int(newer)
        if newer:
            rows = rows.filter(occurred_at__gte=first, occurred_at__lt=end)
        else:  # what came in since the figures were kept stands before all that they know
            rows = rows.filter(
                occurred_at__gte=max(first, self.lately(rows, begin + self.per_page) or first)
            )
        return self._get_page(rows[begin : begin + self.per_page], number, self)

    def lately(self, rows, count: int) -> datetime | None:
        """A moment since which there are so many rows, told by the last that came in; a quarter of
        an hour may hold a million."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT last_value FROM events_event_id_seq")
            last = cursor.fetchone()[0]
        moments = (
            list(rows.filter(pk__gt=last - LATEST).values_list("occurred_at", flat=True)[:count])
            if count <= LATEST
            else []
        )
        return moments[-1] if len(moments) == count else None
