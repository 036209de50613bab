"""The seam to whoever asks for messages: delivery carries them, and asks each origin what it has to
say about its own (what is still wanted: checks.py). One class and one line in CRM_ORIGINS."""

from datetime import datetime

from django.db.models import Q

from campaigns.models import Message
from crm_project.registry import Registry


class Origin:
    """What asks for messages. Those of others are never its business."""

    key: str

    def held(self) -> Q:
        """Messages that must not leave now, and keep their place: whoever asked for them is
        paused."""
        return Q(pk__in=[])

    def subject(self, message: Message) -> str:
        """What is measured by the message (an Assignment's subject); "": not its own."""
        return ""

    def withdrawn(self, now: datetime) -> tuple[Q, str] | None:
        """What is to be called off though it came back to the queue after the fact, and the
        reason."""
        return None


origins: Registry["Origin"] = Registry("CRM_ORIGINS", "campaigns.delivery.origins.Origin")


def subject_of(message: Message) -> str:
    """ "" where a person sends it."""
    return next((said for origin in origins if (said := origin().subject(message))), "")
