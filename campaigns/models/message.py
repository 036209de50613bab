"""Messages and what is sent: templates, campaigns, one row per targeted person."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from campaigns.models.coupon import CouponBatch
from campaigns.models.journey import Journey
from campaigns.models.stop import MarketingStop, StopRelease
from crm_project.db.clock import Now
from crm_project.queue.due import DueRow, due_index
from customers.models import (
    Consent,
    OfCustomer,
    OfCustomerUnchecked,
    Purpose,
    Segment,
    Store,
    Workspace,
)
from events.models import Product


class Template(models.Model):
    """Content for one channel; `content` is what the channel's Content form declares, in Liquid."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    channel = models.CharField(_("channel"), max_length=30, default="in_app")
    purpose = models.CharField(
        _("purpose"), max_length=20, choices=Purpose, default=Purpose.MARKETING
    )
    content = models.JSONField(_("content"), default=dict)
    fallback = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("where this channel does not get to somebody"),
        help_text=_(
            "Sent instead, by its own channel: no address there, no consent, unsubscribed."
        ),
    )
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")

    def __str__(self):
        return self.name


def variant_template(label):
    return models.ForeignKey(
        Template,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=label,
        help_text=_("Empty: the same text as A."),
    )


def variant_coupon(label):
    return models.ForeignKey(
        CouponBatch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=label,
        help_text=_("Empty: no coupon, whatever A has."),
    )


def variant_hours(label):
    return models.PositiveSmallIntegerField(
        label,
        default=0,
        db_default=0,
        blank=True,
        validators=[MaxValueValidator(24 * 7)],
        help_text=_("To try another time of day: 10 is the evening after a morning. 0: like A."),
    )


def variant_share(label):
    return models.PositiveSmallIntegerField(
        label,
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(98)],
        help_text=_("Of those in the test; A has what is left. Empty: all alike."),
    )


class Campaign(DueRow):
    """Whom, what, when. What a launch fixes is a CampaignVersion; each firing is a CampaignSlot,
    whose audience (Assignment rows) is fixed when it begins."""

    class After(models.TextChoices):
        """Whom of another campaign's people."""

        GOT = "got", _("who got it")
        NOT_GOT = "not_got", _("who were meant and did not get it")
        OPENED = "opened", _("who opened it")
        NOT_OPENED = "not_opened", _("who got it and did not open it")
        NOT_BOUGHT = "not_bought", _("who got it and bought nothing since")

    class Metric(models.TextChoices):
        """By what variants are told apart: how many people of each did this."""

        BOUGHT = "bought", _("who bought something")
        CLICKED = "clicked", _("who clicked")
        OPENED = "opened", _("who opened it")

    class ToRest(models.TextChoices):
        """What becomes of those who were not in the test."""

        BY_HAND = "by_hand", _("somebody says which one they get")
        WINNER = "winner", _("they get the winner by itself; where none is sure, somebody says")
        BEST = "best", _("they get whichever did best, by itself, be it by chance")

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SCHEDULED = "scheduled", _("scheduled")
        WAITING = "waiting", _("waiting for the segment")
        SENDING = "sending", _("sending")
        PAUSED = "paused", _("paused")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("cancelled")

    name = models.CharField(_("name"), max_length=100, unique=True)
    # A draft may be saved half-done: what is missing is said before it is launched.
    segment = models.ForeignKey(
        Segment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("segment")
    )
    more_segments = models.ManyToManyField(
        Segment,
        blank=True,
        related_name="+",
        verbose_name=_("or in one of"),
        help_text=_("Whoever is in any of these is meant too; once, however many they are in."),
    )
    without_segments = models.ManyToManyField(
        Segment,
        blank=True,
        related_name="+",
        verbose_name=_("but in none of"),
        help_text=_("Whoever is in one of these is left out."),
    )
    after = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("only those of the campaign"),
    )
    after_what = models.CharField(
        _("who"), max_length=12, choices=After.choices, blank=True, default="", db_default=""
    )
    store = models.ForeignKey(
        Store,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("only of the store"),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("only those looked after by"),
    )
    template = models.ForeignKey(
        Template,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("template"),
    )
    coupon_batch = models.ForeignKey(
        CouponBatch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("with a coupon of"),
    )
    goal_product = models.ForeignKey(
        Product,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("it is to sell"),
        help_text=_("A product, a course: the report counts its orders and its money apart."),
    )
    goal_category = models.CharField(
        _("or a category"), max_length=200, blank=True, default="", db_default=""
    )
    holdout_percent = models.PositiveSmallIntegerField(
        _("held out, to measure the effect (%)"),
        default=10,
        db_default=0,
        validators=[MaxValueValidator(90)],
        help_text=_(
            "So many of the segment get nothing, and what they buy meanwhile is what the others"
            " would have bought without it. 0: the effect cannot be known."
        ),
    )
    # Variant A is the template and the coupon above; the others are what stands here.
    variants = models.PositiveSmallIntegerField(
        _("variants"),
        default=1,
        db_default=1,
        validators=[MinValueValidator(1), MaxValueValidator(3)],
    )
    b_template = variant_template(_("B: template"))
    b_coupon_batch = variant_coupon(_("B: with a coupon of"))
    b_hours = variant_hours(_("B: so many hours later"))
    b_share = variant_share(_("B: share (%)"))
    c_template = variant_template(_("C: template"))
    c_coupon_batch = variant_coupon(_("C: with a coupon of"))
    c_hours = variant_hours(_("C: so many hours later"))
    c_share = variant_share(_("C: share (%)"))
    test_percent = models.PositiveSmallIntegerField(
        _("in the test (% of the audience)"),
        default=100,
        db_default=100,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("100: everybody. Less: the others wait, and get the one that did best."),
    )
    metric = models.CharField(
        _("what counts"),
        max_length=10,
        choices=Metric,
        default=Metric.BOUGHT,
        db_default=Metric.BOUGHT,
    )
    decide_hours = models.PositiveSmallIntegerField(
        _("decided so many hours after it began"),
        default=72,
        db_default=72,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 60)],
        help_text=_("Fixed with the launch, like what counts: whoever looks daily sees winners."),
    )
    to_rest = models.CharField(
        _("the others"),
        max_length=10,
        choices=ToRest,
        default=ToRest.BY_HAND,
        db_default=ToRest.BY_HAND,
    )
    starts_at = models.DateTimeField(
        _("starts"), null=True, blank=True, help_text=_("Empty: as soon as it is launched.")
    )
    schedule = models.JSONField(
        _("again and again"),
        null=True,
        blank=True,
        help_text=_("Each time for whoever is meant then. Empty: once."),
    )
    per_hour = models.PositiveIntegerField(
        _("at most so many an hour"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("So that not everybody comes or calls at once. Empty: as fast as it goes."),
    )
    is_urgent = models.BooleanField(
        _("urgent: also at night"),
        default=False,
        db_default=False,
        help_text=_("Of service only: a recall, a closure."),
    )
    passes_caps = models.BooleanField(
        _("passes the caps"),
        default=False,
        db_default=False,
        help_text=_("Also to whoever has had enough. It counts for them like any other."),
    )
    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    content = models.JSONField(
        default=dict, editable=False, help_text="the template's content, fixed at launch"
    )
    channel = models.CharField(
        _("channel"), max_length=30, blank=True, default="", editable=False
    )  # the template's, fixed at launch
    alternatives = models.JSONField(
        default=list, db_default=[], editable=False, help_text="of its fallbacks, fixed at launch"
    )
    purpose = models.CharField(
        _("purpose"), max_length=20, choices=Purpose, blank=True, default="", editable=False
    )
    cursor = models.IntegerField(default=0, editable=False)
    wait = models.JSONField(
        null=True,
        editable=False,
        help_text="for the members to follow what was saved (customers/segments/catching_up.py)",
    )
    audience = models.PositiveIntegerField(_("audience"), null=True, editable=False)
    launched_at = models.DateTimeField(_("launched"), null=True, blank=True, editable=False)
    launched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("launched by"),
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        permissions = [
            ("launch_service", "Can launch campaigns of service, which ask for no consent"),
            ("pass_caps", "Can launch campaigns that pass the caps"),
        ]
        indexes = [due_index("campaign_due")]

    def __str__(self):
        return self.name


class Message(DueRow, OfCustomerUnchecked):
    """One message to one customer. targeted = queued + sending + waiting + sent + skipped + failed
    + unknown + cancelled, always."""

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("sending")
        # the vendor has laid it before a person of ours who sends it; `due_at` is until when
        WAITING = "waiting", _("waiting for a person")
        SENT = "sent", _("sent")
        SKIPPED = "skipped", _("skipped")
        FAILED = "failed", _("failed")
        UNKNOWN = "unknown", _("cannot know")
        CANCELLED = "cancelled", _("cancelled")

    channel = models.CharField(_("channel"), max_length=30)
    connection_id = models.BigIntegerField(_("connection"), null=True)  # None: our own
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    # of service: it may disturb at night too
    is_urgent = models.BooleanField(_("urgent"), default=False, db_default=False)
    # by a right of whoever launched it: also to who has had enough
    passes_caps = models.BooleanField(_("passes the caps"), default=False, db_default=False)
    # to its author, marked as one: it counts in nothing but what it costs (delivery/trying.py)
    is_test = models.BooleanField(_("test"), default=False, db_default=False)
    reason = models.CharField(_("reason"), max_length=60, blank=True, default="")
    effect_key = models.CharField(max_length=100, editable=False)
    campaign_id = models.BigIntegerField(_("campaign"), null=True)
    slot_id = models.BigIntegerField(null=True, editable=False)  # of the campaign
    journey_id = models.BigIntegerField(_("journey"), null=True)
    run_id = models.BigIntegerField(_("run"), null=True)
    step = models.CharField(_("step"), max_length=40, blank=True, default="")
    assignment_id = models.BigIntegerField(null=True, editable=False)
    coupon_id = models.BigIntegerField(_("coupon"), null=True)
    content = models.JSONField(
        _("content"), default=dict, help_text="Liquid until it is sent, then what was sent"
    )
    facts = models.JSONField(default=dict, editable=False)
    alternatives = models.JSONField(
        default=list, db_default=[], editable=False, help_text="[{channel, content}] to move on to"
    )
    tried = models.JSONField(
        default=list,
        db_default=[],
        editable=False,
        help_text="[{channel, reason}] it moved on from",
    )
    content_digest = models.CharField(max_length=24, blank=True, default="", editable=False)
    parts = models.PositiveSmallIntegerField(_("parts"), null=True)  # as the vendor counts it
    cost = models.IntegerField(_("cost"), null=True)  # 1/100 fen, of all parts
    provider_id = models.CharField(_("provider's id"), max_length=128, blank=True, default="")
    created_at = models.DateTimeField(_("queued at"))
    sent_at = models.DateTimeField(_("sent at"), null=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True)
    opened_at = models.DateTimeField(_("opened at"), null=True)
    bounced_at = models.DateTimeField(_("came back at"), null=True)
    clicked_at = models.DateTimeField(_("clicked at"), null=True)
    # by a program that looks at every letter before its receiver does
    machine_opened_at = models.DateTimeField(_("opened by a machine at"), null=True)
    machine_clicked_at = models.DateTimeField(_("clicked by a machine at"), null=True)
    complained_at = models.DateTimeField(_("complained at"), null=True)
    unsubscribed_at = models.DateTimeField(_("unsubscribed at"), null=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        permissions = [
            ("write_to_bookings", "Can write to all bookings of a list at once (service)")
        ]
        constraints = [
            models.UniqueConstraint(fields=["effect_key"], name="message_is_queued_once"),
            models.UniqueConstraint(
                fields=["connection_id", "provider_id"],
                name="message_of_provider",
                condition=Q(connection_id__isnull=False) & ~Q(provider_id=""),
            ),
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_at__isnull=False), name="message_sent_has_time"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "sending", "waiting"]) | Q(due_at=None),
                name="message_over_is_not_due",
            ),
        ]
        indexes = [
            # By lane (campaigns/delivery/sender.py): the backlog of one account is no other's way.
            models.Index(
                "channel",
                Coalesce("connection_id", 0),
                "due_at",
                name="message_lane",
                condition=Q(state="queued"),
            ),
            models.Index(fields=["due_at"], name="message_sending", condition=Q(state="sending")),
            models.Index(fields=["due_at"], name="message_waiting", condition=Q(state="waiting")),
            models.Index(fields=["customer", "sent_at"], name="message_customer"),
            models.Index(
                fields=["campaign_id", "state"],
                name="message_campaign",
                condition=Q(campaign_id__isnull=False),
            ),
            models.Index(
                fields=["journey_id", "state"],
                name="message_journey",
                condition=Q(journey_id__isnull=False),
            ),
            models.Index(
                fields=["state", "id"],
                name="message_not_sent",
                condition=Q(state__in=["failed", "unknown", "cancelled"]),
            ),
            models.Index(fields=["run_id"], name="message_run", condition=Q(run_id__isnull=False)),
            models.Index(fields=["created_at"], name="message_created"),
            models.Index(
                fields=["sent_at"], name="message_sent", condition=Q(sent_at__isnull=False)
            ),
            models.Index(
                fields=["delivered_at"],
                name="message_delivered",
                condition=Q(delivered_at__isnull=False),
            ),
            models.Index(
                fields=["opened_at"], name="message_opened", condition=Q(opened_at__isnull=False)
            ),
            models.Index(
                fields=["clicked_at"], name="message_clicked", condition=Q(clicked_at__isnull=False)
            ),
        ]

    @classmethod
    def stopped(cls) -> Q:
        """Marketing on a channel on which it is stopped, but for what was released."""
        of = {
            name: models.OuterRef(models.OuterRef(name)) for name in ("campaign_id", "journey_id")
        }
        released = StopRelease.objects.alias(
            campaign=Coalesce("campaign_id", 0), journey=Coalesce("journey_id", 0)
        ).filter(
            stop=models.OuterRef("pk"),
            campaign=Coalesce(of["campaign_id"], 0),
            journey=Coalesce(of["journey_id"], 0),
        )
        stops = MarketingStop.objects.filter(
            ~models.Exists(released),
            Q(channel="") | Q(channel=models.OuterRef("channel")),
            ended_at=None,
        )
        return Q(purpose=Purpose.MARKETING) & Q(models.Exists(stops))

    @classmethod
    def paused(cls) -> Q:
        """Those of a paused campaign or journey; all that have not left yet, while nothing may
        leave at all."""
        journeys = Journey.objects.filter(status=Journey.Status.PAUSED)
        campaigns = Campaign.objects.filter(status=Campaign.Status.PAUSED)
        theirs = Q(journey_id__in=journeys.values("pk")) | Q(campaign_id__in=campaigns.values("pk"))
        held = theirs | cls.stopped() | Q(models.Exists(Workspace.objects.silent()))
        return Q(state=cls.State.QUEUED) & held

    def __str__(self):
        return f"#{self.pk}"

    @classmethod
    def cannot_be_undone(cls, survivor: int, since) -> str:
        """Said before a merge is undone (customers/identity/comparing.py)."""
        sent = cls.objects.filter(customer=survivor, sent_at__gte=since).count()
        return sent and ngettext(
            "%(n)d message was sent meanwhile.", "%(n)d messages were sent meanwhile.", sent
        ) % {"n": sent}


class SuppressionQuerySet(models.QuerySet):
    def in_force(self):
        """Without those that a newer agreement of the customer has undone. What was not theirs to
        decide (a dead address) names no purpose, so that no agreement undoes it."""
        agreed = Consent.objects.filter(
            customer=models.OuterRef("customer"),
            channel=models.OuterRef("channel"),
            purpose=models.OuterRef("purpose"),
            is_granted=True,
            occurred_at__gt=models.OuterRef("at"),
        )
        return self.exclude(models.Exists(agreed))


class Suppression(OfCustomer):
    """Nothing of this purpose ("": of any) goes to this customer on this channel: unsubscribed,
    complained, refused for good, by hand."""

    channel = models.CharField(_("channel"), max_length=30)
    purpose = models.CharField(
        _("purpose"), max_length=20, choices=Purpose, blank=True, default="", db_default=""
    )
    reason = models.CharField(_("reason"), max_length=60)
    at = models.DateTimeField(_("at"))

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        verbose_name = _("suppression")
        verbose_name_plural = _("suppressions")
        constraints = [
            models.UniqueConstraint(
                fields=["origin_customer", "channel", "purpose"],
                name="suppression_is_unique_per_purpose",
            )
        ]


class EarlyReceipt(DueRow):
    """What a vendor said of a message that we have not recorded under its id yet
    (campaigns/delivery/early_receipts.py)."""

    connection_id = models.BigIntegerField(_("connection"))
    provider_id = models.CharField(_("provider's id"), max_length=128)
    outcome = models.CharField(max_length=20)
    at = models.DateTimeField(_("at"))
    detail = models.JSONField(default=dict)
    received_at = models.DateTimeField(_("received"))

    class Meta:
        verbose_name = _("early receipt")
        verbose_name_plural = _("early receipts")
        constraints = [
            models.UniqueConstraint(
                fields=["connection_id", "provider_id", "outcome"], name="early_receipt_is_unique"
            )
        ]
        indexes = [due_index("early_receipt_due")]

    def __str__(self):
        return f"{self.outcome} {self.provider_id}"


class Link(models.Model):
    """An address that letters of ours lead to, by a short signed code
    (campaigns/delivery/links.py)."""

    MOST_BYTES = 2000  # of an address: what an index of PostgreSQL holds

    url = models.CharField(_("address"), max_length=MOST_BYTES)

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        constraints = [models.UniqueConstraint(fields=["url"], name="link_is_unique")]

    def __str__(self):
        return self.url
