"""Files that were brought in, what their columns mean, and what each of their rows wrote."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm_project.db.clock import Now
from crm_project.files.models import File
from crm_project.jobs.models import Job
from customers.models import Namespace, Source


class ImportMapping(models.Model):
    """What the columns of a file mean, kept for the next one. It has a source of its own: trusted
    like a server's, without secret or reading right. `generation` is part of its ids in the ledger,
    and grows with every undo."""

    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=20)
    source = models.OneToOneField(Source, models.PROTECT, related_name="+", editable=False)
    columns = models.JSONField(default=dict, editable=False)  # {"heading": {"to", "type", …}}
    options = models.JSONField(default=dict, editable=False)
    generation = models.PositiveIntegerField(default=1, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(_("made"), db_default=Now(), editable=False)
    used_at = models.DateTimeField(_("used"), null=True, editable=False)

    class Meta:
        verbose_name = _("mapping of columns")
        verbose_name_plural = _("mappings of columns")

    def __str__(self):
        return self.name


class FileImport(models.Model):
    """A file that somebody has brought, from the upload to its undo. The jobs are cleared by time:
    they may be gone."""

    name = models.CharField(_("file"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    namespace = models.ForeignKey(
        Namespace, models.PROTECT, related_name="+", verbose_name=_("namespace")
    )
    created_at = models.DateTimeField(_("brought"))
    file = models.ForeignKey(File, models.SET_NULL, null=True, related_name="+")
    rows = models.PositiveIntegerField(null=True)  # of a workbook's sheet, where it says so
    is_merged = models.BooleanField(null=True)  # some cells of the sheet are one; None: not known
    shape = models.JSONField(default=dict)  # how it is written (reading/rows.py)
    columns = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    mapping = models.ForeignKey(
        ImportMapping,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("mapping of columns"),
    )
    trial = models.ForeignKey(
        Job, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    job = models.ForeignKey(
        Job, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    undo = models.ForeignKey(
        Job, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = [models.Index(fields=["created_at"], name="fileimport_created")]

    def __str__(self):
        return self.name


class ImportRow(models.Model):
    """One item that an import wrote: what became of it, and what its undo needs. Kept for 30
    days."""

    # No foreign keys: jobs are cleared by time, and a customer's row is found by `origin`.
    job = models.ForeignKey(
        Job, models.DO_NOTHING, db_constraint=False, related_name="+", db_index=False
    )
    row = models.PositiveIntegerField()
    kind = models.CharField(max_length=20)
    object = models.CharField(max_length=200, blank=True, default="")
    origin = models.IntegerField(null=True, help_text="the customer, as the row named it")
    outcome = models.CharField(max_length=10)
    before = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("imported row")
        verbose_name_plural = _("imported rows")
        indexes = [
            models.Index(fields=["job", "object"], name="importrow_object"),
            models.Index(fields=["origin"], name="importrow_origin"),
        ]

    def __str__(self):
        return f"{self.job_id} {self.row}"
