"""The shop's own purchase cycle: how long customers pause between purchases, and which thresholds
follow from it (semantics 8).

A pause is the number of days between two days of the workspace's zone with a purchase by the same
customer. Half of all pauses are at most P50, 80 % at most P80, 90 % at most P90: who has been away
for longer than P80 is likely not to come by themselves.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction

from customers.models import AuditEntry, Workspace
from events.insights import lifecycle
from events.models import CycleMeasure, LifecycleSettings

ENOUGH_GAPS = 100
FLOORS = {"new_days": 30, "active_days": 60, "silent_days": 90}  # while there are fewer pauses
ENOUGH_CUSTOMERS = 50  # from which on scores follow the shop's own customers
SHARES = (0.5, 0.8, 0.9)
FIFTHS = [0.2, 0.4, 0.6, 0.8]
# a threshold follows what was measured once it differs by so much of itself: not every night half
# the customers move a little
DRIFT = 0.1
EVERY, SOON = timedelta(hours=20), timedelta(minutes=2)
NIGHT = range(1, 6)  # hours of the workspace's zone
KEPT_FOR = timedelta(days=400)

GAPS = """
WITH days AS (SELECT DISTINCT customer_id, (at AT TIME ZONE %(zone)s)::date AS day
  FROM ({purchases}) p WHERE counts),
     gaps AS (SELECT day - lag(day) OVER (PARTITION BY customer_id ORDER BY day) AS gap FROM days)
SELECT gap, count(*) FROM gaps WHERE gap IS NOT NULL GROUP BY gap ORDER BY gap
"""
VALUES = """
SELECT count(*), percentile_disc(%(fifths)s::float8[]) WITHIN GROUP (ORDER BY ceil(extract(epoch
  FROM %(now)s - last_at) / 86400)::int),
       percentile_disc(%(fifths)s::float8[]) WITHIN GROUP (ORDER BY orders),
         percentile_disc(%(fifths)s::float8[]) WITHIN GROUP (ORDER BY net_fen)
  FROM ({facts}) f
"""


def measure(now: datetime) -> CycleMeasure:
    """The cycle as it is at `now`, noted; thresholds that follow it are in force from here on."""
    settings = LifecycleSettings.get()
    gaps = asked_gaps(settings, now)
    with connection.cursor() as cursor:
        values = {**lifecycle.values(settings), "now": now, "fifths": FIFTHS}
        cursor.execute(
            VALUES.replace("{facts}", lifecycle.facts(settings).replace("{among}", "")), values
        )
        customers, *fifths = cursor.fetchone()
    measured = CycleMeasure.objects.create(
        at=now,
        counting=settings.counting,
        gaps=sum(n for _gap, n in gaps),
        days=[list(gap) for gap in gaps],
        **dict(zip(("p50", "p80", "p90"), percentiles(gaps), strict=True)),
        customers=customers,
        **dict(zip(("recency_days", "frequency", "money_fen"), fifths, strict=True)),
    )
    CycleMeasure.objects.filter(at__lt=now - KEPT_FOR).delete()
    follow(measured)
    return measured


def asked_gaps(settings: LifecycleSettings, now: datetime) -> list[tuple[int, int]]:
    """(days, how many pauses of so many days), the short ones first."""
    with connection.cursor() as cursor:
        statement = GAPS.replace(
            "{purchases}", lifecycle.purchases(settings).replace("{among}", "")
        )
        cursor.execute(
            statement, {**lifecycle.values(settings), "now": now, "zone": Workspace.get().time_zone}
        )
        return cursor.fetchall()


def percentiles(gaps: list[tuple[int, int]]) -> list[int | None]:
    """P50, P80 and P90: the shortest pause that so large a share of all pauses does not exceed."""
    total, found = sum(n for _gap, n in gaps), []
    for share in SHARES:
        so_far = 0
        for gap, n in gaps:
            so_far += n
            if so_far >= share * total:
                found.append(gap)
                break
    return found if total else [None] * len(SHARES)


def stages_of(measured: CycleMeasure) -> dict[str, int]:
    """The bounds of the stages that follow from a measure; each is longer than the one before."""
    found, least = {}, 0
    for (name, floor), days in zip(
        FLOORS.items(), (measured.p50, measured.p80, measured.p90), strict=True
    ):
        days = max(days or 0, 1) if measured.gaps >= ENOUGH_GAPS else max(days or 0, floor)
        found[name] = least = max(days, least + 1)
    return found


def scores_of(measured: CycleMeasure) -> dict[str, list[int]]:
    """The bounds of the scores that follow from a measure; {} while there are too few customers."""
    if measured.customers < ENOUGH_CUSTOMERS:
        return {}
    return {
        name: list(getattr(measured, name)) for name in ("recency_days", "frequency", "money_fen")
    }


def follow(measured: CycleMeasure) -> None:
    """Thresholds that staff left to the measure are the measured ones, where these differ
    enough."""
    with transaction.atomic():
        settings = LifecycleSettings.objects.select_for_update().get(pk=LifecycleSettings.get().pk)
        if settings.counting != measured.counting:
            return
        wanted = stages_of(measured) if settings.is_automatic else {}
        wanted |= scores_of(measured) if settings.rfm_is_automatic else {}
        moved = {
            name: value for name, value in wanted.items() if differs(getattr(settings, name), value)
        }
        if moved:
            # All of them together: bounds of one measure are in order.
            for name, value in wanted.items():
                setattr(settings, name, value)
            settings.save()
            AuditEntry.objects.create(act="lifecycle.follow", subject="lifecycle:1", details=moved)


def differs(old, new) -> bool:
    pairs = zip(old, new, strict=True) if isinstance(new, list) else [(old, new)]
    return any(abs(a - b) > DRIFT * a for a, b in pairs)


def measure_due(now: datetime, hour: int) -> CycleMeasure | None:
    """Every night; at once when there is none yet, and again soon while there are too few pauses to
    go by."""
    newest = CycleMeasure.objects.order_by("-at").first()
    age = now - newest.at if newest else None
    is_due = (
        age is None or (age > SOON and newest.gaps < ENOUGH_GAPS) or (age > EVERY and hour in NIGHT)
    )
    return measure(now) if is_due else None
