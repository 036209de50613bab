"""Segments and who is in them."""

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from crm_project.db.clock import Now
from crm_project.queue.due import DueRow, due_index
from customers.models.base import OfCustomer
from customers.models.customer import Customer


class SegmentQuerySet(models.QuerySet):
    def work_out_anew(self) -> int:
        """Everybody is looked at again for these segments, whether or not something changed about
        them, and at once where one is set aside. The number of segments."""
        return self.update(
            revision=F("revision") + 1,
            evaluated_version=0,
            failed_at=None,
            failure=None,
            failures=0,
            retry_at=None,
        )


class Segment(models.Model):
    """A rule (or a list by hand) and its stored membership, right up to the stated freshness."""

    class Kind(models.TextChoices):
        RULE = "rule", _("by rule")
        LIST = "list", _("by hand")

    name = models.CharField(_("name"), max_length=100, unique=True)
    description = models.TextField(_("description"), blank=True, default="")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.RULE)
    definition = models.JSONField(_("rule"), default=dict, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    revision = models.PositiveIntegerField(
        default=1, db_default=1, editable=False
    )  # goes up whenever everybody must be looked at again
    evaluated_version = models.PositiveIntegerField(default=0, editable=False)
    evaluated_at = models.DateTimeField(_("right as of"), null=True, blank=True, editable=False)
    size = models.PositiveIntegerField(_("customers"), default=0, editable=False)
    audited_at = models.DateTimeField(_("audited"), null=True, blank=True, editable=False)
    drift = models.PositiveIntegerField(
        _("drift"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("customers wrongly in or out at the last audit; must be 0"),
    )
    # A condition of it fails (customers/segments/failures.py): since when, which and how, how often
    # in a row, when it is tried again.
    failed_at = models.DateTimeField(_("set aside"), null=True, blank=True, editable=False)
    failure = models.JSONField(null=True, blank=True, editable=False)
    failures = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    retry_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    objects = SegmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")

    def __str__(self):
        return self.name

    def save(self, **kwargs):
        """What the evaluator keeps is not written back from a copy that may be old."""
        if self.pk and not self._state.adding and kwargs.get("update_fields") is None:
            kept = {"revision", "evaluated_version", "evaluated_at", "size", "audited_at", "drift"}
            kept |= {"failed_at", "failure", "failures", "retry_at"}
            kwargs["update_fields"] = [
                field.name
                for field in self._meta.concrete_fields
                if field.name not in kept and not field.primary_key
            ]
        super().save(**kwargs)


class SegmentVersion(models.Model):
    """What the rule was, from when, by whom."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    definition = models.JSONField(_("rule"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    at = models.DateTimeField(_("at"), db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["segment", "number"], name="segmentversion_is_unique")
        ]


class Membership(models.Model):
    """`customer` is in `segment` now. The truth of decision 9; written by
    customers/segments/membership.py alone."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="memberships", db_index=False)
    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="memberships", verbose_name=_("customer")
    )
    entered_at = models.DateTimeField(_("entered"))

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["segment", "customer"], name="membership_is_unique")
        ]


class WatchedSegment(models.Model):
    """A segment that something above waits for: whoever enters or leaves it by a change, or by time
    alone, leaves a transition that is due.

    Written by the room above, whole per `watcher` ("journey:7").
    """

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="+")
    watcher = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["segment", "watcher"], name="watchedsegment_is_unique")
        ]


class Transition(DueRow):
    """Someone entered or left a segment. Due while somebody above has to look at it
    (WatchedSegment); then kept as history."""

    class Reason(models.TextChoices):
        CHANGE = "change", _("something changed, or time passed")
        DEFINITION = "definition", _("the rule is another")
        HISTORY = "history", _("a file, an act on many, or an undoing: nothing follows from it")

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="transitions", db_index=False)
    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="+", verbose_name=_("customer")
    )
    entered = models.BooleanField(_("entered"))
    reason = models.CharField(_("reason"), max_length=20, default=Reason.CHANGE, choices=Reason)
    at = models.DateTimeField(_("at"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    error = models.TextField(_("error"), blank=True, default="", db_default="")

    class Meta:
        indexes = [
            models.Index(fields=["segment", "at"], name="transition_segment"),
            due_index("transition_due"),
        ]


class SegmentSize(models.Model):
    """How many were in the segment at `at`, the last moment of this hour at which the number became
    another."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="sizes", db_index=False)
    hour = models.DateTimeField()
    at = models.DateTimeField()
    size = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["segment", "hour"], name="segmentsize_is_unique")
        ]


class ListMember(OfCustomer):
    """A customer put into a list by hand or by file."""

    segment = models.ForeignKey(
        Segment, models.CASCADE, related_name="list_members", verbose_name=_("segment")
    )
    since = models.DateTimeField(_("since"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("list member")
        verbose_name_plural = _("list members")
        constraints = [
            models.UniqueConstraint(
                fields=["segment", "origin_customer"], name="listmember_is_unique"
            )
        ]


class SegmentPart(models.Model):
    """One evaluator's part of a segment (customers/segments/shards.py): for which revision and zone
    it is right, and how many its customers are.

    Nobody but the holder of the shard writes it, so evaluators never wait for each other; the
    segment's own size is the sum.
    """

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="parts", db_index=False)
    shard = models.PositiveSmallIntegerField()
    of = models.PositiveSmallIntegerField()
    revision = models.PositiveIntegerField()  # 0: its rule could not be read
    zone = models.CharField(
        max_length=64
    )  # a day is the workspace's: in another zone everything may be otherwise
    size = models.IntegerField()
    evaluated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["segment", "shard"], name="segmentpart_is_unique")
        ]


class EvaluatorClock(models.Model):
    """Up to which moment an evaluator's shard has looked at changes that time alone causes."""

    shard = models.PositiveSmallIntegerField(primary_key=True)
    of = models.PositiveSmallIntegerField(
        default=0, db_default=0
    )  # the number of shards; another one begins anew
    seen_until = models.DateTimeField()
    kept = models.JSONField(
        default=dict, db_default={}
    )  # for which version of each entry of CRM_DERIVED_STATE everybody was looked at
    # Whom time has touched up to `seen_until`, but no pass had room for yet (a BitMap), and who
    # asked for them.
    waiting = models.BinaryField(default=b"", db_default=b"")
    asked_by = models.JSONField(
        default=list, db_default=[]
    )  # segments by number, entries of CRM_DERIVED_STATE by key
    step = models.PositiveIntegerField(
        default=5000, db_default=5000
    )  # how many of them a pass takes
