"""Journeys: what we do about it, step by step. A published version is immutable."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import connection, models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from crm_project.db.clock import Now
from crm_project.queue.due import DueRow, due_index
from customers.models import OfCustomer


class Journey(models.Model):
    """Steps that each customer walks by themselves once something has happened; what runs is its
    published version."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        LIVE = "live", _("live")
        PAUSED = "paused", _("paused: nobody enters, runs wait")
        ENDED = "ended", _("ended: nobody enters, runs finish")
        ARCHIVED = "archived", _("archived: over and out of the way")

    name = models.CharField(_("name"), max_length=100, unique=True)
    description = models.TextField(_("description"), blank=True, default="")
    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    draft = models.JSONField(_("draft"), default=dict, blank=True)
    draft_revision = models.PositiveIntegerField(
        default=0, db_default=0, editable=False
    )  # grows with every act, undoing too
    draft_position = models.PositiveIntegerField(
        default=0, db_default=0, editable=False
    )  # of the snapshot that stands
    step_counter = models.PositiveIntegerField(
        default=0, db_default=0, editable=False
    )  # ids of steps are never used again
    published = models.ForeignKey(
        "JourneyVersion",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("published version"),
    )
    entry_slot_at = models.DateTimeField(
        null=True, editable=False, help_text="where so many enter an hour: when the next one may"
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    recipe = models.CharField(
        max_length=40,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="the ready journey that it was made of (campaigns/recipes)",
    )

    class Meta:
        verbose_name = _("journey")
        verbose_name_plural = _("journeys")
        permissions = [
            ("export_journey", "Can take journeys out as files"),
            ("import_journey", "Can bring in journeys from files"),
        ]

    def __str__(self):
        return self.name


class JourneyDraft(models.Model):
    """The draft after one act of an editor, so that it can be undone and redone."""

    journey = models.ForeignKey(
        Journey, models.CASCADE, related_name="drafts", verbose_name=_("journey")
    )
    position = models.PositiveIntegerField()
    definition = models.JSONField()
    operation = models.CharField(max_length=20, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("journey draft")
        verbose_name_plural = _("journey drafts")
        constraints = [
            models.UniqueConstraint(fields=["journey", "position"], name="journeydraft_is_unique")
        ]

    def __str__(self):
        return f"{self.journey} #{self.position}"


class JourneyVersion(models.Model):
    """What was published: trigger, steps, re-entry, holdout. Never changed; running ones finish on
    theirs."""

    journey = models.ForeignKey(
        Journey, models.PROTECT, related_name="versions", verbose_name=_("journey")
    )
    number = models.PositiveIntegerField(_("version"))
    definition = models.JSONField(_("definition"))
    published_at = models.DateTimeField(_("published"))
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )

    class Meta:
        verbose_name = _("journey version")
        verbose_name_plural = _("journey versions")
        constraints = [
            models.UniqueConstraint(fields=["journey", "number"], name="journeyversion_is_unique")
        ]

    def __str__(self):
        return f"{self.journey} v{self.number}"


# Of the runs of one journey that a merge brings to one customer: the one that was theirs goes on,
# else the first that began. How many may be under way at once is the re-entry rule's word.
GO_ON_ONCE = """
WITH coming AS (
  SELECT r.id, coalesce(c.merged_into_id, c.id) AS root, r.journey_id FROM campaigns_run r
    JOIN customers_customer c ON c.id = r.origin_customer_id
   WHERE r.customer_id = ANY(%s)
     AND r.state = 'active' AND r.customer_id <> coalesce(c.merged_into_id, c.id)),
together AS (
  SELECT r.id, r.id IN (SELECT id FROM coming) AS is_coming,
         row_number() OVER (PARTITION BY at.root, r.journey_id,
           CASE v.definition #>> '{reentry,kind}' WHEN 'key' THEN r.entry_key
                              WHEN 'always' THEN r.id::text
                              ELSE coalesce(substring(r.entry_key FROM '[|]for:.*$'), '') END
                            ORDER BY r.id IN (SELECT id FROM coming), r.id) AS place
    FROM (SELECT DISTINCT root, journey_id FROM coming) at
    JOIN campaigns_run r ON r.journey_id = at.journey_id AND r.state = 'active'
     AND (r.customer_id = at.root AND r.id NOT IN (SELECT id FROM coming) OR r.id IN (SELECT id
       FROM coming WHERE root = at.root))
    JOIN campaigns_journeyversion v ON v.id = r.version_id)
UPDATE campaigns_run r SET state = 'exited', outcome = 'merged', due_at = NULL, token = NULL,
  awaits = '{}', awaits_name = NULL, watched_until = NULL, held_at = NULL,
  ended_at = hutong_now()
  FROM together WHERE together.id = r.id AND is_coming AND place > 1
"""
HELD_OUT = """
UPDATE campaigns_run r SET is_held_out = now.is_held_out
  FROM (SELECT r.id, EXISTS (SELECT FROM campaigns_assignment a WHERE a.customer_id = r.customer_id
    AND a.subject = 'journey:' || r.journey_id
                                AND a.arm = ANY(%s)) AS is_held_out
          FROM campaigns_run r WHERE r.customer_id = ANY(%s) AND r.state = 'active') now
 WHERE r.id = now.id AND r.is_held_out <> now.is_held_out
"""
LOOK_AGAIN = """
UPDATE campaigns_run SET due_at = entered_at WHERE customer_id = ANY(%s)
  AND state = 'active' AND awaits <> '{}' AND due_at > entered_at
"""


# A merge moved rows of theirs: every report that counts them is behind.
MARK_REPORTS = """
INSERT INTO campaigns_reportmark (subject, month)
SELECT subject, date_trunc('month', at AT TIME ZONE 'UTC')::date FROM campaigns_assignment
 WHERE customer_id = ANY(%(ids)s)
 UNION
SELECT coalesce('campaign:' || campaign_id, 'journey:' || journey_id),
       date_trunc('month', created_at AT TIME ZONE 'UTC')::date FROM campaigns_message
 WHERE customer_id = ANY(%(ids)s) AND sent_at IS NOT NULL AND NOT is_test
   AND (campaign_id IS NOT NULL OR journey_id IS NOT NULL)
"""


class Run(DueRow, OfCustomer):
    """One customer's way through one version. Its place, due time and history are rows."""

    class State(models.TextChoices):
        ACTIVE = "active", _("under way")
        COMPLETED = "completed", _("went through")
        EXITED = "exited", _("left before the end")

    journey = models.ForeignKey(
        Journey, models.PROTECT, related_name="runs", db_index=False, verbose_name=_("journey")
    )
    version = models.ForeignKey(
        JourneyVersion, models.PROTECT, related_name="+", verbose_name=_("version")
    )
    entry_key = models.CharField(
        _("entry key"),
        max_length=200,
        help_text=_("What makes this entry the only one of its kind."),
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ACTIVE)
    outcome = models.CharField(_("outcome"), max_length=60, blank=True, default="")
    step = models.CharField(_("step"), max_length=40, blank=True, default="")
    visit = models.PositiveIntegerField(
        _("visits"), default=0, help_text=_("Steps entered so far; (run, visit) keys each effect.")
    )
    is_waiting = models.BooleanField(
        default=False,
        editable=False,
        help_text="it has entered its step (or the journey) and sleeps there",
    )
    awaits = ArrayField(
        models.IntegerField(),
        default=list,
        db_default=[],
        editable=False,
        help_text="the EventNames that wake this run",
    )
    awaits_name = models.IntegerField(
        null=True,
        editable=False,
        help_text="the first of them, for processes of the release before",
    )
    keys = ArrayField(models.TextField(), verbose_name=_("products"), null=True, editable=False)
    event_id = models.BigIntegerField(_("event"), null=True)
    event_occurred_at = models.DateTimeField(null=True, editable=False)
    facts = models.JSONField(
        _("facts"),
        default=dict,
        help_text=_("What the steps may use: the event's properties, the coupon issued."),
    )
    is_held_out = models.BooleanField(_("held out"), default=False)
    entered_at = models.DateTimeField(_("entered"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    watched_until = models.DateTimeField(
        null=True,
        editable=False,
        help_text="until when its goal counts; null before it has begun, and where there is none",
    )
    held_at = models.DateTimeField(
        _("held for staff"),
        null=True,
        help_text=_("since when it waits for a person, because its step went wrong"),
    )

    # While it walks (journeys/engine.py): when its customer came to where it is, how many waits
    # were over at once, and whether its goal and exits were looked at.
    came_at: datetime | None = None
    hurried = 0
    was_looked_at = False

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        constraints = [
            models.UniqueConstraint(
                fields=["journey", "origin_customer", "entry_key"], name="run_begins_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state="active") | models.Q(due_at=None),
                name="run_ended_is_not_due",
            ),
        ]
        indexes = [
            due_index("run_due"),
            models.Index(
                fields=["customer", "awaits_name"],
                name="run_awaits",
                condition=models.Q(awaits_name__isnull=False),
            ),
            models.Index(fields=["journey", "state", "entered_at"], name="run_journey"),
            BrinIndex(fields=["entered_at"], pages_per_range=16, name="run_entered"),
            models.Index(
                fields=["journey", "step"],
                name="run_in_trouble",
                condition=models.Q(state="active") & ~models.Q(error=""),
            ),
            GinIndex(
                fields=["keys"], name="run_keys", condition=models.Q(awaits_name__isnull=False)
            ),
        ]

    def __str__(self):
        return f"{self.journey_id}/{self.pk}"

    @classmethod
    def paused(cls) -> models.Q:
        """Those of a paused journey."""
        return models.Q(
            journey__in=Journey.objects.filter(status=Journey.Status.PAUSED).values("pk")
        )

    @classmethod
    def before_move(cls, customers) -> None:
        """A journey that both are in goes on once, where its re-entry rule knows one at a time
        (customers/identity/following.py asks)."""
        with connection.cursor() as cursor:
            cursor.execute(GO_ON_ONCE, [list(customers)])

    @classmethod
    def after_move(cls, customers) -> None:
        """Held out is who is held out as any of those they were. Whoever waits for an event may
        have it by somebody they were."""
        with connection.cursor() as cursor:
            cursor.execute(LOOK_AGAIN, [list(customers)])
            cursor.execute(HELD_OUT, [list(Assignment.HELD_OUT), list(customers)])

    @classmethod
    def cannot_be_undone(cls, survivor: int, since) -> str:
        """Said before a merge is undone (customers/identity/comparing.py)."""
        ended = cls.objects.filter(customer=survivor, ended_at__gte=since).count()
        return ended and ngettext(
            "%(n)d way through a journey has ended meanwhile.",
            "%(n)d ways through journeys have ended meanwhile.",
            ended,
        ) % {"n": ended}


class RunStep(models.Model):
    """A run visited a step: when, and what came of it."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="history", verbose_name=_("run"))
    visit = models.PositiveIntegerField(_("visit"))
    step = models.CharField(_("step"), max_length=40)
    at = models.DateTimeField(_("at"))
    outcome = models.CharField(_("outcome"), max_length=200, blank=True, default="")
    way = models.CharField(
        max_length=40,
        default="",
        db_default="",
        editable=False,
        help_text="the exit it left by; empty where it left the journey here",
    )

    class Meta:
        verbose_name = _("visited step")
        verbose_name_plural = _("visited steps")
        constraints = [models.UniqueConstraint(fields=["run", "visit"], name="runstep_is_unique")]


class GoalReached(models.Model):
    """The run's customer has done what the journey is for; once, whether or not the run was still
    under way."""

    run = models.OneToOneField(
        Run, models.CASCADE, related_name="goal_reached", verbose_name=_("run")
    )
    at = models.DateTimeField(_("at"))
    event_id = models.BigIntegerField(_("event"), null=True)

    class Meta:
        verbose_name = _("reached goal")
        verbose_name_plural = _("reached goals")


class Firing(DueRow):
    """A schedule's slot; unique, so two beats and a late start fire it once. `cursor` is how far
    its customers were worked through."""

    subject = models.CharField(_("of"), max_length=60)  # "journey:<version id>" or "campaign:<id>"
    slot = models.DateTimeField(pgettext_lazy("time", "slot"))
    cursor = models.IntegerField(default=0, editable=False)
    per_hour = models.PositiveIntegerField(
        null=True, editable=False, help_text="how many of its customers enter in an hour at most"
    )
    wait = models.JSONField(
        null=True,
        editable=False,
        help_text="for the members to follow what was saved (customers/segments/catching_up.py)",
    )

    class Meta:
        verbose_name = _("firing")
        verbose_name_plural = _("firings")
        constraints = [models.UniqueConstraint(fields=["subject", "slot"], name="firing_is_unique")]
        indexes = [due_index("firing_due")]


class Assignment(OfCustomer):
    """Which arm somebody is in, decided when they entered a journey, one of its splits or an
    audience; written also while the holdout is 0 %.

    Held out by the workspace (of all marketing) and held out by the subject itself are arms apart:
    a subject is measured against its own.
    """

    class Arm(models.TextChoices):
        """Else the key of a variant."""

        TREATED = "treated", _("treated")
        HELD_OUT = "held_out", _("held out")
        HELD_OUT_ALL = "held_out_all", _("held out of all marketing")

    HELD_OUT = (Arm.HELD_OUT, Arm.HELD_OUT_ALL)

    subject = models.CharField(
        _("subject"), max_length=60
    )  # "journey:<id>", "campaign:<id>" or "split:<journey>:<step>"
    arm = models.CharField(_("arm"), max_length=40, choices=Arm)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "origin_customer"], name="assignment_is_unique"
            )
        ]
        indexes = [BrinIndex(fields=["at"], pages_per_range=16, name="assignment_at")]

    @property
    def is_held_out(self) -> bool:
        return self.arm in self.HELD_OUT

    @classmethod
    def after_move(cls, customers) -> None:
        """Reports that count these customers are behind (customers/identity/following.py asks)."""
        with connection.cursor() as cursor:
            cursor.execute(MARK_REPORTS, {"ids": list(customers)})
