"""Whom members of the staff send test messages to: themselves."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import OfCustomer


class TestPerson(OfCustomer):
    """The customer that a member of the staff is, as somebody else has confirmed. `digests` holds
    the addresses that were confirmed, by channel, as keyed hashes: another one of the customer's is
    not written to."""

    __test__ = False  # its name is no test's

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("account")
    )
    digests = models.JSONField(default=dict, editable=False)
    named_at = models.DateTimeField(_("named at"))
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True)

    class Meta:
        verbose_name = _("test person")
        verbose_name_plural = _("test persons")

    def __str__(self):
        return f"{self.user} #{self.customer_id}"
