"""Queues that are not read, or grow faster than they are read."""

from datetime import timedelta

from django.db.models import F, Q
from django.utils.translation import gettext as _

from crm_project.alarms.base import Alarm
from integrations.models import QueueState
from integrations.sync.queue.consuming import wanted_queues

SILENT, BEHIND = timedelta(minutes=5), 600  # seconds that the newest message lay
NOT_BEHIND = 60


def ill(now, *, behind: float = BEHIND):
    """States of queues that are wanted and not well, with their queues."""
    wanted = QueueState.objects.filter(queue__in=wanted_queues()).select_related("queue")
    never_read = Q(seen_at=None) & Q(queue__created_at__lt=now - SILENT)
    silent = Q(seen_at__lt=now - SILENT) | never_read
    late = Q(behind_seconds__gte=behind) & Q(waiting__gt=0)
    failing = Q(last_error_at__gt=F("last_ok_at")) | Q(last_ok_at=None, last_error_at__lt=now)
    return wanted.filter(silent | late | (failing & ~Q(last_error="")))


class Behind(Alarm):
    key = "queues_in"

    def problem(self, now, *, was_raised):
        found = ill(now, behind=NOT_BEHIND if was_raised else BEHIND)
        found = found.filter(
            Q(seen_at__lt=now - SILENT) | Q(seen_at=None) | Q(behind_seconds__gte=NOT_BEHIND)
        )
        names = sorted(one.queue.name for one in found)
        return (
            _("Queues are not read, or lag behind: %(names)s") % {"names": ", ".join(names)}
            if names
            else ""
        )
