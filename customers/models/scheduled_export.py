"""A list that becomes a file again and again."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm_project.db.clock import Now
from crm_project.jobs.models import Job
from crm_project.queue.due import DueRow, due_index


class ScheduledExport(DueRow):
    """Due when its next file is: a job of whoever made it, with their rights of then."""

    name = models.CharField(_("name"), max_length=60)
    of = models.CharField(_("list"), max_length=60, editable=False)  # the label of its model
    query = models.CharField(max_length=2000, blank=True, default="", editable=False)
    said = models.JSONField(default=dict, editable=False)  # format, columns, what is in clear
    reason = models.CharField(_("why"), max_length=200, editable=False)
    schedule = models.JSONField(_("again and again"), editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="+",
        editable=False,
        verbose_name=_("made by"),
    )
    until = models.DateTimeField(_("until"))
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("made"), db_default=Now(), editable=False)
    fired_at = models.DateTimeField(_("last begun"), null=True, editable=False)
    # The jobs are cleared by time: they may be gone.
    job = models.ForeignKey(
        Job, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    delivered_at = models.DateTimeField(_("last delivered"), null=True, editable=False)

    class Meta:
        verbose_name = _("export on a schedule")
        verbose_name_plural = _("exports on a schedule")
        indexes = [due_index("scheduledexport_due")]

    def __str__(self):
        return self.name
