"""How each source that is compared stands: up to which day it is complete, which days differ, who
did not answer. One place, for its page, the first page and the alarm."""

from datetime import datetime, timedelta

from django.db.models import Max

from integrations.models import ReconciledDay, Reconciliation
from integrations.sync.reconciliation.days import days_of

PATIENCE = timedelta(hours=2)  # after a day could be asked for: it is asked again every hour


def compared():
    """Sources that are compared, by their name."""
    rows = Reconciliation.objects.filter(is_active=True).select_related("source")
    return rows.order_by("source__name")


def unequal():
    """Days that differ, of sources that are still compared."""
    return ReconciledDay.objects.filter(
        is_equal=False, reconciliation__is_active=True
    ).select_related("reconciliation__source")


def unanswered(now: datetime) -> list[Reconciliation]:
    """Whose system was asked, and has not said how its last day stands."""
    asked = compared().exclude(connection=None).exclude(asked_at=None)
    return [
        row
        for row in asked.annotate(newest=Max("reconciled__day"))[:500]
        if row.newest is None or row.newest < days_of(row, now - PATIENCE)[0]
    ]
