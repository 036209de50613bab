"""Which events and properties come in, from whom, of which type and how often; filled by a tick
(events/schema.py)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Source
from events.models.event import EventName


class SeenEvent(models.Model):
    """One event name from one source."""

    source = models.ForeignKey(
        Source, models.CASCADE, db_index=False, related_name="+", verbose_name=_("source")
    )
    name = models.ForeignKey(EventName, models.CASCADE, related_name="seen", verbose_name=_("name"))
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))
    volume = models.BigIntegerField(_("volume"), default=0)

    class Meta:
        verbose_name = _("event seen")
        verbose_name_plural = _("event schema")
        constraints = [
            models.UniqueConstraint(fields=["source", "name"], name="seenevent_is_unique")
        ]

    def __str__(self):
        return f"{self.name} ({self.source})"


class SourceVolume(models.Model):
    """How many events one source sent within an hour, by when they came in. Kept for 60 days."""

    source = models.ForeignKey(Source, models.CASCADE, db_index=False, related_name="+")
    at = models.DateTimeField(_("hour"))
    n = models.BigIntegerField(_("events"))

    class Meta:
        verbose_name = _("volume of a source")
        verbose_name_plural = _("volumes of sources")
        indexes = [models.Index(fields=["at"], name="sourcevolume_at")]
        constraints = [
            models.UniqueConstraint(fields=["source", "at"], name="sourcevolume_is_unique")
        ]

    def __str__(self):
        return f"{self.source_id} {self.at}"


class SeenProperty(models.Model):
    """One property of such an event; personal ones are lifted out at the door and are not here."""

    event = models.ForeignKey(
        SeenEvent,
        models.CASCADE,
        db_index=False,
        related_name="properties",
        verbose_name=_("event"),
    )
    key = models.CharField(_("property"), max_length=100)
    types = ArrayField(models.CharField(max_length=10), verbose_name=_("types"))
    # When it came as something that it had not been before, nothing apart.
    changed_at = models.DateTimeField(_("type changed"), null=True)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))
    volume = models.BigIntegerField(_("volume"), default=0)

    class Meta:
        verbose_name = _("property seen")
        verbose_name_plural = _("properties seen")
        constraints = [
            models.UniqueConstraint(fields=["event", "key"], name="seenproperty_is_unique")
        ]

    def __str__(self):
        return self.key


class EventCursor(models.Model):
    """Up to which event's id one reader has come (events/cursor.py); the row's number says whose it
    is."""

    class Reader(models.IntegerChoices):
        SCHEMA = 1
        FIGURES = 2
        INTERESTS = 1000  # and on: one for each version of the interests

    counted_id = models.BigIntegerField(default=0)
    next_id = models.BigIntegerField(default=0)
    next_xid = models.BigIntegerField(default=0)

    class Meta:
        db_table = "events_schemamark"  # the first reader's name
