"""Receipts of vendors that came before we had committed what the vendor calls the message.

Each is a due row that is looked at again after as long as it has waited so far, and at once when a
message of its id is recorded. After 72 hours it is counted as of nobody: another program sends
through the same account, or the answer that named the message was lost.
"""

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from campaigns.delivery import receipts
from campaigns.models import EarlyReceipt
from crm_project.audit import tallies
from crm_project.db.sets import among
from crm_project.queue.due import work_through

KEPT_FOR = timedelta(hours=72)


def wake_for(connection_id: int | None, provider_ids: Collection[str], now: datetime) -> None:
    """Messages of these ids are being recorded: what waits for them is due."""
    named = [one for one in provider_ids if one]
    if connection_id is not None and named:
        EarlyReceipt.objects.filter(connection_id=connection_id, provider_id__in=named).update(
            due_at=now
        )


def look_again(*, rounds: int = 100, limit: int = 1000) -> int:
    """Those that are due are counted, wait on, or are of nobody. The number looked at."""
    looked_at = 0
    for _round in range(rounds):
        taken = work_through(EarlyReceipt.objects.all(), look, limit=limit)
        looked_at += taken
        if taken < limit:
            break
    return looked_at


def look(rows: list[EarlyReceipt], now: datetime) -> None:
    by_connection = defaultdict(list)
    for row in rows:
        by_connection[row.connection_id].append(row)
    over = []
    for connection_id, waiting in sorted(by_connection.items()):
        given = [receipts.Receipt(r.provider_id, r.outcome, r.at, r.detail) for r in waiting]
        told, early = receipts.known(connection_id, given)
        receipts.write(told, now)
        unknown = {(one.provider_id, one.outcome) for one in early}
        over += [r.pk for r in waiting if (r.provider_id, r.outcome) not in unknown]
    gone = [r for r in rows if r.pk not in set(over) and r.received_at + KEPT_FOR <= now]
    for connection_id, number in sorted(Counter(r.connection_id for r in gone).items()):
        tallies.count("receipt.of_nobody", f"connection:{connection_id}", number)
    ended = {*over, *(r.pk for r in gone)}
    EarlyReceipt.objects.filter(among("pk", ended)).delete()
    for row in (waiting := [r for r in rows if r.pk not in ended]):
        row.done(
            due_at=min(now + max(now - row.received_at, receipts.SOON), row.received_at + KEPT_FOR)
        )
    EarlyReceipt.objects.bulk_update(waiting, ["due_at", "token", "attempts", "error"])
