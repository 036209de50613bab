"""The seam by which whoever asked for a message is asked once more whether it is still wanted, in
the transaction that claims it: a base class and a line in CRM_MESSAGE_CHECKS."""

from datetime import datetime

from campaigns.models import Message
from crm_project.registry import Registry

checks: Registry["Check"] = Registry("CRM_MESSAGE_CHECKS", "campaigns.delivery.checks.Check")


class Check:
    """Base class. It only reads, in a few queries for the whole batch."""

    key = ""

    def stops(self, messages: list[Message], now: datetime) -> dict[int, str]:
        """By message that is not wanted any more: the reason, one of reasons.py."""
        raise NotImplementedError
