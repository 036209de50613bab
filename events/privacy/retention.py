"""What happened, and how long it is kept."""

from datetime import UTC, datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from customers.data_rights.retention.base import (
    SHOP,
    ById,
    Cleared,
    Overdue,
    Stays,
    StaysWithCustomer,
    Whence,
    WhyKept,
)
from customers.models import Segment
from customers.segments import membership, rules
from events import partitions
from events.insights import figures
from events.models import FigureChange

TRADE = _(
    "records of trade are kept for three years at least after the trade is done (电子商务法 31)"
)
FIGURES = (FigureChange._meta.db_table,)
MONTHS_THERE = """
SELECT c.relname, c.reltuples::bigint FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
 WHERE i.inhparent = 'events_event_even'::regclass ORDER BY c.relname
"""
COUNTED_EXACTLY = 1_000_000


class Events(Cleared):
    """A month goes whole, as a partition, when its last day has had its time (decision 5)."""

    key, label = partitions.TERM, _("events")
    what = _("what customers did, where and with which properties; personal ones are sealed")
    why, whence = WhyKept.CONSENT, Whence.SHOP
    tables, clock, default, is_trace = (
        ("events.Event",),
        "t.occurred_at",
        partitions.RETENTION_MONTHS,
        True,
    )
    most, law = (
        partitions.MOST_MONTHS,
        _(
            "ten years of months are as many as the table bears; keep the shortest time that you"
            " need (个人信息保护法 19)"
        ),
    )

    def cutoff(self, number, now):
        return partitions.oldest_kept(now, number)

    def step(self, row, before, *, only_count):
        old = [(name, rows) for name, rows in months() if month_of(name) < before.strftime("%Y_%m")]
        if only_count:
            return self.counted_months(old, before), True
        if not old:
            self.after(before)
            return Overdue(), True
        return dropped(*old[0]), len(old) == 1

    def counted_months(self, old, before) -> Overdue:
        found = [counted(*month) for month in old]
        return Overdue(
            sum(one.rows for one in found),
            min((one.oldest for one in found if one.oldest), default=None),
        )

    def after(self, before):
        """What was counted of months that are gone stays."""
        figures.freeze("event", before)


def months() -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(MONTHS_THERE)
        return cursor.fetchall()


def month_of(partition: str) -> str:
    return partition.removeprefix("events_event_")


def counted(partition: str, about: int) -> Overdue:
    """What stands in the month; of very many what PostgreSQL believes, and of the first day."""
    with connection.cursor() as cursor:
        if about >= COUNTED_EXACTLY:
            return Overdue(
                about, datetime.strptime(month_of(partition), "%Y_%m").replace(tzinfo=UTC)
            )
        # A name of ours
        cursor.execute(f"SELECT count(*), min(occurred_at) FROM {partition}")  # noqa: S608
        return Overdue(*cursor.fetchone())


def dropped(partition: str, about: int) -> Overdue:
    """The month is gone, and whoever asks about all that ever happened is asked anew. Gives way to
    whoever holds the table: the next time."""
    found = counted(partition, about)
    with connection.cursor() as cursor:
        cursor.execute("SELECT events_drop_month(%s)", [month_of(partition)])
    if found.rows:
        ask_anew()
    return found


def ask_anew() -> None:
    """Every rule that asks about events is evaluated for everybody."""
    trees = {segment.pk: membership.readable(segment) for segment in Segment.objects.all()}
    asking = [
        pk
        for pk, tree in trees.items()
        if tree and any("event" in leaf.reads for leaf in rules.leaves(tree))
    ]
    Segment.objects.filter(pk__in=asking).work_out_anew()


class OddEvents(ById):
    """What came in older than is kept, or from a clock that ran ahead, is kept as long from when it
    came."""

    key, label, follows, is_trace = "odd_events", _("events out of time"), "events", True
    what = _(
        "events that were older than is kept when they came in, or from a clock that ran ahead;"
        " they are kept as long from when they came"
    )
    why, whence = WhyKept.CONSENT, Whence.SHOP
    tables, clock, changes = ("events.Event",), "t.received_at", "event"
    is_settable = False

    @property
    def table(self):
        return "events_event_odd"


class StuckReactions(ById):
    key, label, is_trace = "reactions", _("events that no journey could take in"), True
    what, why, whence = (
        _("a copy of an event that failed again and again"),
        WhyKept.SAFETY,
        Whence.OURS,
    )
    tables, clock, default = ("events.Reaction",), "t.received_at", 3
    where = " AND t.attempts >= 8"


class Money(ById):
    """Figures outlive their rows."""

    triggers_in_vain = FIGURES
    is_settable = True
    frozen: tuple[str, ...] = ()

    def after(self, before):
        for family in self.frozen:
            figures.freeze(family, before)


class Orders(Money):
    key, label = "orders", _("orders")
    what, why, whence = _("what was bought, when, for how much"), WhyKept.BOOKS, Whence.SHOP
    tables, clock, least, law = (
        ("events.Order", "events.OrderLine"),
        "greatest(t.occurred_at, t.placed_at, t.paid_at)",
        36,
        TRADE,
    )
    hanging, frozen, goes_to = (
        (("events_orderline", "order_id"),),
        ("orders", "attributed"),
        (SHOP,),
    )


class Refunds(ById):
    key, label, follows = "refunds", _("refunds"), "orders"
    what, why, whence = _("what was given back of an order"), WhyKept.BOOKS, Whence.SHOP
    tables, clock, least, law, is_settable = ("events.Refund",), "t.occurred_at", 36, TRADE, False


class Bookings(ById):
    key, label = "bookings", _("bookings")
    what, why, whence = (
        _("appointments, classes, enrolments: what, with whom, when"),
        WhyKept.SERVICE,
        Whence.SHOP,
    )
    tables, clock, default, least, law = (
        ("events.Booking",),
        "greatest(t.occurred_at, t.starts_at)",
        60,
        36,
        TRADE,
    )
    goes_to = (SHOP,)


class Measurements(ById):
    key, label = "measurements", _("measurements")
    what = _("what was measured: health, marks (sensitive, seen only with a permission of its own)")
    why, whence = WhyKept.SERVICE, Whence.SHOP
    tables, clock, default, goes_to = ("events.Measurement",), "t.occurred_at", 36, (SHOP,)


class Conclusions(StaysWithCustomer):
    key, label = "conclusions", _("conclusions")
    what, why, whence = (
        _("stage of life, value class, interests, when somebody was active lately"),
        WhyKept.CONSENT,
        Whence.OURS,
    )
    tables = ("events.CustomerStage", "events.Interest", "events.DayCustomers")
    is_trace = True


class StageHistory(Money):
    key, label = "stage_history", _("history of stages")
    what, why, whence = _("when a customer came to another stage"), WhyKept.CONSENT, Whence.OURS
    tables, default, frozen, is_trace = ("events.StageChange",), 25, ("moved",), True


class Ledger(Stays):
    key, label = "ledger", _("ledger")
    what = _("keyed hashes of events' ids, so that nothing is counted twice; they lead to nobody")
    why, whence, is_personal = WhyKept.BOOKS, Whence.OURS, False
