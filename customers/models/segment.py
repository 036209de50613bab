"""Segments and who is in them."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.base import OfCustomer
from customers.models.customer import Customer


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
    evaluated_version = models.PositiveIntegerField(default=0, editable=False)
    evaluated_at = models.DateTimeField(_("right as of"), null=True, blank=True, editable=False)
    size = models.PositiveIntegerField(_("customers"), default=0, editable=False)
    audited_at = models.DateTimeField(_("audited"), null=True, blank=True, editable=False)
    drift = models.PositiveIntegerField(
        _("drift"), null=True, blank=True, editable=False, help_text=_("customers wrongly in or out at the last audit; must be 0")
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")

    def __str__(self):
        return self.name


class SegmentVersion(models.Model):
    """What the rule was, from when, by whom."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    definition = models.JSONField(_("rule"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "number"], name="segmentversion_is_unique")]


class Membership(models.Model):
    """`customer` is in `segment` now. The truth of decision 9; written by membership.py alone."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="memberships", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="memberships", verbose_name=_("customer"))
    entered_at = models.DateTimeField(_("entered"))

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["segment", "customer"], name="membership_is_unique")]


class Transition(models.Model):
    """Someone entered or left a segment; kept for journeys and for the curve of its size."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="transitions", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", verbose_name=_("customer"))
    entered = models.BooleanField(_("entered"))
    reason = models.CharField(_("reason"), max_length=20, default="change")
    at = models.DateTimeField(_("at"))

    class Meta:
        indexes = [models.Index(fields=["segment", "at"], name="transition_segment")]


class SegmentSize(models.Model):
    """How many were in the segment at `at`, the last moment of this hour at which the number became another."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="sizes", db_index=False)
    hour = models.DateTimeField()
    at = models.DateTimeField()
    size = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "hour"], name="segmentsize_is_unique")]


class ListMember(OfCustomer):
    """A customer put into a list by hand or by file."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="list_members", verbose_name=_("segment"))
    since = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("list member")
        verbose_name_plural = _("list members")
        constraints = [models.UniqueConstraint(fields=["segment", "origin_customer"], name="listmember_is_unique")]


class EvaluatorClock(models.Model):
    """Up to which moment an evaluator's shard has looked at changes that time alone causes."""

    shard = models.PositiveSmallIntegerField(primary_key=True)
    seen_until = models.DateTimeField()
    kept = models.JSONField(default=dict, db_default={})  # for which version of each entry of CRM_KEPT everybody was looked at
