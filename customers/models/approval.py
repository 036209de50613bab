"""What waits for a second pair of eyes, and what they decided."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Approval(models.Model):
    """That something may be done as it was when it was asked for (`digest`): once, and by a
    decision of somebody else unless the workspace lets people approve their own."""

    class State(models.TextChoices):
        REQUESTED = "requested", _("waiting for approval")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")
        WITHDRAWN = "withdrawn", _("withdrawn")
        USED = "used", _("carried out")

    GIVEN = (State.APPROVED, State.USED)

    kind = models.CharField(_("what"), max_length=30)
    object_id = models.BigIntegerField(editable=False)
    name = models.CharField(_("name"), max_length=200)
    digest = models.CharField(max_length=64, editable=False)
    content = models.JSONField(editable=False)  # what the digest is of
    state = models.CharField(
        _("state"), max_length=10, choices=State, default=State.REQUESTED, editable=False
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("asked by"),
    )
    requested_at = models.DateTimeField(_("asked"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided"), null=True)
    by_themselves = models.BooleanField(default=False, editable=False)
    used_at = models.DateTimeField(_("carried out"), null=True)
    note = models.TextField(_("note"), blank=True, default="", max_length=1000)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        permissions = [("decide_approval", "Can approve or reject what others ask for")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "object_id"],
                condition=Q(state="requested"),
                name="approval_is_asked_once",
            ),
            # Four eyes, whoever writes the row.
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "used"])
                | Q(by_themselves=True)
                | Q(requested_by=None)
                | Q(decided_by=None)
                | ~Q(decided_by=F("requested_by")),
                name="approval_by_another",
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "object_id", "-id"], name="approval_of"),
            models.Index(fields=["state", "-id"], name="approval_state"),
        ]

    def __str__(self):
        return self.name
