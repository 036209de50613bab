"""What was measured of a customer, over time: a weight, a blood pressure, a test's score, a
grade."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import RowNumber
from django.utils.translation import gettext_lazy as _

from customers.models import Namespace, OfCustomerUnchecked, Source


class MeasurementQuerySet(models.QuerySet):
    def latest_of_each_kind(self, count: int):
        """The last `count` of every kind, newest first."""
        nth = models.Window(
            RowNumber(),
            partition_by=["customer", "kind"],
            order_by=[models.F("occurred_at").desc(), models.F("id").desc()],
        )
        return self.annotate(nth=nth).filter(nth__lte=count).order_by("kind", "nth")


class Measurement(OfCustomerUnchecked):
    """One value of one kind at one time. Rows are never changed, but for merges: each new value is
    a new row.

    Health and marks are personal: whoever looks at them needs the permission to view measurements,
    and the event that a measurement writes says its kind and never its value.
    """

    id = models.BigAutoField(primary_key=True)
    namespace = models.ForeignKey(
        Namespace,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("namespace"),
    )
    number = models.CharField(_("number"), max_length=128)
    source = models.ForeignKey(
        Source,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("source"),
    )
    kind = models.CharField(_("kind"), max_length=60)
    value = models.FloatField(_("value"), null=True)
    unit = models.CharField(_("unit"), max_length=30, blank=True, default="")
    text = models.CharField(_("in words"), max_length=200, blank=True, default="")
    product_id = models.CharField(_("product id"), max_length=128, blank=True, default="")
    booking_number = models.CharField(_("booking number"), max_length=100, blank=True, default="")
    occurred_at = models.DateTimeField(_("measured"))

    objects = MeasurementQuerySet.as_manager()

    class Meta:
        verbose_name = _("measurement")
        verbose_name_plural = _("measurements")
        constraints = [
            models.UniqueConstraint(fields=["namespace", "number"], name="measurement_is_unique"),
            models.CheckConstraint(
                condition=models.Q(value__isnull=False) | ~models.Q(text=""),
                name="measurement_says_something",
            ),
        ]
        indexes = [
            models.Index(
                fields=["customer", "kind", "-occurred_at"],
                include=["value", "text"],
                name="measurement_customer",
            ),
            # Who had which value of a kind between two moments.
            models.Index(
                fields=["kind", "occurred_at", "customer"],
                include=["value", "text"],
                name="measurement_kind",
            ),
            BrinIndex(fields=["occurred_at"], pages_per_range=16, name="measurement_moment"),
        ]

    def __str__(self):
        return self.kind

    @property
    def shown(self) -> str:
        return formatted(self.value, self.unit, self.text)


def formatted(value: float | None, unit: str, text: str) -> str:
    """The value as people write it: 120 mmHg, 92 分 (A)."""
    number = "" if value is None else f"{figure(value)} {unit}".strip()
    return f"{number} ({text})" if number and text else number or text


def figure(value: float) -> str:
    """Without the .0 of a whole number."""
    return str(int(value)) if value == int(value) else str(value)
