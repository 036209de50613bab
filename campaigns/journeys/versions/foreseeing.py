"""What a move would do, before it is done: how many go where, who would leave, whose waits would
end when. Nothing is written."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count
from django.utils.translation import gettext as _

from campaigns.journeys.steps.base import Sleep
from campaigns.journeys.versions.mapping import LEAVE, STAY, TO
from campaigns.journeys.versions.moving import Plan, movable, take_over
from campaigns.models import Journey, Run

MOST = 20_000  # of runs that are looked at one by one; beyond, the counts still hold


@dataclass(slots=True)
class Foreseen:
    """Of those at one step of one older version. The moments are the earliest and the latest."""

    step: str
    where: str
    n: int = 0
    looked_at: int = 0
    leaves: int = 0  # by goal and exits of the newer version
    at_once: int = 0  # go on as soon as they are moved
    held: int = 0
    changed: int = 0  # whose waits end at another time than before
    now: list[datetime] = field(default_factory=list)
    then: list[datetime] = field(default_factory=list)

    @property
    def moves(self) -> bool:
        return self.where.startswith(TO)

    @property
    def target(self) -> str:
        return self.where.removeprefix(TO)


class Nowhere:
    """What steps do goes nowhere."""

    def __getattr__(self, _name):
        return lambda *_said, **_more: {}


def under_way(journey: Journey) -> dict[int, Counter]:
    """By older version: how many stand at which step."""
    rows = (
        Run.objects.filter(journey=journey, state=Run.State.ACTIVE)
        .exclude(version=journey.published_id)
        .values("version", "step")
        .annotate(n=Count("pk"))
        .values_list("version", "step", "n")
    )
    found: dict[int, Counter] = defaultdict(Counter)
    for version, step, n in rows:
        found[version][step] = n
    return dict(found)


def foresee(plan: Plan, now: datetime) -> tuple[dict[int, list[Foreseen]], int]:
    """By older version, step by step; and how many have a message on its way or are just being
    walked, and are moved later."""
    counted = under_way(plan.move.journey)
    found = {
        version: {
            step: Foreseen(step, where, counted.get(version, Counter())[step])
            for step, where in steps.items()
        }
        for version, steps in plan.mapping.items()
        if version in plan.stored
    }
    concerned = plan.concerned()
    later = concerned.count() - movable(concerned).count()
    runs = list(concerned.order_by("pk")[:MOST])
    by_place: dict[tuple[int, str], list[Run]] = defaultdict(list)
    for run in runs:
        by_place[run.version_id, run.step].append(run)
    for (version, step), those in by_place.items():
        if plan.mapping[version][step] != LEAVE:
            look(found[version][step], those, plan, now)
    return {version: list(steps.values()) for version, steps in found.items()}, later


def look(at: Foreseen, runs: list[Run], plan: Plan, now: datetime) -> None:
    before = {run.pk: run.due_at for run in runs}
    held = [run for run in runs if run.held_at]
    for run in runs:
        take_over(run, plan, now)
    at.looked_at, at.held = len(runs), sum(run.held_at is not None for run in held)
    gone = plan.new.ways_out.found(runs, now) if at.target and plan.new.ways_out.all else {}
    at.leaves = len(gone)
    asked = [run for run in runs if run.pk not in gone and run.held_at is None]
    ends = until(asked, at.target, plan, now)
    at.at_once = sum(end is None or end <= now for end in ends.values())
    waits = {pk: end for pk, end in ends.items() if end and end > now}
    at.changed = sum(before[pk] != end for pk, end in waits.items())
    known = [one for pk in waits if (one := before[pk])]
    at.now, at.then = edges(known), edges(list(waits.values()))


def edges(moments: Sequence[datetime]) -> list[datetime]:
    return [min(moments), max(moments)] if moments else []


def until(runs: list[Run], target: str, plan: Plan, now: datetime) -> dict[int, datetime | None]:
    """By run: when it would be looked at again; None where it goes on at once."""
    ends: dict[int, datetime | None] = {
        run.pk: run.due_at if run.is_waiting and run.due_at and run.due_at > now else None
        for run in runs
    }
    step = plan.new.steps.get(target)
    if step is None or not step.waits or plan.new.is_off(target):
        return ends
    due = [run for run in runs if ends[run.pk] is None]
    for run in due:
        run.came_at = now
    for ask, those in (
        (step.resume, [run for run in due if run.is_waiting]),
        (step.run, [run for run in due if not run.is_waiting]),
    ):
        answers = ask(those, now=now, effects=Nowhere()) if those else {}
        ends |= {
            pk: answer.until if isinstance(answer, Sleep) else None
            for pk, answer in answers.items()
        }
    return ends


def where_words(where: str) -> str:
    """What is chosen, without the step's own words."""
    if where == STAY:
        return _("finish on their version")
    if where == LEAVE:
        return _("leave the journey")
    return _("go on at %(step)s") % {"step": where.removeprefix(TO) or _("the beginning")}
