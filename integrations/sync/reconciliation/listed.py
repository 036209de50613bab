"""Days whose other side is a list that somebody brought: compared order by order, again and again,
so that what is brought in afterwards counts."""

import time
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Count, F, Q, Sum

from events.models import Order
from integrations.models import ListedOrder, ReconciledDay, Reconciliation
from integrations.sync.reconciliation import ours, stores
from integrations.sync.reconciliation.contract import Amounts, OneOrder, same_money
from integrations.sync.reconciliation.days import (
    EVERY,
    MOST_DIFFERENCES,
    bounds,
    days_of,
    write_differences,
)

CLOCKS = {False: "placed_at", True: "paid_at"}
DIFFERENT = """
SELECT number, o.paid_fen, o.refunded_fen, o.status, t.paid_fen, t.refunded_fen, t.status
  FROM (SELECT number, paid_fen, refunded_fen, status FROM events_order
         WHERE namespace_id = %(namespace)s AND {clock} >= %(first)s AND {clock} < %(last)s) o
  FULL JOIN (SELECT number, paid_fen, refunded_fen, status FROM integrations_listedorder
              WHERE listing = %(listing)s AND day = %(day)s) t USING (number)
 WHERE o.paid_fen IS NULL OR t.paid_fen IS NULL
    OR (o.paid_fen, o.refunded_fen) <> (t.paid_fen, t.refunded_fen)
    OR (t.status <> '' AND (o.status = 'cancelled') <> (t.status = 'cancelled'))
 ORDER BY number LIMIT %(most)s
"""


class Listed(OneOrder):
    """An order with its state, where that is said."""

    status: str = ""


Pair = tuple[str, Listed | None, Listed | None]


def compare_all(row: Reconciliation, now: datetime, until: float) -> bool:
    """The days of lists that differ or may still change; whether some are left for later."""
    lately = days_of(row, now)[-1]
    waiting = ReconciledDay.objects.filter(
        Q(searched_at=None) | Q(searched_at__lt=now - EVERY / 2),
        Q(day__gte=lately) | Q(is_equal=False),
        reconciliation=row,
        listing__isnull=False,
    )
    for day in waiting.order_by(F("searched_at").asc(nulls_first=True), "-day"):
        if time.monotonic() >= until:
            return True
        compare_day(row, day.day, day.listing, now, by_payment=day.by_payment)
    return False


def compare_day(
    row: Reconciliation, day: date, listing: int, now: datetime, *, by_payment: bool
) -> ReconciledDay:
    """The day says how it stands against the list, and which orders differ."""
    window = bounds(row, day)
    mine = ours.window(row.source, *window, by_payment=by_payment)
    said = ListedOrder.objects.filter(listing=listing, day=day)
    by_store = {
        store: Amounts(*numbers)
        for store, *numbers in said.values_list("store").annotate(
            Count("pk"), Sum("paid_fen"), Sum("refunded_fen")
        )
    }
    theirs = Amounts(
        sum(one.orders for one in by_store.values()),
        sum(one.paid_fen for one in by_store.values()),
        sum(one.refunded_fen for one in by_store.values()),
    )
    names_stores = set(by_store) - {""}
    found = different(row, day, listing, by_payment=by_payment)
    with transaction.atomic():
        kept, _made = ReconciledDay.objects.update_or_create(
            reconciliation=row,
            day=day,
            defaults={
                "orders": mine.orders,
                "paid_fen": mine.paid_fen,
                "refunded_fen": mine.refunded_fen,
                "customers": ours.registered(row.source, *window),
                "their_orders": theirs.orders,
                "their_paid_fen": theirs.paid_fen,
                "their_refunded_fen": theirs.refunded_fen,
                "their_customers": None,
                "stores": (
                    stores.compared(row, by_store, window, by_payment=by_payment)
                    if names_stores
                    else None
                ),
                "is_equal": same_money(mine, theirs) and not found,
                "compared_at": now,
                "searched_at": now,
                "listing": listing,
                "by_payment": by_payment,
            },
        )
        write_differences(kept, found)
    return kept


def different(row: Reconciliation, day: date, listing: int, *, by_payment: bool) -> list[Pair]:
    """The orders that differ. One that stands on another day of the other side is the same."""
    first, last = bounds(row, day)
    values = {
        "namespace": row.source.namespace_id,
        "first": first,
        "last": last,
        "listing": listing,
        "day": day,
        "most": 2 * MOST_DIFFERENCES,
    }
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENT.format(clock=CLOCKS[by_payment]), values)
        rows = cursor.fetchall()
    mine = {row[0]: Listed(*row[:4]) for row in rows if row[1] is not None}
    theirs = {row[0]: Listed(row[0], *row[4:]) for row in rows if row[4] is not None}
    mine |= here(row, theirs.keys() - mine.keys())
    theirs |= there(row, mine.keys() - theirs.keys())
    pairs = [(number, mine.get(number), theirs.get(number)) for number in sorted(mine | theirs)]
    return [one for one in pairs if differ(one[1], one[2])]


def here(row: Reconciliation, numbers) -> dict[str, Listed]:
    found = Order.objects.filter(namespace=row.source.namespace_id, number__in=list(numbers))
    said = found.values_list("number", "paid_fen", "refunded_fen", "status")
    return {one[0]: Listed(*one) for one in said}


def there(row: Reconciliation, numbers) -> dict[str, Listed]:
    """On other days of lists that count."""
    days = ReconciledDay.objects.filter(reconciliation=row).exclude(listing=None)
    found = ListedOrder.objects.filter(
        reconciliation=row, listing__in=days.values("listing"), number__in=list(numbers)
    )
    said = found.values_list("number", "paid_fen", "refunded_fen", "status")
    return {one[0]: Listed(*one) for one in said}


def differ(mine: Listed | None, theirs: Listed | None) -> bool:
    """In money, or in whether it was cancelled; a list may be older than our state otherwise."""
    if mine is None or theirs is None:
        return True
    cancelled = Order.Status.CANCELLED
    return (mine.paid_fen, mine.refunded_fen) != (theirs.paid_fen, theirs.refunded_fen) or bool(
        theirs.status and (mine.status == cancelled) != (theirs.status == cancelled)
    )


def leave(day: ReconciledDay) -> None:
    """The list does not count for this day any more: its system is asked again."""
    ReconciledDay.objects.filter(pk=day.pk).update(listing=None, by_payment=False, searched_at=None)
    ListedOrder.objects.filter(reconciliation=day.reconciliation_id, day=day.day).delete()
