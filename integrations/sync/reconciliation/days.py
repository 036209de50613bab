"""The days of a source in the shop's zone, and what is written down of them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from customers.workspace.moments import moment_in
from integrations.models import Difference, ReconciledDay, Reconciliation

EVERY = timedelta(hours=1)
SETTLED = timedelta(hours=2)  # after its end a day is looked at: what is under way has come
MOST_DIFFERENCES = 1000  # of one day that are written down


def days_of(row: Reconciliation, now: datetime) -> list[date]:
    """The days that are over, the newest first."""
    today = (now - SETTLED).astimezone(ZoneInfo(row.time_zone)).date()
    return [today - timedelta(days=n) for n in range(1, row.days + 1)]


def bounds(row: Reconciliation, day: date) -> tuple[datetime, datetime]:
    """From midnight to midnight of the shop."""
    zone = ZoneInfo(row.time_zone)
    first, last = datetime.combine(day, datetime.min.time()), day + timedelta(days=1)
    return moment_in(zone, first).astimezone(zone), moment_in(
        zone, datetime.combine(last, datetime.min.time())
    ).astimezone(zone)


def write_differences(day: ReconciledDay, found) -> None:
    found = found[:MOST_DIFFERENCES]
    numbers = [number for number, _mine, _theirs in found]
    day.differences.exclude(number__in=numbers).delete()
    Difference.objects.bulk_create(
        [
            Difference(
                day=day,
                number=number,
                paid_fen=mine.paid_fen if mine else None,
                refunded_fen=mine.refunded_fen if mine else None,
                their_paid_fen=theirs.paid_fen if theirs else None,
                their_refunded_fen=theirs.refunded_fen if theirs else None,
                status=getattr(mine, "status", ""),
                their_status=getattr(theirs, "status", ""),
            )
            for number, mine, theirs in found
        ],
        update_conflicts=True,
        unique_fields=["day", "number"],
        update_fields=[
            *("paid_fen", "refunded_fen", "their_paid_fen", "their_refunded_fen"),
            *("status", "their_status"),
        ],
    )
