"""How far a campaign under way is, and how long it will take yet."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.models import Campaign, Message

State = Message.State
LATELY = timedelta(seconds=60)  # by whose pace the rest is reckoned
MOST = 500_000  # of the last minute: more are not counted, and nothing is slower for it


@dataclass(frozen=True, slots=True)
class Progress:
    """`left` is in seconds; None where nothing has moved lately, so that nobody can say."""

    targeted: int
    settled: int
    left: int | None

    @property
    def percent(self) -> int:
        return 100 * self.settled // self.targeted if self.targeted else 0


def of(campaign: Campaign, accounts: dict[str, int], now: datetime) -> Progress:
    """Of its accounts (launching.accounts): queued and sending are still to be settled."""
    rest = accounts[State.QUEUED] + accounts[State.SENDING]
    settled = accounts["targeted"] - rest
    since = max(now - LATELY, campaign.launched_at or now)
    seconds = max((now - since).total_seconds(), 1)
    pace = (
        Message.objects.filter(campaign_id=campaign.pk, sent_at__gt=since)[:MOST].count() / seconds
    )
    return Progress(accounts["targeted"], settled, round(rest / pace) if pace and rest else None)
