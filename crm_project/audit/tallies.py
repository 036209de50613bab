"""Acts that are too many to be written down one by one: they are counted, and once their hour is
over the audit log says how many there were."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from crm_project import audit
from crm_project.models import Tally

MOST_AT_ONCE = 500
COUNT = """
INSERT INTO crm_project_tally AS t (hour, act, subject, number)
SELECT date_trunc('hour', hutong_now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC', %s, %s, %s
  FROM (SELECT set_config('synchronous_commit', 'off',
    true)) AS relaxed  -- nobody waits for the disk to count
ON CONFLICT (hour, act, subject) DO UPDATE SET number = t.number + excluded.number
"""


def count(act: str, subject: str, number: int = 1) -> None:
    """One more in this hour. Of subjects there must not be more than somebody trusted can make."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [act, subject, number])


def write_down(now: datetime) -> int:
    """The hours that are over stand in the audit log. How many entries were made."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    with transaction.atomic():
        over = list(
            Tally.objects.select_for_update(skip_locked=True)
            .filter(hour__lt=hour)
            .order_by("hour", "pk")[:MOST_AT_ONCE]
        )
        for one in over:
            until = one.hour + timedelta(hours=1)
            details = {
                "number": one.number,
                "from": one.hour.isoformat(),
                "until": until.isoformat(),
            }
            audit.note(by=None, act=one.act, subject=one.subject, details=details)
        Tally.objects.filter(pk__in=[one.pk for one in over]).delete()
    return len(over)
