"""Orders that differ are asked for again: what their system answers at once is recorded as if it
had come to our doors, as history: it is late. What it sends by its usual way comes by itself."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from integrations.doors import bisecting
from integrations.doors.formats import Rejected
from integrations.models import Difference, Reconciliation
from integrations.native.format import NativeFormat
from integrations.sync.reconciliation import contract

DOORS = ("orders", "refunds")


def fetch(row: Reconciliation, differences: Sequence[Difference], now: datetime) -> tuple[int, int]:
    """How many items came with the answer and were taken, and how many were refused. Raises
    CallFailed, Unreadable."""
    numbers = [one.number for one in differences][: contract.MOST_ORDERS]
    said = contract.again(row.connection, numbers)
    taken = refused = 0
    for door, raws in zip(DOORS, (said.orders, said.refunds), strict=True):
        results = recorded(row, door, [bytes(raw) for raw in raws], now) if raws else []
        bad = sum(1 for one in results if isinstance(one, Rejected))
        taken, refused = taken + len(results) - bad, refused + bad
    Difference.objects.filter(pk__in=[one.pk for one in differences]).update(asked_again_at=now)
    return taken, refused


def recorded(row: Reconciliation, door: str, raws: list[bytes], now: datetime) -> list:
    body = msgspec.json.encode({"batch": [msgspec.Raw(raw) for raw in raws]})
    parsed = NativeFormat.served[f"api/v1/{door}"].parse(body, row.source, now)
    incoming = [one for one in parsed.items if not isinstance(one, Rejected)]
    stored = bisecting.store_bisecting(row.source, incoming, is_history=True)
    return [*(one for one in parsed.items if isinstance(one, Rejected)), *stored]
