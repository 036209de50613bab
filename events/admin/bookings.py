"""Bookings and measurements. Shops write them through the API; staff look."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from crm_project.admin import Days, ModelAdmin, ReadOnly, link, state
from crm_project.db.clock import database_now
from customers.profile.actions import may_do
from events import answers
from events.admin.answering import AnswerBooking
from events.admin.commerce import to_product
from events.models import Booking, Measurement

Status = Booking.Status


@admin.register(Booking)
class BookingAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "number",
        "customer_link",
        "status_label",
        "kind",
        "name",
        "resource",
        "starts_at",
        "place",
        "source",
    )
    list_filter = ("status", "kind", "namespace", ("starts_at", Days))
    search_fields = ("number",)
    search_help_text = _("Booking number")
    list_select_related = ("customer", "source")
    ordering = ("-pk",)
    fields = (
        ("number", "customer_link"),
        ("status", "occurred_at"),
        ("kind", "name"),
        ("starts_at", "ends_at"),
        ("place", "resource", "store"),
        ("product", "category"),
        ("namespace", "source"),
    )
    readonly_fields = ("customer_link", "product")
    panels_above = ("events/booking_answer.html",)

    customer_link = link("customer", _("customer"))
    status_label = state(
        {
            Status.BOOKED: "info",
            Status.RESCHEDULED: "warning",
            Status.CONFIRMED: "info",
            Status.CANCELLED: "danger",
            Status.NO_SHOW: "danger",
            Status.ATTENDED: "success",
        },
        "status",
        _("status"),
    )

    @display(description=_("product"))
    def product(self, row):
        return to_product(row.product_id, row.namespace_id)

    def page_context(self, request, row):
        """What the customer said to it, and where staff write that down."""
        action = AnswerBooking(row.customer, request.user)
        may_answer = may_do(AnswerBooking, request.user) and answers.asked_of(row, database_now())
        return {
            "answered": answers.latest([row]).get(row.pk),
            "may_answer": bool(may_answer),
            "answer_url": f"{action.address}?booking={row.pk}",
        }

    def get_search_results(self, request, queryset, search_term):
        # Only the index on (namespace, number) stands by a number, so it is looked for as it is.
        return (
            queryset.filter(number=search_term.strip()) if search_term.strip() else queryset
        ), False


@admin.register(Measurement)
class MeasurementAdmin(ReadOnly, ModelAdmin):
    """Seen only by whoever has the permission to view measurements."""

    list_display = ("kind", "measured", "customer_link", "occurred_at", "product_id", "source")
    list_filter = ("namespace", ("occurred_at", Days))
    search_fields = ("kind",)
    search_help_text = _("Kind, as it was sent")
    list_select_related = ("customer", "source")
    ordering = ("-pk",)
    fields = (
        ("kind", "customer_link"),
        ("measured", "occurred_at"),
        ("product_id", "booking_number"),
        ("number", "source"),
    )
    readonly_fields = ("customer_link", "measured")

    customer_link = link("customer", _("customer"))

    def get_search_results(self, request, queryset, search_term):
        return (
            queryset.filter(kind=search_term.strip()) if search_term.strip() else queryset
        ), False

    @display(description=_("value"), ordering="value")
    def measured(self, row):
        return row.shown
