"""It came back: nobody is there."""

from campaigns.delivery.outcomes.base import Outcome


class Bounced(Outcome):
    key, event, column = "bounced", "Message Bounced", "bounced_at"
    arrived, suppresses = False, ""
