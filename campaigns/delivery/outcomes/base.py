"""The seam to what receipts say: one file and one line in CRM_OUTCOMES."""

from crm_project.registry import Registry


class Outcome:
    """What follows when somebody says that this became of a message.

    `key` is a word of anymail, by which a vendor's channel names it; `event` the name of the event
    by which anybody else tells it, with the property `message_id`.
    """

    key: str
    event: str
    column: str  # of the message: when it was so, for the first time
    implies: tuple[str, ...] = ()  # other columns that are true with it: who clicked got it
    arrived = True  # it says that the message arrived; else that it did not
    # Somebody did it with the message in hand: it arrived, whatever else is said and when.
    is_proof = False
    # Nothing of this purpose ("": of any) goes to this customer on this channel any more, unless
    # the receipt says that it is for now (`permanent` is false); None: no such thing follows.
    suppresses: str | None = None


outcomes: Registry["Outcome"] = Registry("CRM_OUTCOMES", "campaigns.delivery.outcomes.Outcome")
