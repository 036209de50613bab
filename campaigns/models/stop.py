"""That marketing was stopped (campaigns/delivery/stopping.py), and what went on all the same."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class MarketingStop(models.Model):
    """No marketing leaves on this channel ("": on any) from `began_at` until `ended_at`."""

    channel = models.CharField(_("channel"), max_length=30, blank=True, default="")
    began_at = models.DateTimeField(_("stopped"))
    began_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("stopped by"),
    )
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    ended_at = models.DateTimeField(_("ended"), null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("ended by"),
    )

    class Meta:
        verbose_name = _("stop of marketing")
        verbose_name_plural = _("stops of marketing")
        permissions = [("stop_marketing", "Can stop all marketing, and let it go on")]
        constraints = [
            models.UniqueConstraint(
                fields=["channel"], condition=Q(ended_at=None), name="stop_is_one_per_channel"
            )
        ]

    def __str__(self):
        return f"{self.channel or '*'} {self.began_at:%Y-%m-%d %H:%M}"


class StopRelease(models.Model):
    """What goes on during a stop: a campaign, a journey, or (neither) what staff send one by
    one."""

    stop = models.ForeignKey(MarketingStop, models.CASCADE, related_name="releases")
    campaign_id = models.BigIntegerField(null=True)
    journey_id = models.BigIntegerField(null=True)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("release from a stop")
        verbose_name_plural = _("releases from a stop")
        constraints = [
            models.UniqueConstraint(
                fields=["stop", "campaign_id", "journey_id"],
                name="release_is_unique",
                nulls_distinct=False,
            )
        ]
