"""How often and when people may be written to: rows that marketers set on the workspace's page."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Purpose, Workspace

DAY = 86_400
LONGEST = 366 * DAY


def of_workspace(related_name: str) -> models.ForeignKey:
    """There is one, so that nobody need say which."""
    return models.ForeignKey(
        Workspace, models.CASCADE, default=1, editable=False, related_name=related_name
    )


class Cap(models.Model):
    """One customer gets at most `limit` messages of this purpose (on this channel; "": on all
    together) in any `seconds`: the window rolls."""

    workspace = of_workspace("caps")
    channel = models.CharField(_("channel"), max_length=30, blank=True, default="")
    purpose = models.CharField(
        _("purpose"), max_length=20, choices=Purpose, default=Purpose.MARKETING
    )
    seconds = models.PositiveIntegerField(
        _("seconds"), validators=[MinValueValidator(1), MaxValueValidator(LONGEST)]
    )
    limit = models.PositiveIntegerField(_("at most"))

    class Meta:
        verbose_name = _("cap")
        verbose_name_plural = _("caps")
        constraints = [
            # Asked at the end, so that two rows may exchange what they say.
            models.UniqueConstraint(
                fields=["channel", "purpose", "seconds"],
                name="cap_is_unique",
                deferrable=models.Deferrable.DEFERRED,
            )
        ]

    def __str__(self):
        return f"{self.limit} / {self.seconds} s"


class QuietHours(models.Model):
    """From `begins` until `ends`, in the workspace's zone, on these days (1 is Monday; none: all),
    messages of this purpose that disturb wait, or are dropped. Past midnight where it ends before
    it begins; the whole day where both are one time."""

    class Act(models.TextChoices):
        POSTPONE = "postpone", _("wait until they are over")
        DROP = "drop", _("are not sent")

    workspace = of_workspace("quiet_hours")
    channel = models.CharField(_("channel"), max_length=30, blank=True, default="")
    purpose = models.CharField(
        _("purpose"), max_length=20, choices=Purpose, default=Purpose.MARKETING
    )
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(),
        verbose_name=pgettext_lazy("weekdays", "on"),
        blank=True,
        default=list,
    )
    begins = models.TimeField(_("from"))
    ends = models.TimeField(_("until"))
    act = models.CharField(_("messages"), max_length=10, choices=Act, default=Act.POSTPONE)

    class Meta:
        verbose_name = _("quiet hours")
        verbose_name_plural = _("quiet hours")

    def __str__(self):
        return f"{self.begins:%H:%M}–{self.ends:%H:%M}"


class QuietDay(models.Model):
    """A day of the workspace's zone on which no marketing disturbs anybody."""

    workspace = of_workspace("quiet_days")
    date = models.DateField(_("day"), unique=True)
    name = models.CharField(_("name"), max_length=100, blank=True, default="")

    class Meta:
        verbose_name = _("quiet day")
        verbose_name_plural = _("quiet days")

    def __str__(self):
        return self.name or str(self.date)
