"""A dry run: what a journey would have done in a stretch of the past, in numbers."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.journey import Journey
from crm_project.jobs.models import Job


class DryRun(models.Model):
    """The definition that was tried, and what came of it (campaigns/journeys/dry_run/tally.py).
    Numbers only; while it is under way, also who is still to be looked at."""

    journey = models.ForeignKey(
        Journey, models.CASCADE, related_name="dry_runs", verbose_name=_("journey")
    )
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    is_draft = models.BooleanField(default=True)
    definition = models.JSONField()
    since = models.DateTimeField(_("from"))
    until = models.DateTimeField(_("until"))
    waiting = models.BinaryField(default=b"")
    people = models.PositiveIntegerField(null=True)  # for whom it may begin in that time
    one_in = models.PositiveIntegerField(default=1)  # so many of them was looked at
    result = models.JSONField(default=list)
    created_at = models.DateTimeField(_("began"))
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("dry run")
        verbose_name_plural = _("dry runs")

    def __str__(self):
        return f"{self.journey} {self.since:%Y-%m-%d}"
