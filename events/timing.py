"""How an event's time stands to ours: on time, late, from a clock that runs ahead; and which times
lie outside what is kept, or cannot be meant.

What is out of range is stored apart from the rest (events/partitions.py). An item that cannot be
meant (before EPOCH, more than MOST_AHEAD of us) is refused by its door before it comes here
(integrations/native/fields.py, integrations/doors/reading/moments.py).
"""

from datetime import UTC, datetime, timedelta

from events.models import Event

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_AHEAD = timedelta(days=366)  # of ours; no clock of a working sender shows a later time
FUTURE = timedelta(hours=1)  # clocks of shops may be ahead of ours by so much
LATE = timedelta(days=7)


class Clock:
    """What the times of a batch are compared with; `oldest` is the first moment of which all events
    are kept."""

    def __init__(self, now: datetime, oldest: datetime):
        self.now, self.oldest, self.latest = now, oldest, now + FUTURE

    def is_out_of_range(self, occurred_at: datetime) -> bool:
        """Older than what is kept, or from a clock that runs ahead."""
        return not self.oldest <= occurred_at <= self.latest

    def timing(self, occurred_at: datetime) -> int:
        if occurred_at > self.latest:
            return Event.Timing.FUTURE
        return Event.Timing.LATE if occurred_at < self.now - LATE else Event.Timing.FRESH
