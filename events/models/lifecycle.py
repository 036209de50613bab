"""Where customers stand with the shop: thresholds, what was measured, and what is concluded about
each (events/insights/lifecycle.py)."""

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Customer, OfCustomerUnchecked


class Stage(models.TextChoices):
    """The stages of a customer's life, in their order."""

    PROSPECT = "prospect", pgettext_lazy("stage", "prospect")
    NEW = "new", pgettext_lazy("stage", "new")
    ACTIVE = "active", pgettext_lazy("stage", "active")
    SILENT = "silent", pgettext_lazy("stage", "silent")
    LOST = "lost", pgettext_lazy("stage", "lost")


class ValueClass(models.TextChoices):
    """What a customer is worth: recency, frequency and money each high or low."""

    IMPORTANT_VALUE = "important_value", _("important value")
    IMPORTANT_DEVELOP = "important_develop", _("important development")
    IMPORTANT_KEEP = "important_keep", _("important retention")
    IMPORTANT_WIN_BACK = "important_win_back", _("important win-back")
    GENERAL_VALUE = "general_value", _("general value")
    GENERAL_DEVELOP = "general_develop", _("general development")
    GENERAL_KEEP = "general_keep", _("general retention")
    GENERAL_WIN_BACK = "general_win_back", _("general win-back")


# The class by (recent, often, much), each high or not.
CLASS_OF = {
    (True, True, True): ValueClass.IMPORTANT_VALUE,
    (True, False, True): ValueClass.IMPORTANT_DEVELOP,
    (False, True, True): ValueClass.IMPORTANT_KEEP,
    (False, False, True): ValueClass.IMPORTANT_WIN_BACK,
    (True, True, False): ValueClass.GENERAL_VALUE,
    (True, False, False): ValueClass.GENERAL_DEVELOP,
    (False, True, False): ValueClass.GENERAL_KEEP,
    (False, False, False): ValueClass.GENERAL_WIN_BACK,
}


def four(*numbers: int):
    """The default of an array field, picklable for migrations."""
    return list(numbers)


def recency_default():
    return four(30, 60, 90, 180)


def frequency_default():
    return four(1, 2, 3, 5)


def money_default():
    return four(100_00, 300_00, 1000_00, 3000_00)


class LifecycleSettings(models.Model):
    """The one row that says what counts as a purchase and which thresholds are in force. A change
    looks at everybody again."""

    class Counting(models.TextChoices):
        ORDERS = "orders", _("paid orders")
        EVENTS = "events", _("events: a visit, a lesson, an appointment")

    counting = models.CharField(
        _("what counts"), max_length=10, choices=Counting, default=Counting.ORDERS
    )
    events = ArrayField(
        models.CharField(max_length=200),
        verbose_name=_("counting events"),
        default=list,
        blank=True,
    )
    is_automatic = models.BooleanField(_("stages follow our own customers' pauses"), default=True)
    new_days = models.PositiveIntegerField(_("new for, days"), default=30)
    active_days = models.PositiveIntegerField(_("active for, days"), default=60)
    silent_days = models.PositiveIntegerField(_("silent until, days"), default=90)
    rfm_is_automatic = models.BooleanField(_("scores follow our own customers"), default=True)
    recency_days = ArrayField(models.PositiveIntegerField(), size=4, default=recency_default)
    frequency = ArrayField(models.PositiveIntegerField(), size=4, default=frequency_default)
    money_fen = ArrayField(models.PositiveBigIntegerField(), size=4, default=money_default)
    high_from = models.PositiveSmallIntegerField(
        _("high from score"),
        default=4,
        help_text=_("From this score on, recency, frequency or money counts as high."),
    )

    class Meta:
        verbose_name = _("lifecycle and value")
        verbose_name_plural = _("lifecycle and value")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="lifecyclesettings_is_one"),
            models.CheckConstraint(
                condition=models.Q(
                    new_days__gte=1,
                    active_days__gt=models.F("new_days"),
                    silent_days__gt=models.F("active_days"),
                ),
                name="lifecycle_stages_follow_each_other",
            ),
        ]

    def __str__(self):
        return str(self._meta.verbose_name)

    @classmethod
    def get(cls) -> "LifecycleSettings":
        return cls.objects.get_or_create(pk=1)[0]

    @property
    def counts_orders(self) -> bool:
        return self.counting == self.Counting.ORDERS

    def clean(self):
        """Raises ValidationError with the marketer's words per field."""
        wrong = {}
        if not self.counts_orders and not self.events:
            wrong["events"] = _("Choose at least one event.")
        if not self.new_days or self.new_days < 1:
            wrong["new_days"] = _("At least one day.")
        elif self.active_days is not None and self.active_days <= self.new_days:
            wrong["active_days"] = _("Longer than “new”.")
        elif (
            None not in (self.active_days, self.silent_days)
            and self.silent_days <= self.active_days
        ):
            wrong["silent_days"] = _("Longer than “active”.")
        if wrong:
            raise ValidationError(wrong)


class CycleMeasure(models.Model):
    """What the pauses between purchases looked like at `at`, over all customers; the newest row is
    what the page draws."""

    at = models.DateTimeField(_("measured"))
    counting = models.CharField(_("what counts"), max_length=10, choices=LifecycleSettings.Counting)
    gaps = models.PositiveIntegerField(_("pauses"))
    days = models.JSONField(
        default=list
    )  # [[days, how many pauses of so many days], ...], short ones first
    p50 = models.PositiveIntegerField(null=True)
    p80 = models.PositiveIntegerField(null=True)
    p90 = models.PositiveIntegerField(null=True)
    customers = models.PositiveIntegerField(_("customers"))
    recency_days = ArrayField(models.PositiveIntegerField(), size=4, null=True)
    frequency = ArrayField(models.PositiveIntegerField(), size=4, null=True)
    money_fen = ArrayField(models.PositiveBigIntegerField(), size=4, null=True)

    class Meta:
        verbose_name = _("measured purchase cycle")
        verbose_name_plural = _("measured purchase cycles")
        indexes = [models.Index(fields=["-at"], name="cyclemeasure_newest")]

    def __str__(self):
        return f"{self.at:%Y-%m-%d}"


class CustomerStage(models.Model):
    """What is concluded about one customer who has bought (or visited); prospects have no row.
    Written by lifecycle.py alone.

    The moments are facts; stage and scores are right from the last look until `flips_at`.
    """

    customer = models.OneToOneField(
        Customer,
        models.DO_NOTHING,
        primary_key=True,
        db_constraint=False,
        related_name="standing",
        verbose_name=_("customer"),
    )
    first_at = models.DateTimeField(_("first"))
    last_at = models.DateTimeField(_("last"))
    paused_at = models.DateTimeField(
        null=True
    )  # the last purchase before a pause that made them silent or lost …
    returned_at = models.DateTimeField(
        null=True
    )  # … and the first after it; the latest such return
    orders = models.PositiveIntegerField(_("how often"))
    net_fen = models.BigIntegerField(_("net total"))
    stage = models.CharField(_("stage"), max_length=8, choices=Stage)
    since = models.DateTimeField(_("since"))
    came_from = models.CharField(_("from"), max_length=8, choices=Stage)
    recency = models.PositiveSmallIntegerField(_("recency"))
    frequency = models.PositiveSmallIntegerField(_("frequency"))
    money = models.PositiveSmallIntegerField(_("money"))
    value_class = models.CharField(_("class"), max_length=18, choices=ValueClass)
    flips_at = models.DateTimeField(null=True)  # until then, time alone changes nothing

    class Meta:
        verbose_name = _("customer's stage")
        verbose_name_plural = _("customers' stages")
        indexes = [
            models.Index(fields=["first_at"], name="customerstage_first"),
            models.Index(fields=["last_at"], name="customerstage_last"),
            models.Index(fields=["net_fen"], name="customerstage_net"),
            models.Index(
                fields=["returned_at"],
                name="customerstage_returned",
                condition=models.Q(returned_at__isnull=False),
            ),
            models.Index(
                fields=["flips_at"],
                name="customerstage_flips",
                condition=models.Q(flips_at__isnull=False),
            ),
            models.Index(fields=["stage"], name="customerstage_stage"),
            models.Index(fields=["value_class"], name="customerstage_class"),
        ]

    def __str__(self):
        return self.get_stage_display()


class StageChange(OfCustomerUnchecked):
    """A customer was found in another stage than before: the log, as it was seen; it only grows."""

    id = models.BigAutoField(primary_key=True)
    before = models.CharField(_("from"), max_length=8, choices=Stage)
    after = models.CharField(_("to"), max_length=8, choices=Stage)
    since = models.DateTimeField(_("since"))  # when the stage began, by the facts
    at = models.DateTimeField(_("seen"))

    class Meta:
        verbose_name = _("change of stage")
        verbose_name_plural = _("changes of stage")
        indexes = [
            models.Index(fields=["customer", "at"], name="stagechange_customer"),
            models.Index(fields=["at"], name="stagechange_at"),
        ]


class CustomerValue(Customer):
    """A customer as the list of stages and classes shows them."""

    class Meta:
        proxy = True
        verbose_name = _("customer by stage and value")
        verbose_name_plural = _("customers by stage and value")
