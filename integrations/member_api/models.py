"""Sessions of people who logged in from a mini-program, and what their phones have cost."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm_project.db.clock import Now
from customers.models import Connection, Identity


class MemberSession(models.Model):
    """Somebody has logged in by this identity. It is the identity's and not the customer's: merge,
    undo and erasure of the customer are right without knowing of it.

    Of the token only a hash is kept: who reads the table can be nobody.
    """

    connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="+", db_index=False, verbose_name=_("connection")
    )
    identity = models.ForeignKey(
        Identity, models.CASCADE, related_name="sessions", db_index=False, editable=False
    )
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    created_at = models.DateTimeField(_("logged in"), db_default=Now(), editable=False)
    expires_at = models.DateTimeField(_("ends"), editable=False)
    revoked_at = models.DateTimeField(_("ended"), null=True, editable=False)

    class Meta:
        verbose_name = _("log-in")
        verbose_name_plural = _("log-ins")
        indexes = [models.Index(fields=["identity", "-id"], name="member_session_identity")]
        indexes += [models.Index(fields=["connection"], name="member_session_connection")]

    def __str__(self):
        return f"{self.pk}"


class PhoneLookups(models.Model):
    """How many phone numbers the platform has told of one account on one day, and for how much (in
    1/100 fen)."""

    connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="+", db_index=False, editable=False
    )
    day = models.DateField(editable=False)
    number = models.PositiveIntegerField(editable=False)
    cost = models.PositiveBigIntegerField(editable=False)

    class Meta:
        verbose_name = "phone lookups"
        verbose_name_plural = "phone lookups"
        constraints = [
            models.UniqueConstraint(fields=["connection", "day"], name="phone_lookups_of_a_day")
        ]

    def __str__(self):
        return f"{self.connection_id} {self.day}"
