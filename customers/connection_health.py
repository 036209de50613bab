"""How a connection is faring: when it worked last, what went wrong last. Whoever uses one says so
here, in sets."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

from customers.models import Connection

FRESH = timedelta(minutes=1)  # a row that says "worked" is not written more often
FAILING = Q(last_error_at__isnull=False) & (
    Q(last_ok_at__isnull=True) | Q(last_ok_at__lt=F("last_error_at"))
)


def worked(ids: Collection[int], now: datetime) -> None:
    """Something went through each of these."""
    Connection.objects.filter(pk__in=ids).filter(
        FAILING | Q(last_ok_at__isnull=True) | Q(last_ok_at__lt=now - FRESH)
    ).update(last_ok_at=now)


def failed(errors: Mapping[int, str], now: datetime) -> None:
    """What went wrong with each (Vendor.in_words in
    integrations/connections/vendors.py reads it)."""
    for pk, error in sorted(errors.items()):
        Connection.objects.filter(pk=pk).update(
            last_error=error.replace("\x00", "")[:300], last_error_at=now
        )


def failing() -> QuerySet[Connection]:
    """Connections in use whose last use failed."""
    return Connection.objects.filter(FAILING, is_active=True).order_by("name")


def is_failing(one: Connection) -> bool:
    """The same of a row that has been read."""
    return one.last_error_at is not None and (
        one.last_ok_at is None or one.last_ok_at < one.last_error_at
    )
