"""An alarm: something that is going to hurt within a day or so (the seam ALARMS)."""

from datetime import datetime

from crm_project.registry import Registry

alarms = Registry("CRM_ALARMS", "crm_project.alarms.base.Alarm")


class Alarm:
    """Looked at once a minute, on one host. What it says goes to an operator's mailbox: numbers and
    names of ours, nothing of any person."""

    key = ""

    def problem(self, now: datetime, *, was_raised: bool) -> str:
        """What is wrong, in a sentence; empty where nothing is. An alarm that was raised may stay
        so until it is clearly over, so that it does not flutter."""
        raise NotImplementedError
