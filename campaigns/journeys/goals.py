"""Goals that are reached: by whoever is under way (engine.py asks), and by those whose journey is
over, as long as the goal counts."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

import msgspec
from django.db import connection

from campaigns.journeys import definition
from campaigns.journeys.happened import Happened
from campaigns.models import GoalReached, Run
from crm_project.db.sets import among, light
from customers.models import WatchedSegment

COLUMNS = (
    "id",
    "customer_id",
    "version_id",
    "keys",
    "event_id",
    "event_occurred_at",
    "facts",
    "entered_at",
    "watched_until",
)
# Neither is on its way to be looked at: one has ended, or is held for staff.
BY_EVENTS = """
SELECT DISTINCT r.id FROM campaigns_run r
  JOIN json_to_recordset(%s::json) AS e(name int, customer int) ON r.customer_id = e.customer
 WHERE e.name = ANY(r.awaits) AND r.due_at IS NULL AND r.watched_until IS NOT NULL
"""
BY_SEGMENTS = """
SELECT DISTINCT r.id FROM campaigns_run r
  JOIN json_to_recordset(%s::json) AS e(journey int, customer int)
    ON r.customer_id = e.customer AND r.journey_id = e.journey
 WHERE r.due_at IS NULL AND r.watched_until > %s
   AND NOT EXISTS (SELECT FROM campaigns_goalreached g WHERE g.run_id = r.id)
"""
WAKE_BY_SEGMENTS = """
UPDATE campaigns_run r SET due_at = %s
  FROM json_to_recordset(%s::json) AS e(journey int, customer int)
 WHERE r.customer_id = e.customer AND r.journey_id = e.journey AND r.state = 'active'
   AND r.due_at > %s
"""


def by_events(reactions: list, now: datetime) -> None:
    """Whose journey is over, or held, and who has done now what it was for, is noted."""
    rows = [{"name": r.name_id, "customer": r.customer_id} for r in reactions]
    note(ids(BY_EVENTS, [msgspec.json.encode(rows).decode()]), now)


def by_segments(transitions: list, now: datetime) -> None:
    """Runs of journeys that may be left by one of these moves are due; those that are over or held
    are looked at here."""
    segments = {t.segment_id for t in transitions}
    journeys = defaultdict(set)
    for segment, watcher in WatchedSegment.objects.filter(segment__in=segments).values_list(
        "segment", "watcher"
    ):
        kind, _colon, number = watcher.partition(":")
        if kind == "journey":
            journeys[segment].add(int(number))
    rows = [
        {"journey": journey, "customer": t.customer_id}
        for t in transitions
        for journey in journeys[t.segment_id]
    ]
    if not rows:
        return
    pairs = msgspec.json.encode(rows).decode()
    with connection.cursor() as cursor:
        cursor.execute(WAKE_BY_SEGMENTS, [now, pairs, now])
    note(ids(BY_SEGMENTS, [pairs, now]), now)


def ids(sql: str, values: list) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [pk for (pk,) in cursor]


def note(runs: Collection[int], now: datetime) -> None:
    """Those of these runs whose goal is reached have it on record."""
    by_version = defaultdict(list)
    for run in light(Run.objects.filter(among("pk", runs)), *COLUMNS) if runs else ():
        by_version[run.version_id].append(run)
    for version, those in sorted(by_version.items()):
        if goal := definition.of_version(version).ways_out.goal:
            reach(goal.found(those, now), now)


def reach(found: dict[int, Happened], now: datetime) -> None:
    """The goal of these runs is reached; a second time changes nothing."""
    if not found:
        return
    GoalReached.objects.bulk_create(
        [
            GoalReached(run_id=run, at=min(one.at, now), event_id=one.event_id)
            for run, one in sorted(found.items())
        ],
        ignore_conflicts=True,
    )
    Run.objects.filter(among("pk", found), due_at=None).update(awaits=[], awaits_name=None)
