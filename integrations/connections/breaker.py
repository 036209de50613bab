"""A system that is down is left alone: after some failures in a row nobody calls it for a while,
then one call tries.

It stands in a row per connection, so that all hosts know. Whoever wins the row's update is the one
who tries; if he dies, the next one may, a little later.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db import connection

from customers.models import Breaker

OPENS_AFTER = 5  # failures in a row
SHORTEST, LONGEST = 10, 300  # seconds that it stays open; twice as long after each try in vain
TRIAL = timedelta(seconds=30)  # for one call that tries; longer than a call may take

NOTE = """
INSERT INTO customers_breaker AS b (connection_id, failures, open_until)
SELECT pk, n, CASE WHEN n >= %(opens)s THEN %(now)s + make_interval(secs => %(shortest)s) END
  FROM unnest(%(ids)s::bigint[], %(counts)s::int[]) AS given(pk, n) ORDER BY pk
ON CONFLICT (connection_id) DO UPDATE SET failures = b.failures + excluded.failures,
  open_until = CASE WHEN b.failures + excluded.failures >= %(opens)s THEN %(now)s + make_interval(
    secs => least(%(shortest)s * 2 ^ least(greatest(b.failures + 1 - %(opens)s, 0), 16),
      %(longest)s)) END
"""


def open_circuits(ids: Collection[int], now: datetime) -> dict[int, datetime]:
    """Those of these connections whose circuit is open, each with when it may be tried."""
    found = Breaker.objects.filter(connection__in=ids, failures__gte=OPENS_AFTER)
    return {one.pk: one.open_until for one in found if one.open_until}


def claim_trial_call(connection_id: int, now: datetime) -> bool:
    """Whether the circuit has been open for its time and ours is now the one call that finds out
    if it is well again: until TRIAL is over nobody else gets one."""
    over = Breaker.objects.filter(pk=connection_id, open_until__lte=now)
    return over.update(open_until=now + TRIAL) > 0


def worked(ids: Collection[int]) -> None:
    """These answered: whoever failed before is forgiven."""
    Breaker.objects.filter(connection__in=ids, failures__gt=0).update(failures=0, open_until=None)


def failed(counts: Mapping[int, int], now: datetime) -> None:
    """Each of these failed so many times more."""
    values = {"ids": list(counts), "counts": list(counts.values())}
    values |= {"now": now, "opens": OPENS_AFTER}
    with connection.cursor() as cursor:
        cursor.execute(NOTE, values | {"shortest": SHORTEST, "longest": LONGEST})
