"""The first event of a kind that a customer of a run did since a moment: what steps wait for, goals
and exits look for."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
from django.db import connection
from django.utils.translation import gettext_lazy

from campaigns.journeys import about
from campaigns.models import Run
from customers.models import Source
from events import names
from events.matching import ends
from events.segment_conditions.filters import where

FIRST = """
SELECT a.run, b.occurred_at, b.id
  FROM (SELECT run, event_id, source_id, customer_id, occurred_at, shop, number,
               ARRAY(SELECT jsonb_array_elements_text(CASE jsonb_typeof(keys) WHEN 'array' THEN keys
                 ELSE '[]' END)) AS keys
          FROM json_to_recordset(%(rows)s::json)
            AS r(run bigint, event_id bigint, source_id int, customer_id int,
              occurred_at timestamptz, keys jsonb, shop int, number text)) a
 CROSS JOIN LATERAL (SELECT b.occurred_at, b.id FROM events_event b WHERE {ends}{about}{filters}
                      ORDER BY b.occurred_at, b.id LIMIT 1) b
"""
# A booking's number means something within its shop only; of what we say ourselves (an answer) the
# event names the shop.
SAME_BOOKING = """
AND b.properties->>'booking_number' = a.number AND a.shop = (SELECT CASE WHEN s.key = %(own)s
  THEN (b.properties->>'namespace')::int ELSE s.namespace_id END
  FROM customers_source s WHERE s.id = b.source_id)
"""
KEYS = [
    ("", gettext_lazy("anything")),
    ("product", gettext_lazy("the same product, in the same shop")),
    ("booking", gettext_lazy("the same booking")),
]


@dataclass(frozen=True, slots=True)
class Happened:
    """When it was, and by which event, where it was one."""

    at: datetime
    event_id: int | None = None


class Told(Protocol):
    """What a dry run puts in the place of the table: the same rows, as they were known at its
    time."""

    def first(
        self,
        runs: Iterable[Run],
        *,
        since: Callable[[Run], datetime],
        event: str,
        filters: list,
        key_of: str,
        within: timedelta,
        until: datetime,
    ) -> dict[int, Happened]: ...


_told: ContextVar[Told | None] = ContextVar("told", default=None)


@contextmanager
def as_told_by(told: Told) -> Iterator[None]:
    """Within the block it says what happened."""
    token = _told.set(told)
    try:
        yield
    finally:
        _told.reset(token)


def teller() -> Told | None:
    return _told.get()


def first(
    runs: Iterable[Run],
    *,
    since: Callable[[Run], datetime],
    event: str,
    filters: list,
    key_of: str = "",
    within: timedelta,
    until: datetime,
) -> dict[int, Happened]:
    """By run: the first such event at `since` or up to `within` later, and not after `until`. What
    began the run is not counted. `key_of` is one of KEYS."""
    if told := teller():
        return told.first(
            runs,
            since=since,
            event=event,
            filters=filters,
            key_of=key_of,
            within=within,
            until=until,
        )
    runs, (passing, params) = list(runs), where(filters)
    said = about.numbers_of(runs) if key_of == "booking" else {}
    rows = [
        {
            "run": run.pk,
            "shop": said.get(run.pk, (None, None))[0],
            "number": said.get(run.pk, (None, None))[1],
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
            FIRST.format(
                ends=ends(same_product=key_of == "product"),
                about=SAME_BOOKING if key_of == "booking" else "",
                filters=passing,
            ),
            {**values, **params, "own": Source.OWN},
        )
        return {run: Happened(at, event_id) for run, at, event_id in cursor}
