"""A source's days are compared, and where one differs, its orders are found: windows that differ
are halved until one is small enough to be listed."""

import time
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from crm_project.db.clock import Now, database_now
from integrations.models import ReconciledDay, Reconciliation
from integrations.sync.reconciliation import contract, listed, ours, stores
from integrations.sync.reconciliation.contract import (
    CallFailed,
    OneOrder,
    Unreadable,
    Window,
    same_money,
)
from integrations.sync.reconciliation.days import EVERY, bounds, days_of, write_differences

SOON = timedelta(seconds=5)
SECONDS = 20.0  # of one tick
FEW = 300  # orders of a window that are listed instead of halved
MOST_QUESTIONS = 200  # of one day
SHORTEST = timedelta(seconds=1)
UNREADABLE = "unreadable"


def work() -> None:
    """Those that are due were asked, one after another. One caller at a time (the tick's place);
    who dies half-way leaves it due."""
    until = time.monotonic() + SECONDS
    due = Reconciliation.objects.filter(
        is_active=True, source__is_active=True, due_at__lte=Now()
    ).select_related("source", "connection")
    for row in due.order_by("due_at"):
        compare(row, database_now(), until)
        if time.monotonic() >= until:
            return


def compare(row: Reconciliation, now: datetime, until: float) -> None:
    """Every day of this source says how it stands, and those that differ which orders do, as far as
    the time goes; the rest at the next tick. Why not stands in the row."""
    said = {"problem": "", "asked_at": now, "due_at": now + EVERY}
    try:
        is_left = listed.compare_all(row, now, until)
        days = asked_days(row, now)
        for first in range(0, len(days), contract.MOST_WINDOWS):
            compare_days(row, days[first : first + contract.MOST_WINDOWS], now)
        if search_days(row, days, now, until) or is_left:
            said["due_at"] = now + SOON
    except CallFailed as failed:
        said["problem"] = str(failed)[:300]
    except Unreadable as wrong:
        said["problem"] = f"{UNREADABLE}: {wrong}"[:300]
    said["complete_until"] = complete_until(row)
    Reconciliation.objects.filter(pk=row.pk).update(**said)


def asked_days(row: Reconciliation, now: datetime) -> list[date]:
    """Those of which no list is the other side; none where nobody is to be asked."""
    if row.connection is None:
        return []
    have_lists = ReconciledDay.objects.filter(reconciliation=row).exclude(listing=None)
    by_list = set(have_lists.values_list("day", flat=True))
    return [day for day in days_of(row, now) if day not in by_list]


def search_days(row: Reconciliation, days: list[date], now: datetime, until: float) -> bool:
    """The orders behind the days that differ; whether some are left for later."""
    waiting = ReconciledDay.objects.filter(
        Q(searched_at=None) | Q(searched_at__lt=now - EVERY / 2),
        reconciliation=row,
        day__in=days,
        listing=None,
        is_equal=False,
    )
    for day in waiting.order_by(F("searched_at").asc(nulls_first=True), "-day"):
        if time.monotonic() >= until:
            return True
        search_day(row, day, now)
    return False


def search_day(row: Reconciliation, day: ReconciledDay, now: datetime) -> None:
    first, last = bounds(row, day.day)
    mine = ours.window(row.source, first, last)
    theirs = Window(day.their_orders, day.their_paid_fen, day.their_refunded_fen)
    found = Search(row).between(first.astimezone(UTC), last.astimezone(UTC), mine, theirs)
    with transaction.atomic():
        write_differences(day, found)
        ReconciledDay.objects.filter(pk=day.pk).update(searched_at=now)


def compare_days(row: Reconciliation, days: list[date], now: datetime) -> None:
    if not days:
        return
    windows = [bounds(row, day) for day in days]
    theirs = contract.summary(row.connection, windows)
    for day, window, said in zip(days, windows, theirs, strict=True):
        compare_day(row, day, window, said, now)


def compare_day(row, day: date, window, theirs: Window, now: datetime) -> None:
    """The day's row says how it stands; one that agrees has no differences."""
    mine = ours.window(row.source, *window)
    people = ours.registered(row.source, *window)
    is_equal = same_money(mine, theirs) and theirs.customers in (None, people)
    kept, _made = ReconciledDay.objects.update_or_create(
        reconciliation=row,
        day=day,
        defaults={
            "orders": mine.orders,
            "paid_fen": mine.paid_fen,
            "refunded_fen": mine.refunded_fen,
            "customers": people,
            "their_orders": theirs.orders,
            "their_paid_fen": theirs.paid_fen,
            "their_refunded_fen": theirs.refunded_fen,
            "their_customers": theirs.customers,
            "stores": stores.compared(row, theirs.stores, window) if theirs.stores else None,
            "is_equal": is_equal,
            "compared_at": now,
        },
    )
    if is_equal:
        kept.differences.all().delete()


class Search:
    """The orders of one day that differ."""

    def __init__(self, row: Reconciliation):
        self.row, self.left = row, MOST_QUESTIONS
        self.mine: dict[str, OneOrder] = {}
        self.theirs: dict[str, OneOrder] = {}

    def between(self, first, last, mine: Window, theirs: Window):
        self.look(first, last, mine, theirs)
        return self.compared()

    def look(self, first, last, mine: Window, theirs: Window) -> None:
        """What differs between these moments is listed, or looked for in halves."""
        if same_money(mine, theirs) or self.left <= 0:
            return
        if max(mine.orders, theirs.orders) <= FEW or last - first <= SHORTEST:
            self.left -= 1
            self.mine |= {one.number: one for one in ours.orders(self.row.source, first, last)}
            found = contract.orders(self.row.connection, first, last)
            self.theirs |= {one.number: one for one in found}
            return
        middle = first + (last - first) / 2
        halves = [(first, middle), (middle, last)]
        self.left -= 1
        said = contract.summary(self.row.connection, halves)
        for half, there in zip(halves, said, strict=True):
            self.look(*half, ours.window(self.row.source, *half), there)

    def compared(self) -> list[tuple[str, OneOrder | None, OneOrder | None]]:
        """An order that stands in another window of the other side is the same order."""
        lacking = sorted(self.mine.keys() - self.theirs.keys())
        if lacking:
            self.theirs |= contract.known(self.row.connection, lacking)
        here = ours.known(self.row.source, self.theirs.keys() - self.mine.keys())
        mine = self.mine | here
        numbers = sorted(mine.keys() | self.theirs.keys())
        pairs = ((number, mine.get(number), self.theirs.get(number)) for number in numbers)
        return [one for one in pairs if one[1] != one[2]]


def complete_until(row: Reconciliation) -> date | None:
    """The last day before the first one that differs, or that nobody has compared: of a system that
    is asked, among the days that it is asked for. None where even the oldest differs."""
    found: date | None = None
    oldest = database_now().date() - timedelta(days=row.days) if row.connection_id else date.min
    days = ReconciledDay.objects.filter(reconciliation=row).order_by("day")
    for day, is_equal in days.values_list("day", "is_equal"):
        is_gap = found and day - found > timedelta(days=1) and day > oldest
        if not is_equal or is_gap:
            break
        found = day
    return found


def compare_now(row: Reconciliation) -> None:
    """At the next tick, and what differs is looked for anew."""
    days = ReconciledDay.objects.filter(Q(is_equal=False) | Q(listing__isnull=False))
    days.filter(reconciliation=row).update(searched_at=None)
    Reconciliation.objects.filter(pk=row.pk).update(due_at=Now())
