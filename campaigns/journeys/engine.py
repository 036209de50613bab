"""Runs walk: those that are due are advanced a batch at a time, step by step, in one transaction
with their effects."""

from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import datetime

import msgspec
from django.db import connection

from campaigns.journeys import about, definition, entry_rules, goals, leaving, mishaps
from campaigns.journeys.definition import Definition
from campaigns.journeys.effects import InDatabase
from campaigns.journeys.steps.base import Effects, End, Go, Hold, Sleep, Step
from campaigns.models import Journey, Run
from crm_project import failpoints
from crm_project.queue.due import work_through

MOVING = (Journey.Status.LIVE, Journey.Status.ENDED, Journey.Status.ARCHIVED)
MOST_HOPS = 100
UNTIL = "until"  # in a run's facts: [visit, when its step wants to be asked again]

COLUMNS = (
    "id",
    "customer_id",
    "origin_customer_id",
    "journey_id",
    "version_id",
    "state",
    "outcome",
    "step",
    "visit",
    "is_waiting",
    "awaits",
    "keys",
    "event_id",
    "event_occurred_at",
    "facts",
    "is_held_out",
    "ended_at",
    "due_at",
    "entered_at",
    "watched_until",
)
WRITTEN = (
    "id",
    "version_id",
    "state",
    "outcome",
    "step",
    "visit",
    "is_waiting",
    "awaits",
    "facts",
    "ended_at",
    "due_at",
    "watched_until",
    "held_at",
    "error",
)
WRITE = """
UPDATE campaigns_run r
   SET version_id = n.version_id, state = n.state, outcome = n.outcome, step = n.step,
       visit = n.visit, is_waiting = n.is_waiting, awaits = n.awaits, awaits_name = n.awaits[1],
       facts = n.facts, ended_at = n.ended_at, due_at = n.due_at, token = NULL, attempts = 0,
         error = n.error, watched_until = n.watched_until, held_at = n.held_at
  FROM json_to_recordset(%s::json) AS n(id bigint, version_id bigint, state text, outcome text,
    step text, visit int, is_waiting boolean, awaits int[],
       facts jsonb, ended_at timestamptz, due_at timestamptz, watched_until timestamptz,
         held_at timestamptz, error text)
 WHERE r.id = n.id
"""


class Restless(RuntimeError):
    """A run took more steps in one go than any journey should have."""


def advance(*, limit: int = 1000) -> int:
    """One batch of due runs has moved on as far as it can. The number of runs taken."""
    return work_through(
        Run.objects.filter(journey__status__in=MOVING), walk, limit=limit, columns=COLUMNS
    )


def walk(runs: list[Run], now: datetime) -> None:
    """The runs go on until each sleeps or has ended; written at once with what they did on the
    way."""
    history = decide(runs, now, InDatabase(now))
    write(runs)
    remember(history)
    failpoints.reached("advance.walked")


def decide(
    runs: list[Run],
    now: datetime,
    effects: Effects,
    read: Callable[[int], Definition] = definition.of_version,
) -> list[tuple]:
    """The runs have moved in memory as far as they can at `now`; the history of it. Only `effects`
    touch the world: a dry run's are a sink, and its `read` knows drafts that are no version."""
    history: list[tuple] = []
    for run in runs:
        run.came_at, run.held_at, run.error = came_at(run, now), None, ""
    moving = runs
    for _hop in range(MOST_HOPS):
        if not moving:
            break
        moving = hop(moving, now, effects, history, read)
    if moving:
        raise Restless(f"run {moving[0].pk} at step {moving[0].step!r}")
    return history


def came_at(run: Run, now: datetime) -> datetime:
    """When the customer came to the steps that the run goes through now: whom an event has just
    begun, with the event, however late we are."""
    if run.step == "" and not run.is_waiting and run.event_occurred_at:
        return min(run.event_occurred_at, now)
    return now


def hop(
    runs: list[Run],
    now: datetime,
    effects: Effects,
    history: list[tuple],
    read: Callable[[int], Definition],
) -> list[Run]:
    """Each run takes one step; those that can go on at once."""
    places: dict[tuple[int, str, bool], list[Run]] = defaultdict(list)
    for run in runs:
        places[run.version_id, run.step, run.is_waiting].append(run)
    going = []
    for (version, step, is_waiting), here in sorted(places.items(), key=lambda place: place[0]):
        journey = read(version)
        if step and journey.ways_out.all:
            here = staying(here, journey, now, effects, history)
        if not here:
            continue
        answers = sleeping_on(here, journey, now) | mishaps.skipped(here, journey, step)
        left = [run for run in here if run.pk not in answers]
        if left:
            answers |= asked(journey, step, is_waiting)(left, now, effects)
            failpoints.reached("step.acted")
        going += [run for run in here if move(run, answers[run.pk], journey, now, history)]
    return going


def staying(
    runs: list[Run],
    journey: definition.Definition,
    now: datetime,
    effects: Effects,
    history: list[tuple],
) -> list[Run]:
    """Those who do not leave: whoever has reached the goal, or whom an exit fits, ends here. Looked
    at once each time a run wakes."""
    leaving.begin(runs, journey.ways_out)
    fresh = [run for run in runs if not run.was_looked_at]
    found = journey.ways_out.found(fresh, now) if fresh else {}
    goal = {run: one for run, (outcome, one) in found.items() if outcome == leaving.GOAL}
    if goal:
        effects.reach_goals(goal)
    for run in fresh:
        run.was_looked_at = True
        if run.pk in found:
            outcome = found[run.pk][0]
            history.append((run.pk, run.visit, run.step, now, outcome, ""))
            finish(run, Run.State.EXITED, outcome, journey, now)
    return [run for run in runs if run.pk not in found]


def in_turn(runs: list[Run], answers: dict, now: datetime) -> dict:
    """The trigger's answers, but that nobody begins before their turn (entry_rules.py)."""
    early = {
        run.pk: Sleep(turn, frozenset(run.awaits))
        for run in runs
        if isinstance(answers[run.pk], Go) and (turn := entry_rules.turn_of(run)) and turn > now
    }
    return answers | early


def sleeping_on(runs: list[Run], journey: definition.Definition, now: datetime) -> dict[int, Sleep]:
    """Those who were woken before their time, to be asked about goal and exits, and whose step
    waits for the clock alone."""
    return {
        run.pk: Sleep(until)
        for run in runs
        if run.is_waiting and run.step and is_of_the_clock(journey.steps[run.step])
        if (until := sleeps_until(run)) and until > now
    }


def is_of_the_clock(step: Step) -> bool:
    """Nothing but its time ends a sleep in it."""
    return not step.is_told and not step.watches()


def sleeps_until(run: Run) -> datetime | None:
    visit, until = run.facts.get(UNTIL, (0, ""))
    return datetime.fromisoformat(until) if visit == run.visit else None


def asked(journey: definition.Definition, step: str, is_waiting: bool) -> Callable:
    """Who says what becomes of runs at this place: the trigger, the step entered, or the step slept
    in."""
    if step == "":
        return lambda runs, now, _effects: in_turn(
            runs, journey.trigger.entered(runs, now=now), now
        )
    if journey.is_off(step):
        way = next(iter(journey.steps[step].exits), "next")
        return lambda runs, _now, _effects: {run.pk: Go(way, "off") for run in runs}
    one, on_error = journey.steps[step], journey.on_error(step)
    ask = one.resume if is_waiting else one.run

    def answered(runs, now, effects):
        return ask(runs, now=now, effects=effects)

    if on_error == "retry":
        return answered
    return lambda runs, now, effects: mishaps.asked(answered, one, on_error, runs, now, effects)


def move(
    run: Run,
    answer: Go | Sleep | End | Hold,
    journey: definition.Definition,
    now: datetime,
    history: list[tuple],
) -> bool:
    """The run has moved in memory as the step answered; True when it goes on at once."""
    if isinstance(answer, Sleep):
        run.is_waiting, run.due_at = True, answer.until
        if run.step:
            run.facts.pop(about.ABOUT, None)  # what is said after this wait is no reminder
        run.awaits = journey.awaits(answer.awaits)
        if journey.ways_out.all:
            run.facts[UNTIL] = [run.visit, answer.until.isoformat()]
        return False
    if isinstance(answer, Hold):
        run.held_at, run.error, run.due_at = now, answer.error, None
        run.awaits = journey.awaits(is_over=True)
        return False
    run.is_waiting, run.awaits = False, []
    if isinstance(answer, End):
        if run.step:
            history.append((run.pk, run.visit, run.step, now, answer.outcome[:200], ""))
        state = Run.State.COMPLETED if answer.is_through else Run.State.EXITED
        finish(run, state, answer.outcome, journey, now)
        return False
    if run.step:
        said = (answer.note or answer.exit)[:200]
        history.append((run.pk, run.visit, run.step, now, said, answer.exit))
    target = journey.target(run.step, answer.exit)
    if target is None:
        finish(run, Run.State.COMPLETED, answer.note or "completed", journey, now)
        return False
    run.step, run.visit = target, run.visit + 1
    return True


def finish(
    run: Run, state: str, outcome: str, journey: definition.Definition, now: datetime
) -> None:
    """It is over for this run; its goal may be reached for a while yet."""
    run.state, run.outcome, run.ended_at, run.due_at = state, outcome[:60], now, None
    counts = outcome != leaving.GOAL and run.watched_until and run.watched_until > now
    run.is_waiting, run.awaits = False, journey.awaits(is_over=True) if counts else []


def write(runs: Collection[Run]) -> None:
    """The rows are as the runs in memory, and nobody's any more; whoever writes holds them."""
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE,
            [msgspec.json.encode([{f: getattr(run, f) for f in WRITTEN} for run in runs]).decode()],
        )


def remember(history: list[tuple]) -> None:
    """Each visit is left once: its run is locked by us and goes on to the next visit in the same
    transaction."""
    if history:
        with (
            connection.cursor() as cursor,
            connection.wrap_database_errors,
            cursor.copy(
                "COPY campaigns_runstep (run_id, visit, step, at, outcome, way) FROM STDIN"
            ) as copy,
        ):
            for row in history:
                copy.write_row(row)


def wake(reactions: list, now: datetime) -> int:
    """Runs that wait for one of these events are due now; whose journey is over and who reaches its
    goal by one is noted. The number of runs woken."""
    rows = [{"name": r.name_id, "customer": r.customer_id, "keys": r.keys} for r in reactions]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_run r SET due_at = least(r.due_at, %s) FROM"
            " json_to_recordset(%s::json) AS e(name int, customer int) "
            # What a process of the release before wrote has its one name in the column of that
            # time.
            "WHERE r.customer_id = e.customer AND (e.name = ANY(r.awaits) OR r.awaits_name ="
            " e.name) AND r.state = 'active' AND r.due_at > %s",
            [now, msgspec.json.encode(rows).decode(), now],
        )
        woken = cursor.rowcount
    goals.by_events(reactions, now)
    return woken
