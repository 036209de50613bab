"""Days that do not agree, and systems that do not answer."""

from datetime import timedelta

from django.utils.translation import gettext as _

from crm_project.alarms.base import Alarm
from integrations.models import ReconciledDay, Reconciliation

LATE = timedelta(hours=26)


def unequal():
    """Days that differ, of sources that are still compared."""
    return ReconciledDay.objects.filter(
        is_equal=False, reconciliation__is_active=True
    ).select_related("reconciliation__source")


class Differs(Alarm):
    key = "reconciliation"

    def problem(self, now, *, was_raised):
        names = set(unequal().values_list("reconciliation__source__name", flat=True)[:100])
        silent = Reconciliation.objects.filter(is_active=True, created_at__lt=now - LATE).exclude(
            problem=""
        )
        names |= set(silent.values_list("source__name", flat=True)[:100])
        return (
            _("Reconciliation: the numbers differ, or cannot be asked: %(names)s")
            % {"names": ", ".join(sorted(names))}
            if names
            else ""
        )
