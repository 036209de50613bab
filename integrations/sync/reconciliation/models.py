"""What was compared with the numbers of a source's own system."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm_project.db.clock import Now
from customers.models import Connection, Source
from customers.models.workspace import valid_zone


class Reconciliation(models.Model):
    """How one source is compared: whom we ask, for how many days back; nobody where only lists are
    brought."""

    source = models.OneToOneField(
        Source, models.PROTECT, related_name="reconciliation", verbose_name=_("source")
    )
    connection = models.ForeignKey(
        Connection,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("connection"),
        help_text=_("Empty: nobody is asked, only lists that are brought are compared."),
    )
    time_zone = models.CharField(
        _("time zone of its days"),
        max_length=64,
        default="Asia/Shanghai",
        validators=[valid_zone],
    )
    days = models.PositiveSmallIntegerField(
        _("days back"),
        default=35,
        validators=[MinValueValidator(1), MaxValueValidator(400)],
        help_text=_("An order may be paid or refunded long after its day: so many are looked at."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    complete_until = models.DateField(_("complete up to"), null=True, editable=False)
    asked_at = models.DateTimeField(_("asked last"), null=True, editable=False)
    problem = models.CharField(_("last error"), max_length=300, default="", editable=False)
    due_at = models.DateTimeField(_("asked next"), db_default=Now(), editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("reconciliation")
        verbose_name_plural = _("reconciliations")

    def __str__(self):
        return str(self.source)


class ReconciledDay(models.Model):
    """One day's numbers, ours and theirs. None: they do not tell it."""

    reconciliation = models.ForeignKey(
        Reconciliation, models.CASCADE, related_name="reconciled", verbose_name=_("source")
    )
    day = models.DateField(_("day"))
    orders = models.BigIntegerField(_("orders here"))
    paid_fen = models.BigIntegerField(_("paid here (fen)"))
    refunded_fen = models.BigIntegerField(_("refunded here (fen)"))
    customers = models.BigIntegerField(_("registered here"))
    their_orders = models.BigIntegerField(_("orders there"))
    their_paid_fen = models.BigIntegerField(_("paid there (fen)"))
    their_refunded_fen = models.BigIntegerField(_("refunded there (fen)"))
    their_customers = models.BigIntegerField(_("registered there"), null=True)
    is_equal = models.BooleanField(pgettext_lazy("reconciliation", "agrees"))
    compared_at = models.DateTimeField(_("compared"))
    searched_at = models.DateTimeField(_("searched"), null=True)  # for the orders that differ
    # The job that brought the list whose orders are the other side; None: their system answered.
    listing = models.BigIntegerField(null=True, editable=False)
    by_payment = models.BooleanField(db_default=False, editable=False)  # a day's orders: paid in it
    # By store, where they name stores: [{"store", "orders", "their_orders", "paid_fen", …}].
    stores = models.JSONField(null=True, editable=False)

    class Meta:
        verbose_name = _("reconciled day")
        verbose_name_plural = _("reconciled days")
        constraints = [
            models.UniqueConstraint(
                fields=["reconciliation", "day"], name="reconciledday_is_unique"
            )
        ]
        indexes = [models.Index(fields=["day"], name="reconciledday_day")]

    def __str__(self):
        return f"{self.reconciliation} {self.day}"


class Difference(models.Model):
    """One order of a day that differs; None: that side has no such order."""

    day = models.ForeignKey(
        ReconciledDay, models.CASCADE, related_name="differences", verbose_name=_("day")
    )
    number = models.CharField(_("order number"), max_length=100)
    paid_fen = models.BigIntegerField(_("paid here (fen)"), null=True)
    refunded_fen = models.BigIntegerField(_("refunded here (fen)"), null=True)
    their_paid_fen = models.BigIntegerField(_("paid there (fen)"), null=True)
    their_refunded_fen = models.BigIntegerField(_("refunded there (fen)"), null=True)
    status = models.CharField(_("state here"), max_length=10, db_default="")
    their_status = models.CharField(_("state there"), max_length=10, db_default="")  # of lists
    asked_again_at = models.DateTimeField(_("asked for again"), null=True)

    class Meta:
        verbose_name = _("difference")
        verbose_name_plural = _("differences")
        constraints = [
            models.UniqueConstraint(fields=["day", "number"], name="difference_is_unique")
        ]

    def __str__(self):
        return self.number


class ListedOrder(models.Model):
    """An order as a list has it that somebody brought: their side of its day, as long as the day
    says so (`ReconciledDay.listing`)."""

    reconciliation = models.ForeignKey(Reconciliation, models.CASCADE, related_name="+")
    listing = models.BigIntegerField()  # the job that brought it; jobs are cleared by time
    number = models.CharField(_("order number"), max_length=100)
    day = models.DateField(_("day"))
    status = models.CharField(_("state"), max_length=10, blank=True, default="")
    paid_fen = models.BigIntegerField(_("paid (fen)"))
    refunded_fen = models.BigIntegerField(_("refunded (fen)"))
    store = models.CharField(_("store"), max_length=100, blank=True, default="")
    brought_at = models.DateTimeField(_("brought"), db_default=Now())

    class Meta:
        verbose_name = _("listed order")
        verbose_name_plural = _("listed orders")
        constraints = [
            models.UniqueConstraint(fields=["listing", "number"], name="listedorder_is_unique")
        ]
        indexes = [
            models.Index(fields=["listing", "day"], name="listedorder_day"),
            models.Index(fields=["reconciliation", "day"], name="listedorder_of_day"),
        ]

    def __str__(self):
        return self.number
