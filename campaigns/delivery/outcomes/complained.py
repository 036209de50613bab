"""The receiver called it spam: they are not written to any more, for no purpose."""

from campaigns.delivery.outcomes.base import Outcome


class Complained(Outcome):
    key, event, column = "complained", "Message Complained", "complained_at"
    implies, is_proof, suppresses = ("delivered_at",), True, ""
