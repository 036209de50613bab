"""A step that goes wrong: with whom, and what becomes of them, as the journey's author said.

*retry* is what any due row does (crm_project/queue/due.py). To skip or hold, the runs with which it
goes wrong are found by halving, each try in a savepoint, so that the others walk on beside them.
"""

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime

import structlog
from django.db import transaction

from campaigns.journeys.definition import Definition
from campaigns.journeys.steps.base import Effects, Go, Hold, Step
from campaigns.models import Run
from crm_project.queue.due import raise_if_away, storable

log = structlog.get_logger("hutong.journeys")

FAILED = "step_failed"  # in a run's history, where it was skipped
SKIP = "skip"  # in a run's facts: the visit whose step staff skip
Ask = Callable[[list[Run], datetime, Effects], dict]


def asked(
    ask: Ask, step: Step, on_error: str, runs: list[Run], now: datetime, effects: Effects
) -> dict:
    """What the step answers; for those with whom it goes wrong, what `on_error` says."""
    facts = [deepcopy(run.facts) for run in runs]
    try:
        with transaction.atomic():
            return ask(runs, now, effects)
    except Exception as error:
        raise_if_away(error)
        for run, before in zip(runs, facts, strict=True):
            run.facts = before
        if len(runs) > 1:
            middle = len(runs) // 2
            halves = runs[:middle], runs[middle:]
            return asked(ask, step, on_error, halves[0], now, effects) | asked(
                ask, step, on_error, halves[1], now, effects
            )
        log.warning("a step went wrong", step=step.key, run=runs[0].pk, exc_info=error)
        if on_error == "skip":
            return {runs[0].pk: Go(way_on(step), FAILED)}
        return {runs[0].pk: Hold(storable(f"{type(error).__name__}: {error}")[:2000])}


def skipped(runs: list[Run], journey: Definition, step: str) -> dict[int, Go]:
    """Those whom staff let skip the step at which they stand."""
    those = [run for run in runs if step and run.facts.get(SKIP) == run.visit]
    return {run.pk: Go(way_on(journey.steps[step]), FAILED) for run in those}


def way_on(step: Step) -> str:
    """By which way whoever skips the step goes on."""
    return step.if_skipped or next(iter(step.exits), "next")
