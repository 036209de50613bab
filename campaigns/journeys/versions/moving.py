"""A run goes over from one version to another; many of them in one transaction.

The rules by which a wait goes on, said on the page too (`RULES`):

- a step that says the same keeps its time;
- of a wait of another length counts what was waited already;
- an event is waited for since they came; one that happened meanwhile counts;
- times of day, working hours, dates and bookings are looked up anew; what is past by then goes by
  the step's own way for that;
- tasks and calls that were asked for stay theirs;
- a step of another kind is entered anew, at once.

Effects carry the key (run, visit): whoever goes on in the same kind of step keeps the visit, so
nothing is done twice; whoever comes to another kind begins a new visit.
"""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy

from campaigns.journeys import definition, engine, leaving
from campaigns.journeys.definition import Definition, InvalidJourney
from campaigns.journeys.steps.base import Step
from campaigns.journeys.versions.mapping import BEGINNING, LEAVE, STAY, TO
from campaigns.journeys.versions.parts import opened, steps_of
from campaigns.models import JourneyVersion, Message, Run, RunMove, RunStep, VersionMove
from crm_project import failpoints
from crm_project.db.sets import among
from events import names

LEFT = "left_by_move"  # the outcome of those who were to leave
RULES = (
    gettext_lazy("Whoever stands at a step that says the same keeps their time."),
    gettext_lazy("Where a wait has another length now, what was waited already counts."),
    gettext_lazy(
        "An event is waited for since they came to the step; one that happened meanwhile counts."
    ),
    gettext_lazy(
        "Times of day, working hours, dates and bookings are looked up anew; what is past by then"
        " goes by the step's own way for that."
    ),
    gettext_lazy("Tasks and calls that were asked for stay as they are."),
    gettext_lazy("A step of another kind is entered anew, at once."),
    gettext_lazy(
        "Whoever has a message on its way is moved as soon as it has left or was not sent."
    ),
)
ON_ITS_WAY = (Message.State.QUEUED, Message.State.SENDING, Message.State.WAITING)


class Plan:
    """A move, with what it needs to know of the versions that it is between."""

    def __init__(self, move: VersionMove):
        self.move = move
        self.to = move.to_version
        self.new = definition.of_version(move.to_version_id)
        self.mapping = {int(version): steps for version, steps in move.mapping.items()}
        self.stored = {
            row.pk: opened(row.definition)
            for row in JourneyVersion.objects.filter(pk__in=self.mapping, journey=move.journey_id)
        }
        self.old = {pk: readable(pk) for pk in self.stored}

    def where(self, run: Run) -> str:
        return self.mapping.get(run.version_id, {}).get(run.step, STAY)

    def concerned(self) -> QuerySet:
        """The runs that are to be moved or to leave, wherever they stand by now."""
        wanted = Q(pk__in=[])
        for version, steps in self.mapping.items():
            going = [step for step, where in steps.items() if where != STAY]
            if going and version in self.stored:
                wanted |= Q(version=version, step__in=going)
        return Run.objects.filter(wanted, journey=self.move.journey_id, state=Run.State.ACTIVE)


def readable(version_id: int) -> Definition | None:
    """None where what it names is there no more: then nobody moves in it, and all can be moved out
    of it."""
    try:
        return definition.of_version(version_id)
    except InvalidJourney:
        return None


def movable(runs: QuerySet) -> QuerySet:
    """Without those who are just being walked, and those with a message on its way."""
    sending = Message.objects.filter(run_id=OuterRef("pk"), state__in=ON_ITS_WAY)
    return runs.filter(token=None).exclude(Exists(sending))


def move_some(plan: Plan, ids: Collection[int], now: datetime) -> int:
    """Those of these runs that can be moved now stand in the newer version, or have left. The
    number of them. A second time changes nothing: they are none of the older version's any more."""
    locked = plan.concerned().filter(among("pk", ids)).select_for_update(skip_locked=True)
    # The message's claim locks its customer and looks at the run: what is queued is asked about
    # after the lock is ours.
    ours = [run.pk for run in locked.filter(token=None).order_by("pk")]
    runs = list(movable(plan.concerned()).filter(among("pk", ours)).order_by("pk"))
    moves, left = [], []
    for run in runs:
        came_from = run.version_id, run.step
        if plan.where(run) == LEAVE:
            leave(run, now)
            left.append(
                RunStep(run_id=run.pk, visit=run.visit, step=run.step, at=now, outcome=LEFT)
            )
            continue
        take_over(run, plan, now)
        moves.append(
            RunMove(
                run_id=run.pk,
                visit=run.visit,
                from_version_id=came_from[0],
                to_version_id=run.version_id,
                from_step=came_from[1],
                to_step=run.step,
                at=now,
            )
        )
    RunStep.objects.bulk_create([row for row in left if row.step], ignore_conflicts=True)
    RunMove.objects.bulk_create(moves, ignore_conflicts=True)
    failpoints.reached("move.noted")
    if runs:
        engine.write(runs)
    return len(runs)


def leave(run: Run, now: datetime) -> None:
    """The run is over here; messages of it that have not left do not."""
    run.state, run.outcome, run.ended_at, run.due_at = Run.State.EXITED, LEFT, now, None
    run.awaits, run.is_waiting, run.held_at, run.watched_until = [], False, None, None


def take_over(run: Run, plan: Plan, now: datetime) -> None:
    """The run stands in the newer version, in memory, as the rules say."""
    before, was = run.version_id, run.step
    target = plan.where(run).removeprefix(TO)
    new, old = plan.new, plan.old.get(before)
    run.version_id, run.step = plan.to.pk, target
    if was == BEGINNING:
        at_beginning(run, plan.stored[before], new, now)
    elif alike(plan.stored[before], was, new.stored, target):
        if run.held_at is None:
            run.error = ""
            if run.is_waiting:
                sleep_on(run, old.steps[was] if old else None, plan.stored[before], was, new, now)
    else:
        run.visit, run.is_waiting, run.due_at = run.visit + 1, False, now
        run.held_at, run.error = None, ""
        run.facts.pop(engine.UNTIL, None)
    concern(run, new)


def at_beginning(run: Run, stored: dict, new: Definition, now: datetime) -> None:
    if stored.get("trigger") != new.stored.get("trigger") and run.is_waiting:
        run.due_at = now  # the trigger is asked anew
    awaited = new.trigger.watches() - {new.trigger.starts()}
    run.awaits = sorted(names.numbers(awaited).values()) if run.is_waiting else []


def alike(old: dict, step: str, new: dict, target: str) -> bool:
    return steps_of(old)[step].get("step") == steps_of(new)[target].get("step")


def sleep_on(
    run: Run,
    before: Step | None,
    stored: dict,
    was: str,
    new: Definition,
    now: datetime,
) -> None:
    """It sleeps in the step of the newer version, until the step wants to be asked again."""
    until = engine.sleeps_until(run) or run.due_at or now
    run.facts.pop(engine.UNTIL, None)
    step, is_off = new.steps[run.step], new.is_off(run.step)
    if is_off or not says_the_same(stored, was, new.stored, run.step):
        until = now if is_off or before is None else step.taken_over(run, before, until, now)
    if until > now and engine.is_of_the_clock(step):
        run.facts[engine.UNTIL] = [run.visit, until.isoformat()]
    run.due_at = min(run.due_at, until) if run.due_at and run.due_at <= now else until
    if run.is_waiting:
        run.awaits = sorted(names.numbers(step.watches()).values())


def says_the_same(old: dict, step: str, new: dict, target: str) -> bool:
    return (steps_of(old)[step].get("fields") or {}) == (steps_of(new)[target].get("fields") or {})


def concern(run: Run, new: Definition) -> None:
    """Goal and exits of the newer version hold for it, counted from where it began."""
    if run.step == BEGINNING:
        return
    if new.ways_out.all and leaving.BEGUN not in run.facts:
        run.facts[leaving.BEGUN] = leaving.begun_at(run).isoformat()
    goal = new.ways_out.goal
    run.watched_until = leaving.begun_at(run) + goal.longest if goal else None
    if run.held_at:
        run.awaits = new.awaits(is_over=True)
    elif run.is_waiting:
        run.awaits = new.awaits(frozenset(run.awaits))
    else:
        run.awaits = []
