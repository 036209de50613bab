"""What customers are interested in; summed up from the events by a tick
(events/insights/portrait.py)."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import OfCustomerUnchecked


def worth_default():
    return {
        "Product Viewed": 1,
        "Product Favourited": 3,
        "Product Added to Wishlist": 3,
        "Product Added": 4,
        "Booking Attended": 4,
        "Order Completed": 8,
    }


class InterestSettings(models.Model):
    """The one row that says what an event is worth, and how fast that fades. A change counts all
    events anew, as another version."""

    worth = models.JSONField(_("what an event is worth"), default=worth_default)
    half_life_days = models.PositiveSmallIntegerField(
        _("half-life, days"),
        default=30,
        help_text=_("After so many days an event is worth half as much."),
    )
    course_half_life_days = models.PositiveSmallIntegerField(
        _("half-life of courses, days"), default=60
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    current = models.PositiveIntegerField(
        default=1, editable=False
    )  # the version in force, until the newest has caught up

    class Meta:
        verbose_name = _("settings of interests")
        verbose_name_plural = _("settings of interests")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="interestsettings_is_one"),
            models.CheckConstraint(
                condition=models.Q(half_life_days__gte=1, course_half_life_days__gte=1),
                name="interest_fades_in_a_day_or_more",
            ),
        ]

    def __str__(self):
        return str(self._meta.verbose_name)

    @classmethod
    def get(cls) -> "InterestSettings":
        return cls.objects.get_or_create(pk=1)[0]

    def clean(self):
        is_table = isinstance(self.worth, dict) and len(self.worth) <= 50
        if not is_table or not all(
            type(n) in (int, float) and 0 < n <= 1000 and 0 < len(name) <= 200
            for name, n in self.worth.items()
        ):
            raise ValidationError({"worth": _("An event is worth more than 0 and at most 1,000.")})


class InterestVersion(models.Model):
    """What each version of the interests counts by; how far it has come, its mark says."""

    version = models.PositiveIntegerField(unique=True)
    worth = models.JSONField()
    half_life_days = models.PositiveSmallIntegerField()
    course_half_life_days = models.PositiveSmallIntegerField()


class Interest(OfCustomerUnchecked):
    """How much one customer (one origin) cares for one category: the sum of v · 2^((t - EPOCH) /
    half-life) over their events.

    Bit n of `weeks` says that they were active in the nth week before `last_week` (weeks since
    Monday, 5 January 1970, of the workspace's zone). Both are the same in whatever order the events
    are counted.
    """

    id = models.BigAutoField(primary_key=True)
    version = models.PositiveIntegerField()
    category = models.CharField(_("category"), max_length=200)
    is_course = models.BooleanField(_("course"), default=False)
    weight = models.FloatField(_("weight"))
    last_week = models.IntegerField()
    weeks = models.SmallIntegerField()

    class Meta:
        verbose_name = _("interest")
        verbose_name_plural = _("interests")
        constraints = [
            models.UniqueConstraint(
                fields=["origin_customer", "version", "category", "is_course"],
                name="interest_is_unique",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "version"], name="interest_customer"),
            models.Index(fields=["category", "version", "weight"], name="interest_category"),
            # Who came by a merge: their rows have to be added up.
            models.Index(
                fields=["category"],
                name="interest_merged",
                condition=~models.Q(customer=models.F("origin_customer")),
            ),
        ]

    def __str__(self):
        return self.category
