"""The first event of a kind that a customer of a run did since a moment: what steps wait for, goals
and exits look for."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from django.db import connection

from campaigns.models import Run
from events import names
from events.matching import ends
from events.segment_conditions.filters import where

FIRST = """
SELECT a.run, b.occurred_at, b.id
  FROM (SELECT run, event_id, source_id, customer_id, occurred_at,
               ARRAY(SELECT jsonb_array_elements_text(CASE jsonb_typeof(keys) WHEN 'array' THEN keys
                 ELSE '[]' END)) AS keys
          FROM json_to_recordset(%(rows)s::json)
            AS r(run bigint, event_id bigint, source_id int, customer_id int,
              occurred_at timestamptz, keys jsonb)) a
 CROSS JOIN LATERAL (SELECT b.occurred_at, b.id FROM events_event b WHERE {ends}{filters}
                      ORDER BY b.occurred_at, b.id LIMIT 1) b
"""


@dataclass(frozen=True, slots=True)
class Happened:
    """When it was, and by which event, where it was one."""

    at: datetime
    event_id: int | None = None


def first(
    runs: Iterable[Run],
    *,
    since: Callable[[Run], datetime],
    event: str,
    filters: list,
    same_product: bool,
    within: timedelta,
    until: datetime,
) -> dict[int, Happened]:
    """By run: the first such event at `since` or up to `within` later, and not after `until`. What
    began the run is not counted."""
    passing, params = where(filters)
    rows = [
        {
            "run": run.pk,
            "event_id": run.event_id or 0,
            "source_id": run.facts.get("source"),
            "customer_id": run.customer_id,
            "occurred_at": since(run),
            "keys": run.keys,
        }
        for run in runs
    ]
    values = {
        "rows": msgspec.json.encode(rows).decode(),
        "second": names.number(event),
        "within": within.total_seconds(),
        "now": until,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            FIRST.format(ends=ends(same_product=same_product), filters=passing),
            {**values, **params},
        )
        return {run: Happened(at, event_id) for run, at, event_id in cursor}
