"""One act on all rows of a list as it was filtered, in the background (customers/bulk/)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm_project.queue.due import DueRow, due_index
from customers.privacy.sealing import SealedField


class BulkRun(DueRow):
    """Worked through by windows of ids, from the first to what was the last when it began. Each row
    is accounted for: done or skipped."""

    act = models.CharField(_("act"), max_length=40)
    list = models.CharField(_("list"), max_length=60, help_text="app.model")
    query = models.TextField(_("filter"), blank=True, default="")
    params = models.JSONField(default=dict, editable=False)
    reason = models.CharField(_("why"), max_length=200, blank=True, default="")
    starts_journeys = models.BooleanField(
        default=False, db_default=False, editable=False
    )  # else it is history
    language = models.CharField(max_length=16, blank=True, default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )
    cursor = models.BigIntegerField(default=0, editable=False)
    last_id = models.BigIntegerField(default=0, editable=False)
    done_rows = models.PositiveIntegerField(_("done"), default=0)
    skipped = models.JSONField(_("skipped"), default=dict, help_text="reason: rows")
    created_at = models.DateTimeField(_("began"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True)
    expires_at = models.DateTimeField(_("expires"), null=True)

    class Meta:
        verbose_name = _("background act")
        verbose_name_plural = _("background acts")
        permissions = [("export_list", "Can export lists")]
        indexes = [due_index("bulkrun_due"), models.Index(fields=["by", "-id"], name="bulkrun_by")]

    def __str__(self):
        return f"#{self.pk}"

    @property
    def percent(self) -> int:
        return 100 if self.ended_at else min(99, 100 * self.cursor // max(self.last_id, 1))


class ExportPart(models.Model):
    """One piece of an exported file, sealed; gone when the export expires."""

    run = models.ForeignKey(BulkRun, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = SealedField(row=["run_id", "number"])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="exportpart_is_unique")
        ]

    def __str__(self):
        return f"{self.run} {self.number}"
