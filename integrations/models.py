"""What came in and could not be understood, kept whole until someone mends the reason."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Source
from customers.privacy.sealing import SealedField
from integrations.wechat.models import AccessToken
from integrations.wechat.service.models import ServiceWindow
from integrations.wechat.subscribe.models import Grant, SubscribeTemplate

__all__ = ["AccessToken", "Grant", "Quarantine", "ServiceWindow", "SubscribeTemplate"]


class Quarantine(models.Model):
    """A request or an item that was refused; raw bytes sealed whole (base64), deleted after 30 days
    (Retention).

    Staff may have it tried again (integrations/doors/replaying.py).
    """

    source = models.ForeignKey(
        Source, models.CASCADE, null=True, related_name="+", verbose_name=_("source")
    )
    format = models.CharField(_("format"), max_length=30)
    door = models.CharField(_("address"), max_length=60, blank=True, default="")
    code = models.CharField(_("reason"), max_length=60)
    path = models.CharField(_("where"), max_length=200, blank=True, default="")
    row_key = models.UUIDField(
        null=True, default=uuid.uuid4, editable=False
    )  # a row of a batch has nothing else of its own
    raw = SealedField(editable=False, row=["row_key"])
    size = models.PositiveIntegerField(_("bytes"), default=0, editable=False)
    received_at = models.DateTimeField(_("received"))
    replayed_at = models.DateTimeField(_("replayed"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("quarantined request")
        verbose_name_plural = _("quarantine")
        indexes = [
            models.Index(fields=["source", "code"], name="quarantine_source"),
        ]
        indexes += [models.Index(fields=["received_at"], name="quarantine_received")]

    def __str__(self):
        return f"{self.code} ({self.pk})"
