"""Tags: what people, rules and journeys have put on customers, until when, and the history of
it."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.base import OfCustomer, OfCustomerUnchecked
from customers.models.segment import Segment

LONGEST_DAYS = 3650
DAYS = [MinValueValidator(1), MaxValueValidator(LONGEST_DAYS)]
A_COLOUR = RegexValidator(r"\A#[0-9a-fA-F]{6}\Z", _("A colour is written like #b45309."))


class TagGroup(models.Model):
    """Tags that belong together, in one colour; of an exclusive group a customer carries one at a
    time."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    colour = models.CharField(_("colour"), max_length=7, default="#64748b", validators=[A_COLOUR])
    is_exclusive = models.BooleanField(
        _("one at a time"),
        default=False,
        help_text=_("Putting on one tag of the group takes the others of the group off."),
    )

    class Meta:
        verbose_name = _("tag group")
        verbose_name_plural = _("tag groups")
        ordering = ("name",)

    def __str__(self):
        return self.name


class Tag(models.Model):
    """A word that people, rules and journeys put on customers."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    group = models.ForeignKey(
        TagGroup,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tags",
        verbose_name=_("group"),
    )
    colour = models.CharField(_("colour"), max_length=7, default="#64748b", validators=[A_COLOUR])
    lasts_days = models.PositiveSmallIntegerField(
        _("lasts, days"),
        null=True,
        blank=True,
        validators=DAYS,
        help_text=_(
            "Taken off by itself so many days after it was put on. Empty: it stays. Whoever puts it"
            " on may say otherwise."
        ),
    )
    segment = models.ForeignKey(
        Segment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tags",
        verbose_name=_("given by rule"),
        help_text=_(
            "The members of this segment carry the tag, and nobody else; it cannot be put on by"
            " hand."
        ),
    )
    keep_days = models.PositiveSmallIntegerField(
        _("kept after leaving, days"),
        null=True,
        blank=True,
        validators=DAYS,
        help_text=_(
            "Who leaves the segment keeps the tag so long. Empty: it is taken off at once."
        ),
    )

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(keep_days=None) | models.Q(segment__isnull=False),
                name="tag_is_kept_after_a_rule",
            )
        ]

    def __str__(self):
        return self.name


class CustomerTagQuerySet(models.QuerySet):
    def valid(self, now):
        return self.filter(models.Q(expires_at=None) | models.Q(expires_at__gt=now))


class CustomerTag(OfCustomer):
    """A tag that a customer carries, until `expires_at`. Written by customers/tags/tagging.py
    alone.

    One that a merge has set aside (two of a group of which one is carried at a time came together)
    has expired with the merge, and comes back as it was when the merge is undone.
    """

    tag = models.ForeignKey(
        Tag, models.PROTECT, related_name="+", db_index=False, verbose_name=_("tag")
    )
    since = models.DateTimeField(_("since"))
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    by = models.CharField(
        _("by"),
        max_length=150,
        blank=True,
        default="",
        help_text=_("a person, a rule or a journey"),
    )
    merge = models.ForeignKey(
        "customers.Merge",
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    expired_before = models.DateTimeField(null=True, editable=False)

    objects = CustomerTagQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer's tag")
        verbose_name_plural = _("customers' tags")
        constraints = [
            models.UniqueConstraint(fields=["origin_customer", "tag"], name="customertag_is_unique")
        ]
        indexes = [
            models.Index(fields=["tag", "customer"], name="customertag_tag"),
            models.Index(fields=["tag", "since"], name="customertag_since"),
            models.Index(
                fields=["expires_at", "customer"],
                name="customertag_expiry",
                condition=models.Q(expires_at__isnull=False),
            ),
            models.Index(
                fields=["merge"], name="customertag_merge", condition=models.Q(merge__isnull=False)
            ),
        ]

    def __str__(self):
        return str(self.tag)


class TagChange(OfCustomerUnchecked):
    """A tag was put on or came off: when, by whom or what ("user:anna", "segment:7", "journey:3",
    "expiry"), and why. Only grows."""

    tag = models.ForeignKey(
        Tag,
        models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("tag"),
    )
    is_on = models.BooleanField(_("put on"))
    at = models.DateTimeField(_("at"))
    by = models.CharField(_("by"), max_length=150, blank=True, default="")
    why = models.CharField(_("why"), max_length=200, blank=True, default="")
    expires_at = models.DateTimeField(_("expires"), null=True)

    class Meta:
        verbose_name = _("change of a tag")
        verbose_name_plural = _("changes of tags")
        indexes = [
            models.Index(fields=["customer", "at"], name="tagchange_customer"),
            models.Index(fields=["tag", "at"], name="tagchange_tag"),
        ]
