"""Runs walk: those that are due are advanced a batch at a time, step by step, in one transaction
with their effects."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

import msgspec
from django.db import connection

from campaigns.journeys import definition
from campaigns.journeys.effects import InDatabase
from campaigns.journeys.steps.base import Effects, End, Go, Sleep
from campaigns.models import Journey, Run
from crm_project import failpoints
from crm_project.queue.due import work_through

MOVING = (Journey.Status.LIVE, Journey.Status.ENDED)
MOST_HOPS = 100

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
)
WRITTEN = (
    "id",
    "state",
    "outcome",
    "step",
    "visit",
    "is_waiting",
    "awaits",
    "facts",
    "ended_at",
    "due_at",
)
WRITE = """
UPDATE campaigns_run r
   SET state = n.state, outcome = n.outcome, step = n.step, visit = n.visit,
     is_waiting = n.is_waiting, awaits = n.awaits, awaits_name = n.awaits[1],
       facts = n.facts, ended_at = n.ended_at, due_at = n.due_at, token = NULL, attempts = 0,
         error = ''
  FROM json_to_recordset(%s::json) AS n(id bigint, state text, outcome text, step text, visit int,
    is_waiting boolean, awaits int[],
       facts jsonb, ended_at timestamptz, due_at timestamptz)
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


def decide(runs: list[Run], now: datetime, effects: Effects) -> list[tuple]:
    """The runs have moved in memory as far as they can at `now`; the history of it. Only `effects`
    touch the world: a dry run's are a sink."""
    history: list[tuple] = []
    for run in runs:
        run.came_at = came_at(run, now)
    moving = runs
    for _hop in range(MOST_HOPS):
        if not moving:
            break
        moving = hop(moving, now, effects, history)
    if moving:
        raise Restless(f"run {moving[0].pk} at step {moving[0].step!r}")
    return history


def came_at(run: Run, now: datetime) -> datetime:
    """When the customer came to the steps that the run goes through now: whom an event has just
    begun, with the event, however late we are."""
    if run.step == "" and not run.is_waiting and run.event_occurred_at:
        return min(run.event_occurred_at, now)
    return now


def hop(runs: list[Run], now: datetime, effects, history: list[tuple]) -> list[Run]:
    """Each run takes one step; those that can go on at once."""
    places: dict[tuple[int, str, bool], list[Run]] = defaultdict(list)
    for run in runs:
        places[run.version_id, run.step, run.is_waiting].append(run)
    going = []
    for (version, step, is_waiting), here in sorted(places.items(), key=lambda place: place[0]):
        journey = definition.of_version(version)
        answers = asked(journey, step, is_waiting)(here, now, effects)
        going += [run for run in here if move(run, answers[run.pk], journey, now, history)]
    return going


def asked(journey: definition.Definition, step: str, is_waiting: bool) -> Callable:
    """Who says what becomes of runs at this place: the trigger, the step entered, or the step slept
    in."""
    if step == "":
        return lambda runs, now, _effects: journey.trigger.entered(runs, now=now)
    if journey.is_off(step):
        way = next(iter(journey.steps[step].exits), "next")
        return lambda runs, _now, _effects: {run.pk: Go(way, "off") for run in runs}
    ask = journey.steps[step].resume if is_waiting else journey.steps[step].run
    return lambda runs, now, effects: ask(runs, now=now, effects=effects)


def move(
    run: Run,
    answer: Go | Sleep | End,
    journey: definition.Definition,
    now: datetime,
    history: list[tuple],
) -> bool:
    """The run has moved in memory as the step answered; True when it goes on at once."""
    if isinstance(answer, Sleep):
        run.is_waiting, run.due_at, run.awaits = True, answer.until, sorted(answer.awaits)
        return False
    run.is_waiting, run.awaits = False, []
    if isinstance(answer, End):
        if run.step:
            history.append((run.pk, run.visit, run.step, now, answer.outcome[:200], ""))
        finish(run, Run.State.EXITED, answer.outcome, now)
        return False
    if run.step:
        said = (answer.note or answer.exit)[:200]
        history.append((run.pk, run.visit, run.step, now, said, answer.exit))
    target = journey.target(run.step, answer.exit)
    if target is None:
        finish(run, Run.State.COMPLETED, answer.note or "completed", now)
        return False
    run.step, run.visit = target, run.visit + 1
    return True


def finish(run: Run, state: str, outcome: str, now: datetime) -> None:
    run.state, run.outcome, run.ended_at, run.due_at = state, outcome[:60], now, None


def write(runs: list[Run]) -> None:
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
    """Runs that wait for one of these events are due now. The number of runs woken."""
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
        return cursor.rowcount
