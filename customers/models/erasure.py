"""Who was forgotten, and the hashes by which nobody is written to again who was."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm_project.queue.due import DueRow, due_index
from customers.models.base import OfCustomer
from customers.models.customer import Customer
from customers.privacy.sealing import SealedField


class Erasure(DueRow):
    """One person is forgotten; due while something may still come or lie somewhere
    (customers/data_rights/erasing.py).

    `wanted` is by what the rest is found (sealed): empty once all of it is gone.
    """

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="+", verbose_name=_("customer")
    )
    customers = models.JSONField(default=list, editable=False)
    wanted = SealedField(null=True, editable=False, row=["customer_id", "at"])
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    reason = models.CharField(_("reason"), max_length=200)
    marks = models.JSONField(
        null=True, editable=False, help_text="hashes by which a restore knows them"
    )
    at = models.DateTimeField(_("at"))
    xid = models.BigIntegerField(
        null=True, editable=False
    )  # older transactions may have decided before this was known
    hosts = ArrayField(
        models.UUIDField(), db_default=[], editable=False, help_text="whose disks are clean"
    )
    done_at = models.DateTimeField(_("done"), null=True)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        indexes = [due_index("erasure_due")]


class ErasureRequest(OfCustomer):
    """Somebody asked to be forgotten, and a person of ours has to carry it out or say why not
    (customers/data_rights/requests.py). Who was erased has none any more."""

    asked_by = models.CharField(max_length=100, unique=True, editable=False)
    why = models.CharField(
        _("how they asked"),
        max_length=20,
        choices=[("wechat", _("withdrew their authorisation in WeChat"))],
    )
    asked_at = models.DateTimeField(_("asked"))
    due_at = models.DateTimeField(_("to be done until"))
    settled_at = models.DateTimeField(_("settled"), null=True, editable=False)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("by"),
    )

    class Meta:
        verbose_name = _("request to be forgotten")
        verbose_name_plural = _("requests to be forgotten")
        indexes = [
            models.Index(
                fields=["due_at"], name="erasure_request_open", condition=models.Q(settled_at=None)
            )
        ]

    def __str__(self):
        return f"#{self.pk}"


class ErasedIdentity(models.Model):
    """The keyed hash of an identity whose person asked to be forgotten: whoever brings it again
    gets no marketing."""

    digest = models.CharField(max_length=24, unique=True)
    at = models.DateTimeField()


class Export(models.Model):
    """All that is known of one customer, for whoever asked for it, for a day; the archive is
    sealed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="+", verbose_name=_("customer")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("by")
    )
    archive = SealedField(editable=False, row=["id"])  # a ZIP in base64
    at = models.DateTimeField(_("at"))
    expires_at = models.DateTimeField(_("expires"), db_index=True)

    class Meta:
        verbose_name = _("export of a customer")
        verbose_name_plural = _("exports of customers")
