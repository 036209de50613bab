"""The queues that are read (`manage.py consume`), and how each fares."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm_project.db.clock import Now
from customers.models import Connection, Source


class QueueSource(models.Model):
    """One queue (RabbitMQ) or stream (Redis, Valkey) of a connected broker, and what its messages
    mean. What is recorded of it is its source's."""

    class Content(models.TextChoices):
        NATIVE = "native", _("Hutong's own format")
        CANAL = "canal", _("Canal (flatMessage)")
        DEBEZIUM = "debezium", _("Debezium (JSON)")
        MAXWELL = "maxwell", _("Maxwell (JSON)")

    name = models.CharField(_("name"), max_length=100, unique=True)
    source = models.ForeignKey(
        Source, models.PROTECT, related_name="queues", verbose_name=_("source")
    )
    connection = models.ForeignKey(
        Connection, models.PROTECT, related_name="queues", verbose_name=_("connection")
    )
    queue = models.CharField(
        _("queue or stream"),
        max_length=200,
        help_text=_("As the broker calls it. A queue is never made by us; a stream's group is."),
    )
    group = models.CharField(
        _("consumer group"),
        max_length=100,
        default="hutong",
        help_text=_("Of a stream: entries that another group has read are read by this one too."),
    )
    content = models.CharField(_("format"), max_length=10, choices=Content, default=Content.NATIVE)
    door = models.CharField(
        _("what its messages are"),
        max_length=20,
        blank=True,
        default="",
        help_text=_(
            "Of our own format. Empty: each message says it, in the header or field “door”."
        ),
    )
    at_once = models.PositiveIntegerField(
        _("messages at once"),
        default=500,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text=_("So many are stored together, and so many are fetched ahead at most."),
    )
    is_history = models.BooleanField(
        _("history"),
        default=False,
        db_default=False,
        help_text=_(
            "While a snapshot of old rows comes in: nobody is written to because of it. Take it off"
            " when all of it has come."
        ),
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        constraints = [
            models.UniqueConstraint(fields=["connection", "queue", "group"], name="queue_is_unique")
        ]

    def __str__(self):
        return self.name

    @property
    def path(self) -> str:
        """By which its rows in the quarantine name it."""
        return f"queue/{self.pk}"


class QueueState(models.Model):
    """How one queue fares. Written by whoever reads it, in the transaction of what it stored."""

    queue = models.OneToOneField(
        QueueSource, models.CASCADE, primary_key=True, related_name="state"
    )
    taken = models.BigIntegerField(_("messages"), default=0)  # acknowledged or about to be
    stored = models.BigIntegerField(_("stored"), default=0)  # items that were new
    known = models.BigIntegerField(_("known already"), default=0)
    refused = models.BigIntegerField(_("refused"), default=0)
    passed_over = models.BigIntegerField(_("passed over"), default=0)  # rows of unmapped tables
    waiting = models.BigIntegerField(_("waiting"), null=True)  # of messages at the broker
    per_minute = models.FloatField(_("per minute"), default=0)
    behind_seconds = models.FloatField(_("seconds behind"), null=True)
    seen_at = models.DateTimeField(_("read last"), null=True)
    last_ok_at = models.DateTimeField(_("stored last"), null=True)
    last_error = models.CharField(_("last error"), max_length=300, default="")
    last_error_at = models.DateTimeField(_("failed last"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("of a queue", "state")
        verbose_name_plural = pgettext_lazy("of queues", "states")

    def __str__(self):
        return str(self.queue_id)
