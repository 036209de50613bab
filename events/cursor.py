"""Events in the order of their ids, each exactly once: what every tick that derives something from
events stands on.

Ids come from a sequence, and a transaction may commit long after it took its ids. So a reader notes
how far the sequence is and which transactions exist at that moment; once all of those have ended,
everything up to there is visible, is handed over once, and the cursor moves in the same transaction
as what was derived from it.
"""

import time
from collections.abc import Callable

from django.db import connection, transaction

from events.models import EventCursor

AT_ONCE = 20_000  # ids
BUDGET_SECONDS = 2.0

Handle = Callable[
    [int, int], None
]  # after this id, up to this one; inside the transaction that moves the cursor


def read(
    reader: EventCursor.Reader,
    handle: Handle,
    *,
    at_once: int = AT_ONCE,
    seconds: float = BUDGET_SECONDS,
    may_go_on: Callable[[], bool] = lambda: True,
) -> int:
    """Hand over what has settled since the last look, for a moment at most; how many ids were
    passed. `at_once` ids at a time; each look takes one such lump, and more of them as long as
    `may_go_on` says so."""
    until, passed = time.monotonic() + seconds, 0
    while time.monotonic() < until and (step := read_once(reader, handle, at_once)):
        passed += step
        if not may_go_on():
            break
    return passed


def read_once(reader: EventCursor.Reader, handle: Handle, at_once: int = AT_ONCE) -> int:
    """One lump of ids that are settled; 0 where there is none, or where somebody else reads."""
    with transaction.atomic(), connection.cursor() as cursor:
        EventCursor.objects.get_or_create(pk=reader)
        place = EventCursor.objects.select_for_update(skip_locked=True).filter(pk=reader).first()
        if place is None:
            return 0
        if place.counted_id >= place.next_id:
            note(cursor, place)
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        if cursor.fetchone()[0] < place.next_xid:
            return 0
        lump = min(at_once, place.next_id - place.counted_id)
        if lump:
            handle(place.counted_id, place.counted_id + lump)
            place.counted_id += lump
            place.save(update_fields=["counted_id"])
        return lump


def note(cursor, place: EventCursor) -> None:
    """How far the sequence is, and then, in a later snapshot, which transactions may still hold ids
    up to there."""
    cursor.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM events_event_id_seq")
    place.next_id = cursor.fetchone()[0]
    cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
    place.next_xid = cursor.fetchone()[0]
    place.save(update_fields=["next_id", "next_xid"])


def forget_transactions(**_restore) -> None:
    """The numbers of transactions were those of the former server; none of them is open here."""
    EventCursor.objects.update(next_xid=0)
