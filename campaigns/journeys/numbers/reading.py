"""Numbers of a journey's steps over any days, for cards and ways."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db import connection

# Kept and not yet folded, in one snapshot. Who stands somewhere stands there whatever the days are.
NUMBERS = """
SELECT step, kind, way, arm, sum(n)::bigint,
       coalesce(sum(n) FILTER (WHERE (%(since)s::date IS NULL OR day >= %(since)s::date)
                                 AND (%(until)s::date IS NULL OR day < %(until)s::date)), 0)::bigint
  FROM (SELECT version_id, step, kind, way, arm, day, n FROM campaigns_stepfigure
         WHERE journey_id = %(journey)s
        UNION ALL
        SELECT version_id, step, kind, way, arm, day, n FROM campaigns_stepfigurechange
         WHERE journey_id = %(journey)s) f
 WHERE %(version)s::bigint IS NULL OR version_id IN (0, %(version)s::bigint)
 GROUP BY step, kind, way, arm
"""


TOTALS = """
SELECT journey_id, kind, way, sum(n)::bigint
  FROM (SELECT journey_id, kind, way, n FROM campaigns_stepfigure
         WHERE journey_id = ANY(%(journeys)s) AND kind IN ('entered', 'stand', 'ended', 'goal')
        UNION ALL
        SELECT journey_id, kind, way, n FROM campaigns_stepfigurechange
         WHERE journey_id = ANY(%(journeys)s) AND kind IN ('entered', 'stand', 'ended', 'goal')) f
 GROUP BY journey_id, kind, way
"""

# How many entered on these days, how many reached the goal on them.
GOALS = """
SELECT version_id, arm, coalesce(sum(n) FILTER (WHERE kind = 'entered'), 0)::bigint,
       coalesce(sum(n) FILTER (WHERE kind = 'goal'), 0)::bigint
  FROM (SELECT version_id, kind, arm, day, n FROM campaigns_stepfigure
         WHERE journey_id = %(journey)s AND kind IN ('entered', 'goal')
        UNION ALL
        SELECT version_id, kind, arm, day, n FROM campaigns_stepfigurechange
         WHERE journey_id = %(journey)s AND kind IN ('entered', 'goal')) f
 WHERE %(since)s::date IS NULL OR day >= %(since)s::date
 GROUP BY version_id, arm
"""


@dataclass(frozen=True, slots=True)
class Goal:
    """Of one arm of a version, over the days that were asked about."""

    version_id: int
    arm: str
    entered: int
    reached: int


@dataclass(slots=True)
class StepNumbers:
    """Of one step. `waiting` is now, all else over the days that were asked about."""

    entered: int = 0
    waiting: int = 0
    left: Counter = field(default_factory=Counter)  # by exit; "" left the journey here
    messages: Counter = field(default_factory=Counter)  # by "state" or "state:reason"
    coupons: Counter = field(default_factory=Counter)  # by state


@dataclass(slots=True)
class JourneyNumbers:
    """`entered` = those under way + `ended`, over all days; of the same arm."""

    entered: int = 0
    under_way: int = 0
    reached: int = 0  # the goal, on the days that were asked about
    ended: Counter = field(default_factory=Counter)  # by "state:outcome"
    steps: dict[str, StepNumbers] = field(default_factory=lambda: defaultdict(StepNumbers))

    def ended_as(self, state: str) -> int:
        return sum(n for way, n in self.ended.items() if way.split(":")[0] == state)


def numbers(
    journey_id: int,
    *,
    since: date | None = None,
    until: date | None = None,
    version_id: int | None = None,
    arm: str = "",
) -> JourneyNumbers:
    """What the journey's triggers have counted, on the days [since, until) of the workspace's zone;
    of one version, or of one arm ("treated", "held_out"), where asked for."""
    found = JourneyNumbers()
    with connection.cursor() as cursor:
        cursor.execute(
            NUMBERS,
            {"journey": journey_id, "since": since, "until": until, "version": version_id},
        )
        for step, kind, way, whose, ever, n in cursor:
            if arm in ("", whose):
                add(found, step, kind, way, ever, n)
    for at in found.steps.values():
        at.entered += sum(at.left.values())
    return found


def totals(journey_ids: Iterable[int]) -> dict[int, JourneyNumbers]:
    """Of many journeys as a whole, over all days; their steps are left out."""
    found = {journey: JourneyNumbers() for journey in journey_ids}
    with connection.cursor() as cursor:
        cursor.execute(TOTALS, {"journeys": list(found)})
        for journey, kind, way, n in cursor:
            add(found[journey], "", kind, way, n, n)
    return found


def goals(journey_id: int, *, since: date | None = None) -> list[Goal]:
    """By version and arm; an arm without anybody is left out."""
    with connection.cursor() as cursor:
        cursor.execute(GOALS, {"journey": journey_id, "since": since})
        return [one for row in cursor if (one := Goal(*row)).entered or one.reached]


def add(found: JourneyNumbers, step: str, kind: str, way: str, ever: int, n: int) -> None:
    if kind == "entered":
        found.entered += n
    elif kind == "goal":
        found.reached += n
    elif kind == "ended":
        found.ended[way] += n
    elif kind == "stand":
        found.under_way += ever
        found.steps[step].waiting += ever
        found.steps[step].entered += n  # and those who have left since are added to them
    elif kind == "left":
        found.steps[step].left[way] += n
    elif kind == "message":
        found.steps[step].messages[way] += n
    elif kind == "coupon":
        found.steps[step].coupons[way] += n
