"""Refused requests that jump: a sender has changed, or somebody tries."""

from datetime import timedelta

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from crm_project.alarms.base import Alarm
from integrations.models import Quarantine

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FEWEST, TIMES = 20, 5  # in an hour, and so many times as many as in an hour of the day before


class Jump(Alarm):
    key = "quarantine"

    def problem(self, now, *, was_raised):
        rows = Quarantine.objects.filter(received_at__gt=now - HOUR - DAY)
        counts = rows.aggregate(
            lately=Count("pk", filter=Q(received_at__gt=now - HOUR)), all=Count("pk")
        )
        usual = (counts["all"] - counts["lately"]) / 24
        if counts["lately"] < max(FEWEST, TIMES * usual):
            return ""
        return _("%(n)d requests were refused within an hour, usually %(usual)d") % {
            "n": counts["lately"],
            "usual": round(usual),
        }
