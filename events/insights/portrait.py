"""The portrait: what each customer cares for, and whether that lasts (semantics 8).

An event about a category is worth v, and half as much after each half-life: weight = Σ v · 2^(-age
/ half-life). Stored is the sum with the age counted from EPOCH on, which an event adds to in
whatever order it comes; read, it is faded to `now`. The category is the one that the event says,
else that of its order's line, else that of its product in the catalogue; products that the
catalogue calls courses fade more slowly, and are an interest of their own. Odd events (months too
old, or from the future) say nothing; one up to an hour ahead counts at once.

An interest lasts while the customer was active in it in at least 3 of the last 4 weeks, this one
among them.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection, transaction
from django.db.models import Max

from crm_project.queue import lanes
from customers.models import AuditEntry, ChangedCustomer, Customer, Segment, Workspace
from customers.segments import membership, rules
from events import cursor as event_cursor
from events import names
from events.models import EventCursor, Interest, InterestSettings, InterestVersion

KIND = "interest"  # of a change to what somebody cares for
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
MONDAY = date(1970, 1, 5)
MOST_FORGOTTEN = 20_000
# events whose customers the evaluator bears in one of its passes without keeping others waiting
AT_ONCE = 10_000
MANY_WAIT = 1_000  # changes
LASTING_WEEKS, OF_WEEKS = 3, 4

COUNT = """
WITH fresh AS MATERIALIZED (
  SELECT e.id, e.origin_customer_id, e.occurred_at, e.properties, e.keys, s.namespace_id, w.worth
    FROM events_event e JOIN json_to_recordset(%(worth)s::json) AS w(name_id int,
      worth float8) USING (name_id)
    JOIN customers_source s ON s.id = e.source_id
   WHERE e.id > %(after)s AND e.id <= %(until)s AND NOT e.odd
), about AS (
  SELECT DISTINCT f.id, f.origin_customer_id, f.occurred_at, f.worth, coalesce(p.kind = 'course',
    false) AS is_course,
         left(coalesce(CASE WHEN jsonb_typeof(f.properties -> 'category') = 'string' THEN nullif(f.properties ->> 'category', '') END,
              (SELECT nullif(line ->> 'category', '') FROM jsonb_path_query(f.properties,
                '$.products[*]') line
                WHERE line ->> 'product_id' = k LIMIT 1),
              nullif(p.category, '')), 200) AS category
    FROM fresh f CROSS JOIN LATERAL unnest(coalesce(f.keys, array[NULL])) AS k
    LEFT JOIN events_product p ON p.namespace_id = f.namespace_id AND p.product_id = k
), weekly AS (
  SELECT origin_customer_id, category, is_course,
    ((occurred_at AT TIME ZONE %(zone)s)::date - %(monday)s::date) / 7 AS week,
         sum(worth * 2 ^ (extract(epoch FROM occurred_at - %(epoch)s)::float8
             / (86400 * CASE WHEN is_course THEN %(course_days)s
               ELSE %(days)s END)::float8)) AS weight
    FROM about WHERE category IS NOT NULL GROUP BY 1, 2, 3, 4
), summed AS (
  SELECT origin_customer_id, category, is_course, sum(weight) AS weight, max(last) AS last_week,
         bit_or(CASE WHEN last - week < 8 THEN 1 << (last - week) ELSE 0 END) AS weeks
    FROM (SELECT *, max(week) OVER (PARTITION BY origin_customer_id, category, is_course) AS last
      FROM weekly) w GROUP BY 1, 2, 3
)
INSERT INTO events_interest AS i (customer_id, origin_customer_id, version, category, is_course,
  weight, last_week, weeks)
SELECT coalesce(c.merged_into_id, c.id), c.id, %(version)s, category, is_course, weight, last_week,
  weeks
  FROM summed JOIN customers_customer c ON c.id = origin_customer_id AND c.erased_at IS NULL
    ORDER BY 2, 4, 5
ON CONFLICT (origin_customer_id, version, category, is_course) DO UPDATE
   SET customer_id = excluded.customer_id, weight = i.weight + excluded.weight,
     last_week = greatest(i.last_week, excluded.last_week),
       weeks = CASE WHEN excluded.last_week - i.last_week > 7 THEN 0
         ELSE i.weeks << greatest(excluded.last_week - i.last_week, 0) END & 255
             | CASE WHEN i.last_week - excluded.last_week > 7 THEN 0
               ELSE excluded.weeks << greatest(i.last_week - excluded.last_week, 0) END & 255
"""  # noqa: E501
# Of a row's weeks those among the last four at week %(week)s, as bits 0 to 3.
RECENT = """
CASE WHEN %(week)s - last_week > 3 THEN 0 WHEN last_week > %(week)s THEN (weeks >> least(last_week - %(week)s, 15)) & 15
     ELSE (weeks << (%(week)s - last_week)) & 15 END
"""  # noqa: E501


def look() -> int:
    """Counts the events that have come in, for a moment at most; how many ids were passed."""
    settings = InterestSettings.get()
    passed = 0
    for number in sorted({settings.current, settings.version}):
        version, _new = InterestVersion.objects.get_or_create(
            version=number, defaults=counted_by(settings)
        )
        passed += event_cursor.read(
            mark_of(number), partial(count, version), at_once=AT_ONCE, may_go_on=is_evaluator_idle
        )
    if settings.current != settings.version:
        catch_up()
    forget_old()
    return passed


def is_evaluator_idle() -> bool:
    """A long past (an import, other values) goes in at the evaluator's pace: who has done something
    just now must not wait behind it."""
    return len(ChangedCustomer.objects.values_list("pk")[:MANY_WAIT]) < MANY_WAIT


def mark_of(version: int) -> int:
    return EventCursor.Reader.INTERESTS + version


def counted() -> dict[int, int]:
    """Up to which event's id each version has counted."""
    first = EventCursor.Reader.INTERESTS
    return {
        pk - first: counted_id
        for pk, counted_id in EventCursor.objects.filter(pk__gte=first).values_list(
            "pk", "counted_id"
        )
    }


def counted_by(settings: InterestSettings) -> dict:
    return {
        name: getattr(settings, name)
        for name in ("worth", "half_life_days", "course_half_life_days")
    }


def count(version: InterestVersion, after: int, until: int) -> None:
    worth = [
        {"name_id": names.known(name), "worth": worth} for name, worth in version.worth.items()
    ]
    values = {
        "after": after,
        "until": until,
        "version": version.version,
        "worth": msgspec.json.encode(worth).decode(),
    }
    values |= {"days": version.half_life_days, "course_days": version.course_half_life_days}
    values |= {"epoch": EPOCH, "monday": MONDAY, "zone": Workspace.get().time_zone}
    with lanes.mass(until - after > lanes.MANY), connection.cursor() as cursor:
        cursor.execute(COUNT, values)


def change(settings: InterestSettings, *, by) -> None:
    """Other values or half-lives: all events are counted anew, and what is in force stays so until
    that has caught up."""
    with transaction.atomic():
        former = InterestSettings.get()
        InterestVersion.objects.get_or_create(version=former.current, defaults=counted_by(former))
        settings.version = (
            max(former.version, InterestVersion.objects.aggregate(Max("version"))["version__max"])
            + 1
        )
        settings.save()
        InterestVersion.objects.create(version=settings.version, **counted_by(settings))
        AuditEntry.objects.create(
            by=by, act="interests.change", subject="interests:1", details=counted_by(settings)
        )


def catch_up() -> bool:
    """The newest version is in force once it has counted as far as the former; segments that ask
    for interests are worked out anew."""
    with transaction.atomic():
        settings = InterestSettings.objects.select_for_update().get(pk=1)
        come = counted()
        if settings.current == settings.version or come.get(settings.version, 0) < come.get(
            settings.current, 0
        ):
            return False
        InterestSettings.objects.update(current=settings.version)
        trees = {segment.pk: membership.readable(segment) for segment in Segment.objects.all()}
        asking = [
            pk
            for pk, tree in trees.items()
            if tree and any(KIND in leaf.reads for leaf in rules.leaves(tree))
        ]
        Segment.objects.filter(pk__in=asking).work_out_anew()
        return True


def progress() -> int | None:
    """Percent of the events that a new version has counted; None while nothing is counted anew."""
    settings = InterestSettings.get()
    if settings.current == settings.version:
        return None
    come = counted()
    return min(99, 100 * come.get(settings.version, 0) // max(come.get(settings.current, 0), 1))


def forget_old() -> int:
    """Rows of versions that are no longer in force, some at a time."""
    settings = InterestSettings.get()
    old = InterestVersion.objects.exclude(version__in=[settings.current, settings.version])
    if not old.exists():
        return 0
    rows = Interest.objects.filter(version__in=list(old.values_list("version", flat=True)))[
        :MOST_FORGOTTEN
    ]
    gone, _per_model = Interest.objects.filter(
        pk__in=list(rows.values_list("pk", flat=True))
    ).delete()
    if not gone:
        EventCursor.objects.filter(pk__in=[mark_of(one.version) for one in old]).delete()
        old.delete()
    return gone


def in_force() -> InterestVersion:
    """What the rows of the version in force were counted by."""
    settings = InterestSettings.get()
    found = InterestVersion.objects.filter(version=settings.current).first()
    return found or InterestVersion(version=settings.current, **counted_by(settings))


def growth(now: datetime, half_life_days: int) -> float:
    """What a weight of 1 at `now` is stored as."""
    return 2 ** ((now - EPOCH).total_seconds() / (86400 * half_life_days))


def week(now: datetime) -> int:
    """The number of the local week."""
    return (now.astimezone(ZoneInfo(Workspace.get().time_zone)).date() - MONDAY).days // 7


@dataclass(frozen=True, slots=True)
class Felt:
    """One interest of one customer at a moment; all their origins added up."""

    category: str
    is_course: bool
    weight_now: float
    weeks: list[bool]  # active or not, the oldest of the last four weeks first

    @property
    def is_lasting(self) -> bool:
        return sum(self.weeks) >= LASTING_WEEKS


def interests(customer: Customer, now: datetime) -> list[Felt]:
    """What this customer cares for at `now`, the strongest first."""
    version, this_week, sums = in_force(), week(now), {}
    for row in Interest.objects.filter(customer=customer, version=version.version):
        weight, weeks = sums.get((row.category, row.is_course), (0.0, 0))
        sums[row.category, row.is_course] = weight + row.weight, weeks | recent(row, this_week)
    faded = [growth(now, version.half_life_days), growth(now, version.course_half_life_days)]
    found = [
        Felt(
            category,
            is_course,
            weight / faded[is_course],
            [bool(weeks >> n & 1) for n in reversed(range(OF_WEEKS))],
        )
        for (category, is_course), (weight, weeks) in sums.items()
    ]
    return sorted(found, key=lambda one: (-one.weight_now, one.category, one.is_course))


def recent(row: Interest, this_week: int) -> int:
    """RECENT, for one row."""
    ago = this_week - row.last_week
    return (row.weeks >> -ago if ago < 0 else row.weeks << ago) & 15 if ago <= OF_WEEKS - 1 else 0
