"""What the dashboard says of events: how many per minute and quarter of an hour, and which
customers did something on a day.

Derived from the events by their settled ids, each exactly once, on its own day however late it
comes. Odd events (older than what is kept, or from a clock that runs ahead) are history or error
and are not counted.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from pyroaring import BitMap

from customers.models import Customer, Workspace
from events import cursor as event_cursor
from events.insights import figures
from events.models import DayCustomers, EventCursor, EventName, Figure, Reach

AT_ONCE = 100_000
DAYS = 30
MINUTES_KEPT = timedelta(hours=2)
ACTIVE = "active"
# A funnel's steps, in order, and the events that mean them.
FUNNEL = {"viewed": ["Product Viewed"], "carted": ["Product Added"], "ordered": ["Order Completed"]}
REST = timedelta(seconds=15)  # between two looks at thirty days of customers

COUNT = """
WITH fresh AS MATERIALIZED (
  SELECT occurred_at FROM events_event WHERE id > %(after)s AND id <= %(until)s AND NOT odd
)
INSERT INTO events_figure AS f (name, at, n, fen)
SELECT 'event', date_bin('15 minutes', occurred_at, 'epoch'), count(*), 0 FROM fresh GROUP BY 2
UNION ALL
SELECT 'event_minute', date_trunc('minute', occurred_at), count(*), 0 FROM fresh
  WHERE occurred_at > %(minutes)s GROUP BY 2
ON CONFLICT (name, at) DO UPDATE SET n = f.n + excluded.n
"""
WHO = """
SELECT (occurred_at AT TIME ZONE %(zone)s)::date, name_id, array_agg(DISTINCT origin_customer_id)
  FROM (
  SELECT occurred_at, CASE WHEN name_id = ANY(%(names)s) THEN name_id END AS name_id,
    origin_customer_id
    FROM events_event WHERE id > %(after)s AND id <= %(until)s AND NOT odd
      AND occurred_at >= %(since)s) e
 GROUP BY 1, 2
"""


def look(now: datetime) -> int:
    """Count what has settled; how many ids were passed."""
    zone = ZoneInfo(Workspace.get().time_zone)
    if Reach.objects.exclude(zone=str(zone)).exists():
        begin_again()
    steps = {
        pk: step
        for step, names in FUNNEL.items()
        for pk in EventName.objects.filter(name__in=names).values_list("pk", flat=True)
    }
    passed = event_cursor.read(
        EventCursor.Reader.FIGURES,
        lambda after, until: count(after, until, steps, zone, now),
        at_once=AT_ONCE,
    )
    Figure.objects.filter(name="event_minute", at__lt=now - MINUTES_KEPT).delete()
    keep_reach(zone, now)
    return passed


@transaction.atomic
def begin_again() -> None:
    """Days are those of the workspace's zone: with another zone, other days."""
    EventCursor.objects.select_for_update().filter(pk=EventCursor.Reader.FIGURES).update(
        counted_id=0
    )
    Figure.objects.filter(
        name__in=["event", "event_minute"], at__gte=figures.frozen("event")
    ).delete()
    DayCustomers.objects.all().delete()
    Reach.objects.all().delete()


def count(after: int, until: int, steps: dict[int, str], zone: ZoneInfo, now: datetime) -> None:
    lump = {
        "after": after,
        "until": until,
        "minutes": now - MINUTES_KEPT,
        "zone": str(zone),
        "names": list(steps),
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT, lump)
        cursor.execute(WHO, lump | {"since": first_day(zone, now)})
        who: dict[tuple[date, str], BitMap] = {}
        for day, name_id, customers in cursor:
            for step in {ACTIVE, steps.get(name_id, ACTIVE)}:
                who[day, step] = who.get((day, step), BitMap()) | BitMap(customers)
    known = {
        (row.day, row.step): row.members
        for row in DayCustomers.objects.filter(day__in={day for day, _step in who})
    }
    rows = [
        DayCustomers(
            day=day,
            step=step,
            members=(
                found | BitMap.deserialize(bytes(known.get((day, step)) or EMPTY))
            ).serialize(),
        )
        for (day, step), found in sorted(who.items())
    ]
    DayCustomers.objects.bulk_create(
        rows, update_conflicts=True, update_fields=["members"], unique_fields=["day", "step"]
    )


EMPTY = BitMap().serialize()


def first_day(zone: ZoneInfo, now: datetime) -> datetime:
    """Midnight of the first of the last thirty days, today among them."""
    today = now.astimezone(zone).date()
    return datetime.combine(today - timedelta(days=DAYS - 1), datetime.min.time(), zone)


def keep_reach(zone: ZoneInfo, now: datetime) -> None:
    """How many customers there were per day and in thirty days, as they are joined now and without
    those who were erased."""
    latest = Reach.objects.filter(step=ACTIVE).values_list("at", flat=True).first()
    if latest is None or now - latest >= REST:
        measure(zone, now)


@transaction.atomic
def measure(zone: ZoneInfo, now: datetime) -> None:
    first = first_day(zone, now).date()
    DayCustomers.objects.filter(day__lt=first).delete()
    survivors = dict(Customer.objects.exclude(merged_into=None).values_list("pk", "merged_into"))
    erased = BitMap(Customer.objects.exclude(erased_at=None).values_list("pk", flat=True))
    merged, ever, changed = (
        BitMap(survivors),
        {ACTIVE: BitMap(), **{step: BitMap() for step in FUNNEL}},
        [],
    )
    for row in DayCustomers.objects.order_by("pk").iterator():
        members = BitMap.deserialize(bytes(row.members))
        members = ((members - merged) | BitMap([survivors[pk] for pk in members & merged])) - erased
        ever[row.step] |= members
        if row.size != len(members):
            row.size = len(members)
            changed.append(row)
    DayCustomers.objects.bulk_update(changed, ["size"], batch_size=500)
    through = None
    for step in FUNNEL:  # who also did all before
        through = ever[step] if through is None else through & ever[step]
        ever[step] = through
    rows = [Reach(step=step, size=len(who), at=now, zone=str(zone)) for step, who in ever.items()]
    Reach.objects.bulk_create(
        rows, update_conflicts=True, update_fields=["size", "at", "zone"], unique_fields=["step"]
    )
