"""Days that do not agree, and systems that did not answer for one."""

from django.utils.translation import gettext as _

from crm_project.alarms.base import Alarm
from integrations.sync.reconciliation.standing import unanswered, unequal


class Differs(Alarm):
    key = "reconciliation"

    def problem(self, now, *, was_raised):
        names = set(unequal().values_list("reconciliation__source__name", flat=True)[:100])
        names |= {row.source.name for row in unanswered(now)}
        return (
            _("Reconciliation: the numbers differ, or cannot be asked: %(names)s")
            % {"names": ", ".join(sorted(names))}
            if names
            else ""
        )
