"""A source's days are compared, and where one differs, its orders are found: windows that differ
are halved until one is small enough to be listed."""

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Q

from crm_project.db.clock import Now, database_now
from customers.workspace.moments import moment_in
from integrations.models import Difference, ReconciledDay, Reconciliation
from integrations.sync.reconciliation import contract, ours
from integrations.sync.reconciliation.contract import CallFailed, OneOrder, Unreadable, Window

EVERY, SOON = timedelta(hours=1), timedelta(seconds=5)
SECONDS = 20.0  # of one tick
SETTLED = timedelta(hours=2)  # after its end a day is looked at: what is under way has come
FEW = 300  # orders of a window that are listed instead of halved
MOST_QUESTIONS = 200  # of one day
MOST_DIFFERENCES = 1000  # of one day that are written down
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
        days = days_of(row, now)
        for first in range(0, len(days), contract.MOST_WINDOWS):
            compare_days(row, days[first : first + contract.MOST_WINDOWS], now)
        if search_days(row, days, now, until):
            said["due_at"] = now + SOON
    except CallFailed as failed:
        said["problem"] = str(failed)[:300]
    except Unreadable as wrong:
        said["problem"] = f"{UNREADABLE}: {wrong}"[:300]
    said["complete_until"] = complete_until(row)
    Reconciliation.objects.filter(pk=row.pk).update(**said)


def search_days(row: Reconciliation, days: list[date], now: datetime, until: float) -> bool:
    """The orders behind the days that differ; whether some are left for later."""
    waiting = ReconciledDay.objects.filter(
        Q(searched_at=None) | Q(searched_at__lt=now - EVERY / 2),
        reconciliation=row,
        day__in=days,
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


def days_of(row: Reconciliation, now: datetime) -> list[date]:
    """The days that are over, the newest first."""
    today = (now - SETTLED).astimezone(ZoneInfo(row.time_zone)).date()
    return [today - timedelta(days=n) for n in range(1, row.days + 1)]


def bounds(row: Reconciliation, day: date) -> tuple[datetime, datetime]:
    """From midnight to midnight of the shop."""
    zone = ZoneInfo(row.time_zone)
    first, last = datetime.combine(day, datetime.min.time()), day + timedelta(days=1)
    return moment_in(zone, first).astimezone(zone), moment_in(
        zone, datetime.combine(last, datetime.min.time())
    ).astimezone(zone)


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
    is_equal = mine.same_money(theirs) and theirs.customers in (None, people)
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
        if mine.same_money(theirs) or self.left <= 0:
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
        return [one for one in pairs if one[1] != one[2]][:MOST_DIFFERENCES]


def write_differences(day: ReconciledDay, found) -> None:
    numbers = [number for number, _mine, _theirs in found]
    day.differences.exclude(number__in=numbers).delete()
    Difference.objects.bulk_create(
        [
            Difference(
                day=day,
                number=number,
                paid_fen=mine.paid_fen if mine else None,
                refunded_fen=mine.refunded_fen if mine else None,
                their_paid_fen=theirs.paid_fen if theirs else None,
                their_refunded_fen=theirs.refunded_fen if theirs else None,
            )
            for number, mine, theirs in found
        ],
        update_conflicts=True,
        unique_fields=["day", "number"],
        update_fields=["paid_fen", "refunded_fen", "their_paid_fen", "their_refunded_fen"],
    )


def complete_until(row: Reconciliation) -> date | None:
    """The last day before the first one that differs; None where even the oldest does."""
    days = ReconciledDay.objects.filter(reconciliation=row)
    first_unequal = days.filter(is_equal=False).order_by("day").first()
    if first_unequal is not None:
        days = days.filter(day__lt=first_unequal.day)
    newest = days.order_by("-day").first()
    return newest.day if newest else None


def compare_now(row: Reconciliation) -> None:
    """At the next tick, and what differs is looked for anew."""
    ReconciledDay.objects.filter(reconciliation=row, is_equal=False).update(searched_at=None)
    Reconciliation.objects.filter(pk=row.pk).update(due_at=Now())
