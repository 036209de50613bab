"""Those under way on older versions of a journey, moved to a newer one."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.journey import Journey, JourneyVersion, Run
from crm_project.jobs.models import Job


class VersionMove(models.Model):
    """Who goes where, as somebody decided it. `mapping` is {number of a version's row: {step: where
    to}}; where to is "stay", "leave", or "to:" and a step of the newer version."""

    journey = models.ForeignKey(
        Journey, models.CASCADE, related_name="moves", verbose_name=_("journey")
    )
    to_version = models.ForeignKey(
        JourneyVersion, models.PROTECT, related_name="+", verbose_name=_("version")
    )
    mapping = models.JSONField(_("mapping"), default=dict)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("by"),
    )
    made_at = models.DateTimeField(_("at"))
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("move between versions")
        verbose_name_plural = _("moves between versions")

    def __str__(self):
        return f"{self.journey} → v{self.to_version.number}"


class RunMove(models.Model):
    """A run went over to another version: where it stood, and where it stands since."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="moves", verbose_name=_("run"))
    visit = models.PositiveIntegerField(
        _("visit"), help_text=_("Visits before it were made in the older version.")
    )
    from_version = models.ForeignKey(
        JourneyVersion, models.PROTECT, related_name="+", verbose_name=_("from version")
    )
    to_version = models.ForeignKey(
        JourneyVersion, models.PROTECT, related_name="+", verbose_name=_("to version")
    )
    from_step = models.CharField(_("from step"), max_length=40, blank=True)
    to_step = models.CharField(_("to step"), max_length=40, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("move of a run")
        verbose_name_plural = _("moves of runs")
        constraints = [
            models.UniqueConstraint(fields=["run", "to_version"], name="runmove_is_unique")
        ]

    def __str__(self):
        return f"{self.run_id}: {self.from_step} → {self.to_step}"
