"""Calls of journeys to other systems: wanted once per visit, told to the run when they ended."""

import json
import re
from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec
from django.db import connection

from campaigns.delivery import content, fields
from campaigns.models import Message, Run
from crm_project.queue import wakeups
from customers import outbound
from customers.models import Connection, Customer, OutboundCall, Workspace

ANSWER = "answer"  # in a run's facts: what the last call answered
MOST_ANSWER, MOST_TEXT = 50, 500  # fields of an answer that texts may use, characters of each
PAIR = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]{0,59})\s*=(.*)")
# Whoever waits for a call that has ended is due.
TOLD = """
UPDATE campaigns_run r SET due_at = %s FROM json_to_recordset(%s::json) AS e(run bigint, visit int)
 WHERE r.id = e.run AND r.visit = e.visit AND r.state = 'active' AND r.due_at > %s
"""


class OfJourneys(outbound.Caller):
    key = "journey"

    def ended(self, calls, now):
        parts = [call.key.split(":") for call in calls]
        rows = [{"run": int(run), "visit": int(visit)} for _kind, run, visit in parts]
        with connection.cursor() as cursor:
            cursor.execute(TOLD, [now, msgspec.json.encode(rows).decode(), now])
        wakeups.wake("react")


def key(run: Run) -> str:
    return f"run:{run.pk}:{run.visit}"


def is_pair(line: str) -> bool:
    return PAIR.fullmatch(line) is not None


def want(
    runs: Collection[Run],
    facts: dict[int, dict],
    *,
    to: Connection,
    data: str,
    lasts: timedelta,
    now: datetime,
) -> None:
    """Each run's call will be made; a second time changes nothing. `facts` by run are those that a
    message of it would have."""
    told = bodies(runs, facts, data, now)
    outbound.queue(
        [
            outbound.Wanted(
                key=key(run),
                connection_id=to.pk,
                body=json.dumps(told[run.pk], ensure_ascii=False),
                caller=OfJourneys.key,
                customer=run.customer_id,
                origin=run.origin_customer_id,
                lasts=lasts,
            )
            for run in sorted(runs, key=lambda run: run.pk)
        ],
        now,
    )


def bodies(
    runs: Collection[Run], facts: dict[int, dict], data: str, now: datetime
) -> dict[int, dict]:
    """By run: which journey, step and customer it is about, and what its author has told."""
    pairs = [found.groups() for line in data.splitlines() if (found := PAIR.fullmatch(line))]
    asked = [Message(pk=run.pk, customer_id=run.customer_id, facts=facts[run.pk]) for run in runs]
    contexts = fields.contexts(
        asked,
        wanted=content.wanted(text for _name, text in pairs),
        workspace=Workspace.get(),
        now=now,
    )
    ids = {run.customer_id for run in runs}
    people = dict(Customer.objects.filter(pk__in=ids).values_list("pk", "public_id"))
    return {
        run.pk: {
            "journey": run.journey_id,
            "step": run.step,
            "run": run.pk,
            "customer": str(people[run.customer_id]),
            "data": {
                name: content.filled(text.strip(), contexts[run.pk], is_markup=False)
                for name, text in pairs
            },
        }
        for run in runs
    }


def of(runs: Collection[Run]) -> dict[str, OutboundCall]:
    rows = OutboundCall.objects.filter(key__in=[key(run) for run in runs])
    return {row.key: row for row in rows}


def flat(answer) -> dict[str, str | int | float | bool]:
    """What texts can say of an answer: the plain values of an object."""
    if not isinstance(answer, dict):
        return {}
    plain = {
        name[:60]: value[:MOST_TEXT] if isinstance(value, str) else value
        for name, value in answer.items()
        if isinstance(value, str | int | float | bool)
    }
    return dict(list(plain.items())[:MOST_ANSWER])
