"""Journeys: what we do about it, step by step. A published version is immutable."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm_project.due import DueRow, due_index
from customers.models import OfCustomer


class Journey(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        LIVE = "live", _("live")
        PAUSED = "paused", _("paused: nobody enters, runs wait")
        ENDED = "ended", _("ended: nobody enters, runs finish")

    name = models.CharField(_("name"), max_length=100, unique=True)
    description = models.TextField(_("description"), blank=True, default="")
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    draft = models.JSONField(_("draft"), default=dict, blank=True)
    published = models.ForeignKey(
        "JourneyVersion", models.PROTECT, null=True, blank=True, editable=False, related_name="+", verbose_name=_("published version")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("journey")
        verbose_name_plural = _("journeys")

    def __str__(self):
        return self.name


class JourneyVersion(models.Model):
    """What was published: trigger, steps, re-entry, holdout. Never changed; running ones finish on theirs."""

    journey = models.ForeignKey(Journey, models.PROTECT, related_name="versions", verbose_name=_("journey"))
    number = models.PositiveIntegerField(_("version"))
    definition = models.JSONField(_("definition"))
    published_at = models.DateTimeField(_("published"))
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("journey version")
        verbose_name_plural = _("journey versions")
        constraints = [models.UniqueConstraint(fields=["journey", "number"], name="journeyversion_is_unique")]

    def __str__(self):
        return f"{self.journey} v{self.number}"


class Run(DueRow, OfCustomer):
    """One customer's way through one version. Its place, due time and history are rows."""

    class State(models.TextChoices):
        ACTIVE = "active", _("under way")
        COMPLETED = "completed", _("went through")
        EXITED = "exited", _("left before the end")

    journey = models.ForeignKey(Journey, models.PROTECT, related_name="runs", db_index=False, verbose_name=_("journey"))
    version = models.ForeignKey(JourneyVersion, models.PROTECT, related_name="+", verbose_name=_("version"))
    entry_key = models.CharField(_("entry key"), max_length=200, help_text=_("What makes this entry the only one of its kind."))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ACTIVE)
    outcome = models.CharField(_("outcome"), max_length=60, blank=True, default="")
    step = models.CharField(_("step"), max_length=40, blank=True, default="")
    visit = models.PositiveIntegerField(_("visits"), default=0, help_text=_("Steps entered so far; (run, visit) keys each effect."))
    is_waiting = models.BooleanField(default=False, editable=False, help_text="it has entered its step (or the journey) and sleeps there")
    awaits_name = models.IntegerField(null=True, editable=False, help_text="the EventName that wakes this run")
    keys = ArrayField(models.TextField(), verbose_name=_("products"), null=True, editable=False)
    event_id = models.BigIntegerField(_("event"), null=True)
    event_occurred_at = models.DateTimeField(null=True, editable=False)
    facts = models.JSONField(_("facts"), default=dict, help_text=_("What the steps may use: the event's properties, the coupon issued."))
    is_held_out = models.BooleanField(_("held out"), default=False)
    entered_at = models.DateTimeField(_("entered"))
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        constraints = [
            models.UniqueConstraint(fields=["journey", "customer", "entry_key"], name="run_enters_once"),
            models.CheckConstraint(condition=models.Q(state="active") | models.Q(due_at=None), name="run_ended_is_not_due"),
        ]
        indexes = [
            due_index("run_due"),
            models.Index(fields=["customer", "awaits_name"], name="run_awaits", condition=models.Q(awaits_name__isnull=False)),
            models.Index(fields=["journey", "state", "entered_at"], name="run_journey"),
            BrinIndex(fields=["entered_at"], pages_per_range=16, name="run_entered"),
            GinIndex(fields=["keys"], name="run_keys", condition=models.Q(awaits_name__isnull=False)),
        ]

    def __str__(self):
        return f"{self.journey_id}/{self.pk}"

    @classmethod
    def before_merge(cls, survivor: int, loser: int, now) -> None:
        """A journey both are in goes on once, and an entry that both made keeps its own key (customers/merging.py asks)."""
        theirs = cls.objects.filter(customer=survivor)
        mine = cls.objects.filter(customer=loser)
        both = models.Q(journey__in=theirs.filter(state=cls.State.ACTIVE).values("journey"), state=cls.State.ACTIVE)
        mine.filter(both).update(state=cls.State.EXITED, outcome="merged", due_at=None, token=None, awaits_name=None, ended_at=now)
        for run in mine.filter(entry_key__in=theirs.values("entry_key")):
            cls.objects.filter(pk=run.pk).update(entry_key=f"{run.entry_key}#{run.pk}"[:200])

    @classmethod
    def cannot_be_undone(cls, survivor: int, since) -> str:
        """Said before a merge is undone (customers/comparing.py)."""
        ended = cls.objects.filter(customer=survivor, ended_at__gte=since).count()
        return ended and ngettext(
            "%(n)d way through a journey has ended meanwhile.", "%(n)d ways through journeys have ended meanwhile.", ended
        ) % {"n": ended}


class RunStep(models.Model):
    """A run visited a step: when, and what came of it."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="history", verbose_name=_("run"))
    visit = models.PositiveIntegerField(_("visit"))
    step = models.CharField(_("step"), max_length=40)
    at = models.DateTimeField(_("at"))
    outcome = models.CharField(_("outcome"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("visited step")
        verbose_name_plural = _("visited steps")
        constraints = [models.UniqueConstraint(fields=["run", "visit"], name="runstep_is_unique")]


class Firing(DueRow):
    """A schedule's slot; unique, so two beats and a late start fire it once. `cursor` is how far its customers were worked through."""

    subject = models.CharField(_("of"), max_length=60)  # "journey:<version id>" or "campaign:<id>"
    slot = models.DateTimeField(_("slot"))
    cursor = models.IntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("firing")
        verbose_name_plural = _("firings")
        constraints = [models.UniqueConstraint(fields=["subject", "slot"], name="firing_is_unique")]
        indexes = [due_index("firing_due")]


class Assignment(OfCustomer):
    """Treated or held out, decided when someone entered a journey or an audience; written also while the holdout is 0 %."""

    class Arm(models.TextChoices):
        TREATED = "treated", _("treated")
        HELD_OUT = "held_out", _("held out")

    subject = models.CharField(_("subject"), max_length=60)  # "journey:<id>" or "campaign:<id>"
    arm = models.CharField(_("arm"), max_length=10, choices=Arm)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        constraints = [models.UniqueConstraint(fields=["subject", "origin_customer"], name="assignment_is_unique")]
