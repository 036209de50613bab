"""Stage of life and value of every customer, concluded from their purchases (semantics 8).

A purchase is an order from its payment on, unless it was cancelled or all its money was given back;
a business without orders names events instead (a visit, a lesson, an appointment kept). What lies
in the future counts once its moment has come. Then, at `now`:

    prospect   no purchase (none left, when the only one was given back)
    new        first purchase at most `new_days` ago, however many followed
    active     last purchase at most `active_days` ago
    silent     last purchase at most `silent_days` ago
    lost       longer ago

A day is 24 hours; the bound itself still belongs to the earlier stage. A stage began (`since`) at
the first purchase, at the return after a pause longer than `active_days`, or when its bound passed;
a prospect's with the first we saw of them. It is told by the facts and the thresholds in force: a
late order, a refund, a merge or another threshold also corrects since when.

Recency, frequency and money are scored 1 to 5 by four thresholds each, so that equal values have
equal scores; money is the net total of the orders that count, also where events are counted. A
score of `high_from` or more is high, and the three together are the class.
"""

import hashlib
from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from django.db import connection, transaction
from pyroaring import BitMap

from crm_project.db.sets import literal
from crm_project.queue import wakeups
from customers.models import AuditEntry, Customer
from customers.segments.conditions.base import FEW, asked
from customers.segments.derived import DerivedState
from events import names
from events.models import CLASS_OF, LifecycleSettings, Stage, ValueClass

KIND = "lifecycle"  # of a change that `Keeper` makes

ORDERS = """
SELECT customer_id, paid_at AS at, net_fen, {counts} AS counts FROM events_order
 WHERE paid_at <= %(now)s AND status <> 'cancelled' AND (net_fen > 0 OR refunded_fen = 0) {among}
"""
EVENTS = """
SELECT customer_id, occurred_at AS at, 0 AS net_fen, true AS counts FROM events_event
 WHERE name_id = ANY(%(names)s) AND occurred_at <= %(now)s {among} UNION ALL
"""
# The facts about everybody with a purchase. A return is the first purchase after a pause longer
# than `active`.
FACTS = """
SELECT customer_id, min(at) FILTER (WHERE counts) AS first_at,
  max(at) FILTER (WHERE counts) AS last_at,
       max(before) FILTER (WHERE at > before + %(active)s) AS paused_at,
         max(at) FILTER (WHERE at > before + %(active)s) AS returned_at,
       count(*) FILTER (WHERE counts) AS orders, least(coalesce(sum(net_fen), 0),
         9223372036854775807)::bigint AS net_fen
  FROM (SELECT *, CASE WHEN counts THEN lag(at) OVER (PARTITION BY customer_id, counts ORDER BY at)
    END AS before FROM ({purchases}) p) spaced
 GROUP BY customer_id HAVING bool_or(counts)
"""
STAGE = """
CASE WHEN %(now)s <= first_at + %(new)s THEN 'new' WHEN %(now)s <= last_at + %(active)s THEN 'active'
     WHEN %(now)s <= last_at + %(silent)s THEN 'silent' ELSE 'lost' END
"""  # noqa: E501
SINCE = """
CASE WHEN %(now)s <= first_at + %(new)s THEN first_at WHEN %(now)s <= last_at + %(active)s THEN coalesce(returned_at, first_at + %(new)s)
     WHEN %(now)s <= last_at + %(silent)s THEN last_at + %(active)s ELSE last_at + %(silent)s END
"""  # noqa: E501
CAME_FROM = """
CASE WHEN %(now)s <= first_at + %(new)s THEN 'prospect'
     WHEN %(now)s <= last_at + %(active)s THEN
       CASE WHEN returned_at IS NULL THEN 'new' WHEN returned_at <= paused_at + %(silent)s THEN 'silent' ELSE 'lost' END
     WHEN %(now)s <= last_at + %(silent)s THEN 'active' ELSE 'silent' END
"""  # noqa: E501
RECENCY = "(5 - " + " - ".join(f"(%(now)s > last_at + %(recency{n})s)::int" for n in range(4)) + ")"
FREQUENCY = "(1 + " + " + ".join(f"(orders > %(frequency{n})s)::int" for n in range(4)) + ")"
MONEY = "(1 + " + " + ".join(f"(net_fen > %(money{n})s)::int" for n in range(4)) + ")"
EDGES = [
    "first_at + %(new)s",
    "last_at + %(active)s",
    "last_at + %(silent)s",
    *(f"last_at + %(recency{n})s" for n in range(4)),
]
FLIPS = f"least({', '.join(f'CASE WHEN {edge} >= %(now)s THEN {edge} END' for edge in EDGES)})"
SCORES = {"recency": "recency", "frequency": "frequency", "money": "money"}
SCORE_SQL = {"recency": RECENCY, "frequency": FREQUENCY, "money": MONEY}


def value_class(scores: dict[str, str] = SCORES) -> str:
    """The class as SQL over the three scores."""
    whens = " ".join(
        "WHEN "
        + " AND ".join(
            f"{sql} {'>=' if is_high else '<'} %(high)s"
            for sql, is_high in zip(scores.values(), high, strict=True)
        )
        + f" THEN '{one}'"
        for high, one in CLASS_OF.items()
    )
    return f"CASE {whens} END"


COLUMNS = ["first_at", "last_at", "paused_at", "returned_at", "orders", "net_fen"]
COLUMNS += [
    "stage",
    "since",
    "came_from",
    "recency",
    "frequency",
    "money",
    "value_class",
    "flips_at",
]
SCORED = f"""
SELECT *, {STAGE} AS stage, {SINCE} AS since, {CAME_FROM} AS came_from,
       {RECENCY} AS recency, {FREQUENCY} AS frequency, {MONEY} AS money, {FLIPS} AS flips_at
"""
KEEP = f"""
WITH right_now AS (
  SELECT scored.*, {value_class()} AS value_class
    FROM ({SCORED} FROM ({{facts}}) AS facts) AS scored
    JOIN customers_customer c ON c.id = customer_id AND c.merged_into_id IS NULL
      AND c.erased_at IS NULL
), before AS (
  SELECT * FROM events_customerstage WHERE customer_id = ANY(%(among)s::int[])
), gone AS (
  DELETE FROM events_customerstage WHERE customer_id = ANY(%(among)s::int[])
    AND customer_id NOT IN (SELECT customer_id FROM right_now)
  RETURNING customer_id, 'prospect' AS stage, %(now)s::timestamptz AS since
), written AS (
  INSERT INTO events_customerstage (customer_id, {", ".join(COLUMNS)})
  SELECT n.customer_id, {", ".join(f"n.{column}" for column in COLUMNS)} FROM right_now n LEFT
    JOIN before b USING (customer_id)
   WHERE ({", ".join(f"b.{column}" for column in COLUMNS)}) IS DISTINCT
     FROM ({", ".join(f"n.{column}" for column in COLUMNS)})
  ON CONFLICT (customer_id) DO UPDATE
    SET {", ".join(f"{column} = excluded.{column}" for column in COLUMNS)}
  RETURNING customer_id, stage, since
), moved AS (
  INSERT INTO events_stagechange (customer_id, origin_customer_id, before, after, since, at)
  SELECT customer_id, customer_id, coalesce(before.stage, 'prospect'), after.stage, after.since,
    %(now)s
    FROM (SELECT * FROM written UNION ALL SELECT * FROM gone) after LEFT
      JOIN before USING (customer_id)
   WHERE coalesce(before.stage, 'prospect') <> after.stage
)
SELECT (SELECT count(*) FROM written) + (SELECT count(*) FROM gone)
"""  # noqa: S608
COMING = {
    True: "SELECT customer_id FROM events_order WHERE paid_at > %(since)s AND paid_at <= %(until)s",
    False: (
        "SELECT customer_id FROM events_event WHERE name_id = ANY(%(names)s) AND occurred_at >"
        " %(since)s AND occurred_at <= %(until)s"
    ),
}


def values(settings: LifecycleSettings) -> dict:
    """The thresholds as parameters of the statements above."""
    return {
        "new": timedelta(days=settings.new_days),
        "active": timedelta(days=settings.active_days),
        "silent": timedelta(days=settings.silent_days),
        "high": settings.high_from,
        **{f"recency{n}": days for n, days in enumerate(recency_spans(settings))},
        **{f"frequency{n}": orders for n, orders in enumerate(settings.frequency)},
        **{f"money{n}": fen for n, fen in enumerate(settings.money_fen)},
        "names": [names.known(name) for name in settings.events],
    }


def recency_spans(settings: LifecycleSettings) -> list[timedelta]:
    return [timedelta(days=days) for days in settings.recency_days]


def purchases(settings: LifecycleSettings) -> str:
    """SQL for all that counts up to `now`, with its money; `counts` is false for orders that only
    bring money."""
    return (
        ORDERS.replace("{counts}", "true")
        if settings.counts_orders
        else EVENTS + ORDERS.replace("{counts}", "false")
    )


def facts(settings: LifecycleSettings) -> str:
    """SQL for first, last, return, how often and how much, of everybody with a purchase; `{among}`
    inside."""
    return FACTS.replace("{purchases}", purchases(settings))


class Standings(NamedTuple):
    stages: dict[Stage, int]
    classes: dict[ValueClass, tuple[int, int]]  # customers, their net total in fen


class StageKeeper(DerivedState):
    """Keeps CustomerStage, and logs each change of stage."""

    key = KIND

    def __init__(self):
        self.settings = LifecycleSettings.get()

    @property
    def reads(self):
        return frozenset({"order"} if self.settings.counts_orders else {"order", "event"})

    def version(self):
        return self.said(self.settings)

    @staticmethod
    def said(one: LifecycleSettings) -> str:
        said = [one.counting, sorted(one.events), one.new_days, one.active_days, one.silent_days]
        said += [one.recency_days, one.frequency, one.money_fen, one.high_from]
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:32]

    def touched_by_time(self, *, since, until):
        flipped = asked(
            "SELECT customer_id FROM events_customerstage WHERE flips_at BETWEEN %(since)s AND"
            " %(until)s",
            {"since": since, "until": until},
        )
        return flipped | coming(self.settings, since, until)

    def keep(self, candidates, now):
        changed, ids = 0, list(candidates)
        for start in range(0, len(ids), FEW):
            changed += keep(self.settings, ids[start : start + FEW], now)
        return {KIND} if changed else set()


def coming(settings: LifecycleSettings, since: datetime, until: datetime) -> BitMap:
    """Whose purchase begins to count between the two moments."""
    return asked(
        COMING[settings.counts_orders], {"since": since, "until": until, **values(settings)}
    )


def keep(settings: LifecycleSettings, ids: list[int], now: datetime) -> int:
    """The rows of these customers are right at `now`. How many had to be written or deleted."""
    statement = KEEP.replace("{facts}", facts(settings)).replace(
        "{among}", "AND customer_id = ANY(%(among)s::int[])"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values(settings), "among": literal(ids), "now": now})
        return cursor.fetchone()[0]


def standings(settings: LifecycleSettings, now: datetime) -> Standings:
    """How many customers are in each stage and class. By other settings than those in force it is
    worked out, not looked up."""
    kept = LifecycleSettings.get()
    if StageKeeper.said(settings) == StageKeeper.said(kept):
        rows = "SELECT stage, value_class, net_fen, customer_id FROM events_customerstage"
    else:
        is_alike = (settings.counting, settings.events) == (kept.counting, kept.events)
        source = (
            "SELECT * FROM events_customerstage"
            if is_alike
            else facts(settings).replace("{among}", "")
        )
        rows = (
            f"SELECT {STAGE} AS stage, {value_class(SCORE_SQL)} AS value_class, net_fen,"  # noqa: S608
            f" customer_id FROM ({source}) AS facts"
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT stage, value_class, count(*), least(sum(net_fen), 9223372036854775807)::bigint"  # noqa: S608
            f" FROM ({rows}) AS standing GROUP BY 1, 2",
            {**values(settings), "now": now},
        )
        found = cursor.fetchall()
    stages, classes = Counter(), dict.fromkeys(ValueClass, (0, 0))
    for stage, kind, customers, net_fen in found:
        stages[Stage(stage)] += customers
        classes[ValueClass(kind)] = (classes[kind][0] + customers, classes[kind][1] + net_fen)
    stages[Stage.PROSPECT] = Customer.objects.alive().count() - sum(stages.values())
    return Standings({stage: stages[stage] for stage in Stage}, classes)


def change(settings: LifecycleSettings, *, by) -> None:
    """These settings are in force from now on; everybody is looked at again with the evaluator's
    next pass."""
    settings.full_clean()
    with transaction.atomic():
        settings.save()
        details = {
            field.name: getattr(settings, field.name)
            for field in settings._meta.fields
            if field.name != "id"
        }
        AuditEntry.objects.create(
            by=by, act="lifecycle.change", subject="lifecycle:1", details=details
        )
    wakeups.wake("segments")
