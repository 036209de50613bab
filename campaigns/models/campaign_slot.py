"""What a launch fixed of a campaign, and each of its firings."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.message import Campaign
from crm_project.queue.due import DueRow, due_index


class CampaignVersion(models.Model):
    """All that was fixed at a launch, for ever: whom, what by which channel, when, how fast
    (campaigns/broadcasts/contents.py)."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    made_at = models.DateTimeField(_("launched"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("launched by"),
    )

    class Meta:
        verbose_name = _("version of a campaign")
        verbose_name_plural = _("versions of campaigns")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="campaignversion_is_unique")
        ]

    def __str__(self):
        return f"{self.campaign} v{self.number}"


class CampaignSlot(DueRow):
    """One firing of a campaign, once for each moment of its schedule, with an audience of its own.
    `subject` is what its assignments carry: read it, since that of older campaigns is another."""

    class State(models.TextChoices):
        SCHEDULED = "scheduled", _("scheduled")
        WAITING = "waiting", _("waiting for the segment")
        SENDING = "sending", _("sending")
        TESTING = "testing", _("trying variants")
        DONE = "done", _("done")
        MISSED = "missed", _("time was missed")

    OPEN = (State.SCHEDULED, State.WAITING, State.SENDING, State.TESTING)
    NOBODY = "-"  # the rest gets nothing

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="slots")
    version = models.ForeignKey(CampaignVersion, models.CASCADE, related_name="slots")
    at = models.DateTimeField(_("at"))
    subject = models.CharField(max_length=60, null=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.SCHEDULED)
    audience = models.PositiveIntegerField(_("audience"), null=True)
    cursor = models.IntegerField(default=0)
    wait = models.JSONField(
        default=dict, help_text="by segment, for its members to follow what was saved"
    )
    # Variants that leave at one time are a wave; the rest of the audience is the last one.
    wave = models.PositiveSmallIntegerField(default=0, db_default=0)
    decide_at = models.DateTimeField(_("decided at"), null=True)  # fixed when it began
    counted = models.JSONField(
        null=True, help_text="at `decide_at`, by variant: people, and how many did what counts"
    )
    winner = models.CharField(
        _("sent to the rest"), max_length=10, blank=True, default="", db_default=""
    )
    winner_at = models.DateTimeField(null=True)
    winner_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        help_text="none: by itself",
    )
    began_at = models.DateTimeField(_("began"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("firing of a campaign")
        verbose_name_plural = _("firings of campaigns")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "at"], name="campaignslot_fires_once"),
            models.UniqueConstraint(fields=["subject"], name="campaignslot_subject_is_unique"),
        ]
        indexes = [
            due_index("campaignslot_due"),
            models.Index(
                fields=["decide_at"], name="campaignslot_testing", condition=Q(state="testing")
            ),
        ]

    def __str__(self):
        return f"{self.campaign} {self.at:%Y-%m-%d %H:%M}"

    @classmethod
    def paused(cls) -> Q:
        """Those of a campaign that is paused, or over."""
        still = [Campaign.Status.PAUSED, Campaign.Status.CANCELLED, Campaign.Status.DONE]
        return Q(campaign__status__in=still)
