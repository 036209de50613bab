"""How an event's time stands to ours: on time, late, from a clock that runs ahead; and which times
lie outside what is kept.

What is out of range is stored apart from the rest (events/partitions.py). An item that cannot be
meant (before 1970, more than a year ahead) is refused by its door before it comes here
(integrations/doors/reading/moments.py).
"""

from datetime import datetime, timedelta

from events.models import Event

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
