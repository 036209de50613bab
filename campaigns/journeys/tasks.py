"""Tasks that runs ask of staff: planned once per visit, told to the run when they are closed."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import connection

from campaigns.delivery import content, fields
from campaigns.models import Message, Run
from customers.models import FollowUp, Workspace
from customers.segments.conditions import days

# Whoever waits for a task that is closed by now is due.
TOLD = """
WITH closed AS (
  SELECT id, asked_by FROM customers_followup
   WHERE is_awaited AND done_at IS NOT NULL ORDER BY done_at LIMIT 1000 FOR UPDATE SKIP LOCKED),
told AS (
  UPDATE customers_followup f SET is_awaited = false FROM closed WHERE closed.id = f.id)
UPDATE campaigns_run r SET due_at = %(now)s FROM closed
 WHERE closed.asked_by LIKE 'run:%%' AND r.id = split_part(closed.asked_by, ':', 2)::bigint
   AND r.visit = split_part(closed.asked_by, ':', 3)::int
   AND r.state = 'active' AND r.due_at > %(now)s
"""


def key(run: Run) -> str:
    return f"run:{run.pk}:{run.visit}"


def tell(now: datetime) -> int:
    """Runs whose task was closed are due. The number of those woken."""
    with connection.cursor() as cursor:
        cursor.execute(TOLD, {"now": now})
        return cursor.rowcount


def closed(runs: Collection[Run]) -> dict[int, FollowUp]:
    """By run whose task is closed: the task."""
    found = {one.asked_by: one for one in of(runs) if one.done_at}
    return {run.pk: found[key(run)] for run in runs if key(run) in found}


def of(runs: Iterable[Run]):
    return FollowUp.objects.filter(asked_by__in=[key(run) for run in runs])


def plan(
    runs: Collection[Run],
    facts: dict[int, dict],
    *,
    title: str,
    staff,
    role,
    due_on: datetime,
    now: datetime,
) -> None:
    """Each run has its task, with its fields filled in; a second time changes nothing. `facts` by
    run are those that a message of it would have."""
    texts, day = titles(runs, facts, title, now), days.today(due_on)
    FollowUp.objects.bulk_create(
        [
            FollowUp(
                customer_id=run.customer_id,
                origin_customer_id=run.origin_customer_id,
                title=texts[run.pk],
                due_on=day,
                assignee=staff,
                role=role,
                at=now,
                asked_by=key(run),
                is_awaited=True,
            )
            for run in sorted(runs, key=lambda run: run.pk)
        ],
        ignore_conflicts=True,
    )


def titles(
    runs: Collection[Run], facts: dict[int, dict], title: str, now: datetime
) -> dict[int, str]:
    """By run: the title as it reads for its customer."""
    asked = [Message(pk=run.pk, customer_id=run.customer_id, facts=facts[run.pk]) for run in runs]
    contexts = fields.contexts(
        asked, wanted=content.wanted([title]), workspace=Workspace.get(), now=now
    )
    filled = {
        run.pk: content.filled(title, contexts[run.pk], is_markup=False).strip() for run in runs
    }
    return {run: (text or content.readable(title))[:200] for run, text in filled.items()}


def reopen(runs: Collection[Run], *, to_role: Collection[Run], due_on: datetime) -> None:
    """Their tasks are to be done again; by whoever has the role, where `to_role` says so."""
    of(runs).update(
        done_at=None, done_by=None, result="", due_on=days.today(due_on), is_awaited=True
    )
    of(to_role).exclude(role=None).update(assignee=None)
