"""It was handed over."""

from campaigns.delivery.outcomes.base import Outcome


class Delivered(Outcome):
    key, event, column = "delivered", "Message Delivered", "delivered_at"
