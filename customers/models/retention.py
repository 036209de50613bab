"""How long each kind of data is kept, and how far its clearing has come
(customers/data_rights/retention/)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm_project.queue.due import DueRow, due_index


class Retention(DueRow):
    """One kind of data (CRM_RETENTION). A sweep walks its rows once by windows of ids, counts those
    whose time is over, and deletes them where a person has agreed to that; `waiting` is what the
    last sweep that only counted has found.
    """

    kind = models.CharField(max_length=40, unique=True)
    is_chosen = models.BooleanField(default=False)  # else the kind's own default counts
    number = models.PositiveIntegerField(
        null=True
    )  # of its days or months; null: as long as it says
    agreed_at = models.DateTimeField(null=True)
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    # the sweep under way
    began_at = models.DateTimeField(null=True)
    cursor = models.BigIntegerField(default=0)
    last_id = models.BigIntegerField(default=0)
    window = models.PositiveIntegerField(default=1000)
    found = models.BigIntegerField(default=0)
    oldest = models.DateTimeField(null=True)
    only_counts = models.BooleanField(default=True)
    # the last one
    ended_at = models.DateTimeField(_("cleared"), null=True)
    waiting = models.BigIntegerField(default=0)
    waiting_oldest = models.DateTimeField(null=True)
    gone = models.BigIntegerField(_("deleted so far"), default=0)

    class Meta:
        verbose_name = _("retention")
        verbose_name_plural = _("retention")
        permissions = [("agree_retention", "Can agree that data whose time is over is deleted")]
        indexes = [due_index("retention_due")]

    def __str__(self):
        return self.kind
