"""What we know and may do: consents, the audit trail, who changed."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm_project.db.clock import Now
from customers.models.base import OfCustomer
from customers.models.workspace import Source


class Purpose(models.TextChoices):
    MARKETING = "marketing", _("marketing")
    SERVICE = "service", _("service")


class Consent(OfCustomer):
    """One statement about one channel and purpose. The latest one counts; no row: decision 22."""

    channel = models.CharField(_("channel"), max_length=30)
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose)
    is_granted = models.BooleanField(_("granted"))
    occurred_at = models.DateTimeField(_("occurred"))
    version = models.CharField(_("version of the text"), max_length=50, blank=True, default="")
    proof = models.CharField(_("proof"), max_length=500, blank=True, default="")
    source = models.ForeignKey(
        Source, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("source")
    )
    merge = models.ForeignKey(
        "customers.Merge", models.CASCADE, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        indexes = [
            models.Index(
                fields=["customer", "channel", "purpose", "-occurred_at"], name="consent_latest"
            )
        ]

    def __str__(self):
        return f"{self.channel}/{self.purpose}"


class AuditEntry(models.Model):
    """One act of one person or machine; append-only (a trigger refuses change). Masked values
    only."""

    at = models.DateTimeField(_("at"), db_default=Now(), editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    act = models.CharField(_("act"), max_length=60)
    subject = models.CharField(_("subject"), max_length=100)
    details = models.JSONField(_("details"), default=dict)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        indexes = [
            models.Index(fields=["subject", "at"], name="audit_subject"),
            models.Index(fields=["at"], name="audit_at"),
            models.Index(fields=["act", "id"], name="audit_act"),
        ]

    def __str__(self):
        return f"{self.act} {self.subject}"


class AuditSeal(models.Model):
    """One link of the chain over the audit log (customers/audit_chain.py): a keyed hash of an
    entry and of the link before."""

    position = models.BigIntegerField(primary_key=True)
    entry_id = models.BigIntegerField(unique=True)
    at = models.DateTimeField()  # of the entry
    entry_digest = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("audit seal")
        verbose_name_plural = _("audit seals")

    def __str__(self):
        return f"{self.position}: {self.entry_id}"


class RevealLimit(models.Model):
    """How many phones and e-mails one person of this role is shown in an hour; of several roles the
    highest counts.

    Empty: as for roles of which nothing is said (customers/data_rights/revealing.py).
    """

    group = models.OneToOneField(
        "auth.Group", models.CASCADE, related_name="+", verbose_name=_("role")
    )
    per_hour = models.PositiveIntegerField(_("phones and e-mails per hour"), null=True)
    per_hour_due = models.PositiveIntegerField(
        _("phones of today's tasks and bookings per hour"), null=True
    )

    class Meta:
        verbose_name = _("limit of revealing")
        verbose_name_plural = _("limits of revealing")

    def __str__(self):
        return str(self.group)


class ChangedCustomer(models.Model):
    """Left by statement triggers on every write that can change a segment (decision 8); read by
    customers/segments/membership.py."""

    customer_id = models.IntegerField()
    what = models.CharField(max_length=20)
    at = models.DateTimeField(db_default=Now())
    # Part of something large (crm_project/queue/lanes.py): looked at after what single people did.
    # The column's real default asks the session.
    is_mass = models.BooleanField(db_default=False)
    is_history = models.BooleanField(db_default=False)  # sets nothing in motion; likewise

    class Meta:
        verbose_name = _("changed customer")
        verbose_name_plural = _("changed customers")
        indexes = [
            models.Index(fields=["id"], name="changed_single", condition=models.Q(is_mass=False))
        ]
