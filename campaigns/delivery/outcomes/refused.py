"""It was not handed over, since its receiver has told the vendor or the carrier that they want no
advertising; what they ordered is still spoken of."""

from campaigns.delivery.outcomes.base import Outcome
from customers.models import Purpose


class Refused(Outcome):
    key, event, column = "refused", "Message Refused", "bounced_at"
    arrived, suppresses = False, Purpose.MARKETING
