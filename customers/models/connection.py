"""The accounts at vendors through which people are reached and known: a mini-program, an SMS
account, a mail server, a webhook."""

import json

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm_project.db.clock import Now
from customers.models.workspace import Namespace
from customers.privacy.sealing import SealedField


class Connection(models.Model):
    """One account at a vendor (docs/decisions: many per vendor). What its settings hold is the
    business of its vendor's form (`CRM_VENDORS`); they are sealed as a whole.

    `Source.connection` says whose secrets open what comes in; a message's `connection_id` through
    which account it left.
    """

    vendor = models.CharField(_("vendor"), max_length=30, editable=False)
    namespace = models.ForeignKey(
        Namespace, models.PROTECT, related_name="connections", verbose_name=_("namespace")
    )
    name = models.CharField(_("name"), max_length=100, unique=True)
    account = models.CharField(
        _("account"),
        max_length=128,
        help_text=_("By which the vendor knows us: an app id, a corp id, an access key."),
    )
    sealed_settings = SealedField(null=True, editable=False, row=["vendor", "account"])
    # Grows whenever they are saved, so that two people with the form open notice each other.
    settings_revision = models.PositiveIntegerField(
        _("settings"), default=0, db_default=0, editable=False
    )
    base_url = models.URLField(
        _("address"),
        blank=True,
        default="",
        help_text=_("Empty: the vendor's own. Another one for a private cloud or a test."),
    )
    open_platform = models.CharField(
        _("open platform"),
        max_length=64,
        blank=True,
        default="",
        help_text=_("Mini-programs of one open platform share the unionids of their people."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    last_ok_at = models.DateTimeField(_("worked last"), null=True, editable=False)
    last_error = models.CharField(
        _("last error"), max_length=300, blank=True, default="", editable=False
    )
    last_error_at = models.DateTimeField(_("failed last"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        constraints = [
            models.UniqueConstraint(fields=["vendor", "account"], name="connection_is_unique")
        ]

    def __str__(self):
        return self.name

    @property
    def settings(self) -> dict:
        """What the vendor's form has stored, in the clear."""
        return json.loads(self.sealed_settings or "{}")

    @settings.setter
    def settings(self, values: dict) -> None:
        self.sealed_settings = json.dumps(values, ensure_ascii=False, sort_keys=True)
