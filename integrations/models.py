"""What came in and could not be understood, kept whole until someone mends the reason; what vendors
of short messages say of our accounts there."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm_project.queue.due import DueRow, due_index
from customers.models import Connection, Source
from customers.privacy.sealing import SealedField
from integrations.member_api.models import MemberSession, PhoneLookups
from integrations.sync.files.models import FileImport, ImportMapping, ImportRow
from integrations.sync.queue.models import QueueSource, QueueState
from integrations.sync.reconciliation.models import (
    Difference,
    ListedOrder,
    ReconciledDay,
    Reconciliation,
)
from integrations.sync.tables.models import CapturedRow, TableMapping
from integrations.wechat.models import AccessToken
from integrations.wechat.service.models import ServiceWindow
from integrations.wechat.subscribe.models import Grant, SubscribeTemplate

__all__ = [
    "AccessToken",
    "CapturedRow",
    "Difference",
    "FileImport",
    "Grant",
    "ImportMapping",
    "ImportRow",
    "ListedOrder",
    "MemberSession",
    "PhoneLookups",
    "Quarantine",
    "QueueSource",
    "QueueState",
    "ReconciledDay",
    "Reconciliation",
    "ServiceWindow",
    "SmsAccount",
    "SmsTemplate",
    "SubscribeTemplate",
    "TableMapping",
]


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


class SmsTemplate(models.Model):
    """A text that a vendor of short messages has looked at, as it was fetched from there last."""

    class Kind(models.TextChoices):
        CODE = "code", _("code (验证码)")
        NOTICE = "notice", _("notice (通知)")
        PROMOTION = "promotion", _("promotion (推广)")

    class Review(models.TextChoices):
        WAITING = "waiting", _("under review")
        PASSED = "passed", _("approved")
        REFUSED = "refused", pgettext_lazy("review", "refused")
        GONE = "gone", _("not there any more")

    connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="+", verbose_name=_("connection")
    )
    code = models.CharField(_("code"), max_length=64)
    name = models.CharField(_("name"), max_length=200)
    text = models.TextField(_("text"))
    kind = models.CharField(
        _("kind"),
        max_length=12,
        choices=Kind,
        help_text=_(
            "Promotion is for marketing, notice and code are for service. Some vendors do not say"
            " which it is: then it is guessed from the text, and can be set right here."
        ),
    )
    # Set by staff, so that fetching them anew does not guess again.
    kind_is_said = models.BooleanField(default=False, db_default=False, editable=False)
    review = models.CharField(_("review"), max_length=12, choices=Review)
    reason = models.CharField(_("reason"), max_length=300, blank=True, default="")
    synced_at = models.DateTimeField(_("fetched"))

    class Meta:
        verbose_name = _("SMS template")
        verbose_name_plural = _("SMS templates")
        constraints = [
            models.UniqueConstraint(fields=["connection", "code"], name="sms_template_is_unique")
        ]

    def __str__(self):
        return f"{self.name} ({self.code})"


class SmsAccount(DueRow):
    """How an account for short messages stands with its vendor: balance, signature, and when it is
    looked after again."""

    class Sign(models.TextChoices):
        UNKNOWN = "unknown", _("not known")
        PASSED = "passed", _("approved")
        WAITING = "waiting", _("under review")
        FILING = "filing", _("approved, being filed with the carriers")
        REFUSED = "refused", pgettext_lazy("review", "refused")

    connection = models.OneToOneField(
        Connection, models.CASCADE, related_name="sms", verbose_name=_("connection")
    )
    sign = models.CharField(_("signature"), max_length=12, choices=Sign, default=Sign.UNKNOWN)
    sign_reason = models.CharField(_("reason"), max_length=300, blank=True, default="")
    # of further signatures, by name: state and reason
    signs = models.JSONField(default=dict, db_default={}, editable=False)
    balance = models.CharField(_("balance"), max_length=60, blank=True, default="")
    balance_at = models.DateTimeField(_("as of"), null=True)
    synced_at = models.DateTimeField(_("fetched"), null=True)

    class Meta:
        verbose_name = _("SMS account")
        verbose_name_plural = _("SMS accounts")
        indexes = [due_index("sms_account_due")]

    def __str__(self):
        return str(self.connection)

    def states(self, sign: str) -> dict[str, str]:
        """Of each signature, `sign` being the first."""
        return {sign: self.sign, **{name: of[0] for name, of in self.signs.items()}}
