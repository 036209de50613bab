"""Runs whose step goes wrong: held for staff, or tried again and again; and what staff do with
them, one by one or all of a step."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.expressions import CombinedExpression, Func
from django.db.models.fields.json import JSONField

from campaigns.journeys.mishaps import SKIP
from campaigns.models import Journey, Run
from crm_project.db.sets import among
from crm_project.queue import wakeups
from customers.models import AuditEntry

TAKEN_OUT = "taken_out"
IN_TROUBLE = Q(state=Run.State.ACTIVE) & ~Q(error="")  # has an index: run_in_trouble
REMEMBER = """
INSERT INTO campaigns_runstep (run_id, visit, step, at, outcome)
SELECT id, visit, step, %s, %s FROM campaigns_run WHERE id = ANY(%s) AND step <> ''
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class AtStep:
    """How many of the step's runs wait for a person, and how many are tried again by themselves."""

    step: str
    held: int
    retried: int
    error: str  # of one of them


def is_in_trouble(run: Run) -> bool:
    return run.state == Run.State.ACTIVE and run.error != ""


def of_journey(journey: Journey) -> QuerySet:
    return Run.objects.filter(IN_TROUBLE, journey=journey)


def counts(journey: Journey) -> list[AtStep]:
    rows = list(
        of_journey(journey)
        .values("step")
        .annotate(
            held=Count("pk", filter=Q(held_at__isnull=False)),
            retried=Count("pk", filter=Q(held_at=None)),
        )
        .order_by("step")
    )
    errors = dict(
        of_journey(journey)
        .filter(step__in=[row["step"] for row in rows])
        .order_by("step", "-pk")
        .distinct("step")
        .values_list("step", "error")
    )
    return [AtStep(**row, error=errors.get(row["step"], "")) for row in rows]


def try_again(runs: QuerySet, *, by, now: datetime) -> int:
    """They are due at once. The number of runs."""
    return changed(runs.filter(IN_TROUBLE), "run.try_again", by, now)


def skip(runs: QuerySet, *, by, now: datetime) -> int:
    """They go on after the step at which they stand, and nothing is done there. The number of
    runs."""
    note = Func(Value(SKIP), F("visit"), function="jsonb_build_object", output_field=JSONField())
    facts = CombinedExpression(F("facts"), "||", note, output_field=JSONField())
    return changed(runs.filter(IN_TROUBLE).exclude(step=""), "run.skip", by, now, facts=facts)


def changed(runs: QuerySet, act: str, by, now: datetime, **more) -> int:
    with transaction.atomic():
        ids = list(runs.select_for_update().values_list("pk", flat=True))
        Run.objects.filter(among("pk", ids)).update(
            due_at=now, held_at=None, attempts=0, error="", token=None, **more
        )
        note(act, ids, by)
    wakeups.wake("react")
    return len(ids)


def take_out(runs: QuerySet, *, by, now: datetime) -> int:
    """They leave the journey where they stand; messages of theirs that have not left do not. The
    number of runs."""
    with transaction.atomic():
        under_way = runs.filter(state=Run.State.ACTIVE).select_for_update()
        ids = list(under_way.values_list("pk", flat=True))
        with connection.cursor() as cursor:
            cursor.execute(REMEMBER, [now, TAKEN_OUT, ids])
        Run.objects.filter(among("pk", ids)).update(
            state=Run.State.EXITED,
            outcome=TAKEN_OUT,
            ended_at=now,
            due_at=None,
            held_at=None,
            awaits=[],
            awaits_name=None,
            token=None,
        )
        note("run.take_out", ids, by)
    return len(ids)


def note(act: str, ids: list[int], by) -> None:
    if ids:
        journeys = Run.objects.filter(among("pk", ids)).values_list("journey", flat=True).distinct()
        for journey in journeys.order_by("journey"):
            AuditEntry.objects.create(
                by=by, act=act, subject=f"journey:{journey}", details={"runs": len(ids)}
            )
