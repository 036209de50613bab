"""Somebody looked at it."""

from campaigns.delivery.outcomes.base import Outcome


class Opened(Outcome):
    key, event, column = "opened", "Message Opened", "opened_at"
    implies, is_proof = ("delivered_at",), True
