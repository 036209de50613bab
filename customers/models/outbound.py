"""Calls to other systems that stand in rows until they are answered, and how each system is
faring."""

import json

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm_project.queue.due import DueRow, due_index
from customers.models.base import OfCustomerUnchecked
from customers.models.connection import Connection
from customers.privacy.sealing import SealedField


class OutboundCall(DueRow, OfCustomerUnchecked):
    """One call through a connection. Its vendor makes a request of `content`, with the secrets as
    they are when it leaves; so none stands here.

    `key` is its effect: written twice it is one call, and the receiver is given it as an id, so
    that a repeat does no harm there either. It is due while it waits, and after its end until its
    caller was told. About nobody in particular: without a customer.
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("call", "waiting")
        ANSWERED = "answered", pgettext_lazy("call", "answered")
        FAILED = "failed", pgettext_lazy("call", "failed")
        EXPIRED = "expired", pgettext_lazy("call", "expired")

    customer = models.ForeignKey(
        "customers.Customer",
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("customer"),
    )
    origin_customer = models.ForeignKey(
        "customers.Customer",
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        editable=False,
    )
    connection = models.ForeignKey(
        Connection, models.PROTECT, related_name="+", verbose_name=_("connection")
    )
    key = models.CharField(_("key"), max_length=200, unique=True)
    caller = models.CharField(_("caller"), max_length=30, blank=True, default="")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    sealed_content = SealedField(editable=False, row=["key"])
    sealed_answer = SealedField(null=True, editable=False, row=["key"])
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"))
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("call to another system")
        verbose_name_plural = _("calls to other systems")
        indexes = [
            due_index("outboundcall_due"),
            models.Index(
                fields=["expires_at"],
                name="outboundcall_expires",
                condition=models.Q(state="waiting"),
            ),
            models.Index(
                fields=["customer"],
                name="outboundcall_customer",
                condition=models.Q(customer__isnull=False),
            ),
            models.Index(fields=["connection", "-id"], name="outboundcall_connection"),
        ]

    def __str__(self):
        return self.key

    @classmethod
    def paused(cls):
        """Those of a connection that somebody has switched off wait for it, or expire."""
        return models.Q(connection__is_active=False)

    @property
    def content(self) -> dict:
        """What its vendor makes the request of: `method`, `path`, `headers`, `body` (a text)."""
        return json.loads(self.sealed_content)

    @property
    def answer(self):
        """The JSON that was answered; a text where it was none; None without an answer."""
        return None if self.sealed_answer is None else json.loads(self.sealed_answer)


class Breaker(models.Model):
    """A connection whose calls fail one after the other, whoever makes them: until `open_until`
    nobody tries, then one does."""

    connection = models.OneToOneField(
        Connection, models.CASCADE, primary_key=True, related_name="breaker"
    )
    failures = models.PositiveIntegerField(default=0)
    open_until = models.DateTimeField(null=True)
