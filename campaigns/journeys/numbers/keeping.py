"""The numbers are kept: triggers say by how much they changed, a tick adds that up.

The kinds, each with what its `way` says:

- `entered` ("" as step): came into the journey;
- `stand`: stands at the step now, less or more by so many on that day;
- `left`: left the step, by which exit; without one, left the journey there;
- `ended` ("" as step): how it ended, "exited:merged";
- `goal` ("" as step): reached the goal, on that day;
- `message`: of the step, in which state; skipped and failed ones with their reason;
- `coupon`: moves of the step's coupons, to which state.

Whoever is held out counts apart (`arm`). Rows that are deleted (their time is over, somebody is
erased) leave the numbers as they are.
"""

from django.db import connection, transaction

from campaigns.models import StepFigure, StepFigureChange
from events.insights.figures import Family

AT_ONCE = 50_000
COLUMNS = "journey_id, version_id, step, kind, way, arm, day"
FOLD = f"""
WITH gone AS (
  DELETE FROM campaigns_stepfigurechange WHERE id IN (
    SELECT id FROM campaigns_stepfigurechange ORDER BY id LIMIT %s)
  RETURNING {COLUMNS}, n
), added AS (
  INSERT INTO campaigns_stepfigure AS f ({COLUMNS}, n)
  SELECT {COLUMNS}, sum(n) FROM gone GROUP BY {COLUMNS} HAVING sum(n) <> 0 ORDER BY {COLUMNS}
  ON CONFLICT ({COLUMNS}) DO UPDATE SET n = f.n + excluded.n
)
SELECT count(*) FROM gone
"""  # noqa: S608 -- a constant
ARM = "CASE WHEN r.is_held_out THEN 'held_out' ELSE 'treated' END"
# The same as the triggers count, of all rows that there are.
ROWS = f"""
WITH zone AS (SELECT coalesce((SELECT time_zone FROM customers_workspace), 'UTC') AS name)
SELECT r.journey_id, r.version_id, '' AS step, 'entered' AS kind, '' AS way, {ARM} AS arm,
       (r.entered_at AT TIME ZONE zone.name)::date AS day, 1 AS n FROM campaigns_run r, zone
UNION ALL
SELECT r.journey_id, r.version_id, r.step, 'stand', '', {ARM},
       (r.entered_at AT TIME ZONE zone.name)::date, 1 FROM campaigns_run r, zone
 WHERE r.state = 'active'
UNION ALL
SELECT r.journey_id, r.version_id, '', 'ended', r.state || ':' || r.outcome, {ARM},
       (coalesce(r.ended_at, r.entered_at) AT TIME ZONE zone.name)::date, 1
  FROM campaigns_run r, zone
 WHERE r.state <> 'active'
UNION ALL
SELECT r.journey_id, r.version_id, '', 'goal', '', {ARM},
       (g.at AT TIME ZONE zone.name)::date, 1
  FROM campaigns_goalreached g JOIN campaigns_run r ON r.id = g.run_id, zone
UNION ALL
SELECT r.journey_id, coalesce((SELECT m.from_version_id FROM campaigns_runmove m
                                WHERE m.run_id = s.run_id AND m.visit > s.visit
                                ORDER BY m.visit, m.id LIMIT 1), r.version_id),
       s.step, 'left', s.way, {ARM}, (s.at AT TIME ZONE zone.name)::date, 1
  FROM campaigns_runstep s JOIN campaigns_run r ON r.id = s.run_id, zone
UNION ALL
SELECT r.journey_id, 0, m.step, 'message', m.state || CASE WHEN m.state IN ('skipped', 'failed')
       THEN ':' || m.reason ELSE '' END, {ARM},
       (m.created_at AT TIME ZONE zone.name)::date, 1
  FROM campaigns_message m JOIN campaigns_run r ON r.id = m.run_id, zone
UNION ALL
SELECT r.journey_id, 0, c.step, 'coupon', v.state, {ARM}, (v.at AT TIME ZONE zone.name)::date, 1
  FROM campaigns_couponmove v JOIN campaigns_coupon c ON c.id = v.coupon_id
  JOIN campaigns_run r ON r.id = c.run_id, zone
 WHERE c.step <> ''
"""  # noqa: S608
BEGUN = {"journey_id": 0, "version_id": 0, "step": "", "kind": "begun", "way": "", "arm": ""}
BEGAN = "1970-01-01"


class Steps(Family):
    """Follows the tick of all kept figures; its numbers have a table of their own."""

    key = "journey_steps"

    def keep_up(self, now) -> None:
        if not StepFigure.objects.filter(**BEGUN).exists():
            recount()
        while fold() == AT_ONCE:
            pass


def fold() -> int:
    """The oldest changes are in the numbers. How many there were. One at a time (the tick holds a
    place)."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FOLD, [AT_ONCE])
        return cursor.fetchone()[0]


def recount() -> None:
    """The numbers are what the rows say now; what changes meanwhile is added to that: all in one
    snapshot. For numbers that were never counted, since rows go and numbers stay. Not inside
    another transaction, and not beside a fold."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        StepFigureChange.objects.all().delete()
        StepFigure.objects.all().delete()
        cursor.execute(
            f"INSERT INTO campaigns_stepfigure ({COLUMNS}, n)"  # noqa: S608 -- constants
            f" SELECT {COLUMNS}, sum(n) FROM ({ROWS}) counted GROUP BY {COLUMNS}"
        )
        StepFigure.objects.create(**BEGUN, day=BEGAN, n=0)
