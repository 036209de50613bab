"""Kept figures: counted as things happen, equal to a recount at any moment, read in milliseconds.

Rows that change (customers, orders, messages, coupons) leave by how much, in their own transaction,
by statement triggers (`*/migrations/*figures.py`); `fold` adds that up. Events, which only grow,
are followed by their settled ids (events/insights/activity.py). A family of figures is added by one
class here or above, one line in CRM_FIGURES and its triggers.
"""

import time
from collections.abc import Iterable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Max

from crm_project.registry import Registry
from events.models import Figure, FigureChange, Stage

AT_ONCE = 50_000
BUDGET_SECONDS = 2.0
FOLD = """
WITH gone AS (
  DELETE FROM events_figurechange WHERE id IN (SELECT id FROM events_figurechange ORDER BY id
    LIMIT %s) RETURNING name, at, n, fen
), added AS (
  INSERT INTO events_figure AS f (name, at, n, fen) SELECT name, at, sum(n), sum(fen) FROM gone
    GROUP BY name, at
  ON CONFLICT (name, at) DO UPDATE SET n = f.n + excluded.n, fen = f.fen + excluded.fen
)
SELECT DISTINCT name, at FROM gone
"""
# Kept and not yet folded, in one snapshot.
BY_DAY = """
SELECT name, (at AT TIME ZONE %(zone)s)::date, sum(n)::bigint, sum(fen)::bigint
  FROM (SELECT name, at, n, fen FROM events_figure WHERE name = ANY(%(names)s) AND at >= %(since)s
        UNION ALL SELECT name, at, n, fen FROM events_figurechange WHERE name = ANY(%(names)s)
          AND at >= %(since)s) f
 GROUP BY 1, 2
"""
BEGAN = datetime(1970, 1, 1, tzinfo=UTC)


class Family:
    """Figures counted from one table. `rows` is SQL for (name, at, n, fen) of everything there
    is."""

    key = ""
    names: tuple[str, ...] = ()
    rows = ""
    follows: tuple[str, ...] = ()  # figures of others that these are derived from

    def touched(self, quarters: set[datetime], now: datetime) -> None:
        """What it follows changed in these quarters; inside the fold's transaction."""

    def keep_up(self, now: datetime) -> None:
        """What time alone changes."""


families: Registry["Family"] = Registry("CRM_FIGURES", "events.insights.figures.Family")


class Customers(Family):
    """The living by the time they were first seen; their sum is all there are."""

    key = "customers"
    names = ("customer",)
    rows = """
SELECT 'customer' AS name, date_bin('15 minutes', first_seen_at, 'epoch') AS at, 1 AS n, 0 AS fen
  FROM customers_customer WHERE merged_into_id IS NULL AND erased_at IS NULL"""


class Orders(Family):
    """Paid orders by the time they were paid: what was paid, what of it was given back, what is
    left."""

    key = "orders"
    names = ("order", "order_refunded", "order_net")
    rows = """
SELECT v.name, date_bin('15 minutes', paid_at, 'epoch') AS at, v.n, v.fen FROM events_order
 CROSS JOIN LATERAL (VALUES ('order', 1, paid_fen), ('order_refunded', (refunded_fen > 0)::int,
   paid_fen - net_fen), ('order_net', 1, net_fen)) v(name, n, fen)
 WHERE paid_at IS NOT NULL"""


class Standing(Family):
    """Customers by the stage they stand at now; prospects are all others."""

    key = "standing"
    names = tuple(f"stage:{stage}" for stage in Stage.values)
    rows = (
        "SELECT 'stage:' || stage AS name, timestamptz 'epoch' AS at, 1 AS n, 0 AS fen FROM"
        " events_customerstage"
    )


class Moved(Family):
    """Customers who came to a stage, by when it was seen."""

    key = "moved"
    names = tuple(f"moved:{stage}" for stage in Stage.values)
    rows = (
        "SELECT 'moved:' || after AS name, date_bin('15 minutes', at, 'epoch') AS at, 1 AS n, 0 AS"
        " fen FROM events_stagechange"
    )


def keep(now: datetime) -> None:
    """What was never counted is begun, what changed is folded, and derived figures follow. One at a
    time (worker_loops.place)."""
    begun = set(Figure.objects.filter(name__startswith="begun:").values_list("name", flat=True))
    for family in families:
        if f"begun:{family.key}" not in begun:
            recount(family)
    until = time.monotonic() + BUDGET_SECONDS
    while time.monotonic() < until and fold(now):
        pass
    for family in families:
        family().keep_up(now)


def fold(now: datetime) -> int:
    """What changes were left are in the figures; how many distinct ones."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(FOLD, [AT_ONCE])
            touched = cursor.fetchall()
        for family in families:
            if quarters := {at for name, at in touched if name in family.follows}:
                family().touched(quarters, now)
    return len(touched)


def recount(family: type[Family]) -> None:
    """The family's figures are what its rows say now, and what changes meanwhile is added to that:
    all in one snapshot.

    What is older than the rows that are kept stays as it was counted. Not inside another
    transaction, and not beside a fold.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        since = frozen(family.key)
        FigureChange.objects.filter(name__in=family.names, at__gte=since).delete()
        Figure.objects.filter(name__in=family.names, at__gte=since).delete()
        Figure.objects.filter(name=f"begun:{family.key}").delete()
        if family.rows:
            cursor.execute(
                "INSERT INTO events_figure (name, at, n, fen)"  # noqa: S608 -- a class of ours
                f" SELECT name, at, sum(n), sum(fen) FROM ({family.rows}) r WHERE at >= %s GROUP BY"
                " name, at",
                [since],
            )
        Figure.objects.create(name=f"begun:{family.key}", at=BEGAN)


def freeze(key: str, before: datetime) -> None:
    """Rows older than this are gone: what was counted of them stays. In the transaction in which
    they go; never takes anything back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_figure (name, at, n, fen) SELECT %s, %s, 0, 0 WHERE NOT EXISTS"
            " (SELECT FROM events_figure WHERE name = %s AND at >= %s) ON CONFLICT DO NOTHING",
            [f"frozen:{key}", before, f"frozen:{key}", before],
        )


def frozen(key: str) -> datetime:
    """From here on the rows are there, and their figures can be counted again."""
    return Figure.objects.filter(name=f"frozen:{key}").aggregate(at=Max("at"))["at"] or BEGAN


def by_day(
    names: Iterable[str], *, since: datetime, zone: ZoneInfo
) -> dict[str, dict[date, tuple[int, int]]]:
    """Per name and day of this zone, (how many, fen), from the day that begins at `since`."""
    found: dict[str, dict[date, tuple[int, int]]] = {name: {} for name in names}
    with connection.cursor() as cursor:
        cursor.execute(BY_DAY, {"names": list(found), "since": since, "zone": str(zone)})
        for name, day, n, fen in cursor:
            found[name][day] = (n, fen)
    return found


def totals(names: Iterable[str]) -> dict[str, int]:
    """How many there are altogether."""
    sums = """
    SELECT name, sum(n)::bigint FROM (
      SELECT name, n FROM events_figure WHERE name = ANY(%(names)s) UNION ALL SELECT name, n
        FROM events_figurechange WHERE name = ANY(%(names)s)) f
     GROUP BY name"""
    names = list(names)
    with connection.cursor() as cursor:
        cursor.execute(sums, {"names": names})
        return dict.fromkeys(names, 0) | dict(cursor.fetchall())


def total(name: str) -> int:
    return totals([name])[name]
