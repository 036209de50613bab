"""A file and its parts."""

import base64
import os
import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm_project.db.clock import Now
from crm_project.sealing import SealedField


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


class File(models.Model):
    """Parts that are encrypted with a key of this row: without the row they are noise."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    name = models.CharField(_("name"), max_length=200, blank=True, db_default="", default="")
    content_type = models.CharField(max_length=100, blank=True, db_default="", default="")
    key = SealedField(row=["public_id"], default=new_key)
    # What an upload said it would be; null for what we make ourselves.
    size = models.BigIntegerField(_("bytes"), null=True)
    part_bytes = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    completed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(_("expires"), db_index=True)

    class Meta:
        verbose_name = _("stored file")
        verbose_name_plural = _("stored files")

    def __str__(self):
        return self.name or str(self.public_id)


class FilePart(models.Model):
    """One part, from number 1 on: `content` where the database is the store, else `place` in it."""

    file = models.ForeignKey(File, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    size = models.PositiveIntegerField()  # in clear bytes
    digest = models.BinaryField()  # SHA-256 of the clear bytes, encrypted: a short text has few
    place = models.CharField(max_length=200, blank=True, db_default="", default="")
    content = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="filepart_is_one")]

    def __str__(self):
        return f"{self.file_id} {self.number}"
