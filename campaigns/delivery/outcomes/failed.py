"""It was not handed over this time: a telephone that is switched off, a full box."""

from campaigns.delivery.outcomes.base import Outcome


class Failed(Outcome):
    key, event, column = "failed", "Message Failed", "bounced_at"
    arrived = False
