"""The receiver wants no more advertising (a link in a letter, R or T by SMS); what they ordered is
still spoken of."""

from campaigns.delivery.outcomes.base import Outcome
from customers.models import Purpose


class Unsubscribed(Outcome):
    key, event, column = "unsubscribed", "Message Unsubscribed", "unsubscribed_at"
    implies, is_proof, suppresses = ("delivered_at",), True, Purpose.MARKETING
