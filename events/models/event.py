"""What happened. The table is partitioned (decision 5); `events/partitions.py` makes its months."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm_project.db.clock import Now
from crm_project.queue.due import DueRow, due_index
from customers.models import OfCustomerUnchecked, Source
from customers.privacy.sealing import SealedField


class EventName(models.Model):
    """The catalogue of names seen; events point to it by number."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(_("name"), max_length=200, unique=True)
    first_seen_at = models.DateTimeField(_("first seen"), db_default=Now(), editable=False)
    is_declared = models.BooleanField(
        _("declared"), default=False, help_text=_("Strict sources may send it.")
    )
    made_by = models.ForeignKey(
        Source, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )  # who sent it first

    class Meta:
        verbose_name = _("event name")
        verbose_name_plural = _("event names")

    def __str__(self):
        return self.name


class Event(OfCustomerUnchecked):
    """One thing one customer did. Rows come in by COPY (events/ingest.py) and are never changed,
    but for merges."""

    class Timing(models.IntegerChoices):
        FRESH = 0, _("on time")
        LATE = 1, _("late (over 7 days)")
        FUTURE = 2, _("from the future (over 1 h)")

    id = models.BigIntegerField(primary_key=True)
    source = models.ForeignKey(
        Source,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("source"),
    )
    name = models.ForeignKey(
        EventName,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("name"),
    )
    external_id = models.CharField(_("sender's id"), max_length=200)
    occurred_at = models.DateTimeField(_("occurred"))
    received_at = models.DateTimeField(_("received"))
    # Too old, or from the future (events/partitions.py). In SQL it is "odd": the first release
    # called it so, and a column of a table that large is not renamed while two releases use it.
    out_of_range = models.BooleanField(default=False, editable=False, db_column="odd")
    timing = models.SmallIntegerField(_("timing"), choices=Timing, default=Timing.FRESH)
    amount_fen = models.BigIntegerField(_("amount (fen)"), null=True)
    keys = ArrayField(models.TextField(), verbose_name=_("products"), null=True)
    properties = models.JSONField(_("properties"), default=dict)
    context = models.JSONField(_("context"), default=dict)
    personal = SealedField(null=True, editable=False, row=["source_id", "external_id"])

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")


class WatchedName(models.Model):
    """A name that something above waits for; ingest leaves a reaction row for each such event.

    Written by the room above, whole per `watcher` ("journey:7").
    """

    name = models.ForeignKey(EventName, models.CASCADE, related_name="+")
    watcher = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "watcher"], name="watchedname_is_unique")
        ]


class Reaction(DueRow, OfCustomerUnchecked):
    """An event that someone above must look at; deleted when it was."""

    event_id = models.BigIntegerField(_("event"))
    name = models.ForeignKey(
        EventName,
        models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("name"),
    )
    source_id = models.IntegerField()
    occurred_at = models.DateTimeField(_("occurred"))
    received_at = models.DateTimeField(_("received"))
    amount_fen = models.BigIntegerField(null=True)
    keys = ArrayField(models.TextField(), null=True)
    properties = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("waiting reaction")
        verbose_name_plural = _("waiting reactions")
        # By customer: a merge moves what waits.
        indexes = [
            due_index("reaction_due"),
            models.Index(fields=["customer"], name="reaction_customer"),
        ]
