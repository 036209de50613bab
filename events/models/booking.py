"""Appointments, classes, enrolments, services: what somebody is to come to at a time."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Namespace, OfCustomer, Source
from events.models.commerce import store_field


class BookingQuerySet(models.QuerySet):
    def awaited(self):
        """Not over and not called off: whoever booked it is to come."""
        return self.filter(status__in=Booking.AWAITED)


class Booking(OfCustomer):
    """One booking of one shop, whoever reported it. Each state is told whole; an older one never
    overwrites a newer."""

    class Status(models.TextChoices):
        """In the order in which they count at the same moment."""

        BOOKED = "booked", pgettext_lazy("booking", "booked")
        RESCHEDULED = "rescheduled", pgettext_lazy("booking", "rescheduled")
        CONFIRMED = "confirmed", pgettext_lazy("booking", "confirmed")
        CANCELLED = "cancelled", pgettext_lazy("booking", "cancelled")
        NO_SHOW = "no_show", pgettext_lazy("booking", "no-show")
        ATTENDED = "attended", pgettext_lazy("booking", "attended")

    class Kind(models.TextChoices):
        APPOINTMENT = "appointment", _("appointment")
        CLASS = "class", pgettext_lazy("booking", "class")
        ENROLMENT = "enrolment", _("enrolment")
        SERVICE = "service", _("service")

    AWAITED = (Status.BOOKED, Status.RESCHEDULED, Status.CONFIRMED)

    namespace = models.ForeignKey(
        Namespace, models.PROTECT, related_name="+", verbose_name=_("namespace")
    )
    number = models.CharField(_("number"), max_length=100)
    source = models.ForeignKey(Source, models.PROTECT, related_name="+", verbose_name=_("source"))
    status = models.CharField(_("status"), max_length=11, choices=Status)
    kind = models.CharField(_("kind"), max_length=11, choices=Kind)
    version = models.BigIntegerField(_("version"), null=True)
    occurred_at = models.DateTimeField(_("state as of"))
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"), null=True)
    product_id = models.CharField(_("product id"), max_length=128, blank=True, default="")
    name = models.CharField(
        pgettext_lazy("booking", "what"), max_length=200, blank=True, default=""
    )
    category = models.CharField(_("category"), max_length=200, blank=True, default="")
    place = models.CharField(_("place"), max_length=200, blank=True, default="")
    resource = models.CharField(
        pgettext_lazy("booking", "with"),
        max_length=200,
        blank=True,
        default="",
        help_text=_("the teacher, the doctor, the room"),
    )
    store = store_field()
    # Whom it is for, where that is not the customer: the pupil, the patient.
    for_key = models.CharField(
        pgettext_lazy("booking", "for (key)"), max_length=100, blank=True, default="", db_default=""
    )
    for_name = models.CharField(
        pgettext_lazy("booking", "for"), max_length=200, blank=True, default="", db_default=""
    )

    objects = BookingQuerySet.as_manager()

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        constraints = [
            models.UniqueConstraint(fields=["namespace", "number"], name="booking_is_unique"),
            models.CheckConstraint(
                condition=models.Q(ends_at=None) | models.Q(ends_at__gte=models.F("starts_at")),
                name="booking_ends_after_its_start",
            ),
        ]
        indexes = [
            models.Index(
                fields=["customer", "starts_at"],
                include=["status", "kind", "product_id"],
                name="booking_customer",
            ),
            # Whose booking begins between two moments: windows, and the answers that time alone
            # flips.
            models.Index(
                fields=["starts_at", "customer"],
                include=["status", "kind", "product_id"],
                name="booking_start",
            ),
            models.Index(
                fields=["product_id", "starts_at"],
                include=["customer", "status"],
                name="booking_product",
            ),
            models.Index(fields=["status", "id"], name="booking_status"),
        ]

    def __str__(self):
        return self.number
