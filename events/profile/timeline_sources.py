"""What this room tells of a customer's story: what they did, bought, booked, and what was
measured."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Exists, F, OuterRef, Q, Subquery, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, Concat, NullIf
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm_project.web import viewer
from customers.profile.timeline import Entry, TimelineSource
from events.commerce import bookings, measurements
from events.models import (
    Booking,
    Event,
    EventName,
    Measurement,
    Order,
    OrderLine,
    Product,
    Refund,
    Stage,
    StageChange,
)
from events.models.measurement import formatted
from events.rights import PERMISSIONS
from events.words import event

# These say again what a row of another source says with all that is known of it now.
TOLD_BY_ROWS = {
    *(
        "Order Placed",
        "Order Completed",
        "Order Shipped",
        "Order Fulfilled",
        "Order Cancelled",
        "Order Refunded",
    ),
    *(
        "Message Delivered",
        "Message Opened",
        "Message Clicked",
        "Message Bounced",
        "Message Failed",
        "Message Refused",
    ),
    *("Consent Given", "Consent Withdrawn", "Profile Updated"),
    *bookings.NAMES.values(),
    measurements.EVENT,
}
ABOUT = (
    "name",
    "product_name",
    "course_name",
    "title",
    "query",
    "keyword",
    "page",
)  # the first of these says what an event is about
MOST_LINES = 5

# What an order's line is called in its shop's catalogue.
IN_CATALOGUE = NullIf(
    Subquery(
        Product.objects.filter(
            product_id=OuterRef("product_id"), namespace=OuterRef("order__namespace")
        ).values("name")[:1]
    ),
    Value(""),
)


class Events(TimelineSource):
    key, label, icon = "events", _("Events"), "bolt"
    permission = "events.view_event"
    moment = "occurred_at"
    is_long = True
    facts = {
        "id": "pk",
        "name": Subquery(EventName.objects.filter(pk=OuterRef("name_id")).values("name")),
        "about": Coalesce(
            *(NullIf(KT(f"properties__{key}"), Value("")) for key in ABOUT),
            Cast(
                Subquery(
                    Product.objects.filter(
                        product_id=OuterRef("keys__0"), namespace=OuterRef("source__namespace")
                    ).values("name")[:1]
                ),
                TextField(),
            ),
            F("keys__0"),
            output_field=TextField(),
        ),
        "category": KT("properties__category"),
        "amount": "amount_fen",
    }
    searched = ("name__name__icontains", "properties__icontains")

    def all_rows(self, customer):
        unseen = [name for name, permission in PERMISSIONS.items() if not viewer.may(permission)]
        return Event.objects.filter(customer=customer).exclude(
            name_id__in=EventName.objects.filter(name__in=unseen).values("pk")
        )

    def rows(self, customer):
        return self.all_rows(customer).exclude(
            name_id__in=EventName.objects.filter(name__in=TOLD_BY_ROWS).values("pk")
        )

    def entry(self, facts):
        return Entry(
            event(facts["name"]),
            details=tuple(filter(None, [facts["about"], facts["category"]])),
            amount_fen=facts["amount"],
            url=reverse("admin:events_event_change", args=[facts["id"]]),
        )


class Orders(TimelineSource):
    key, label, icon = "orders", _("Orders"), "shopping_bag"
    permission = "events.view_order"
    moment = "placed_at"
    facts = {
        "id": "pk",
        "number": "number",
        "status": "status",
        "net": "net_fen",
        "refunded": "refunded_fen",
        "lines": ArraySubquery(
            OrderLine.objects.filter(order=OuterRef("pk"))
            .order_by("pk")
            .values(
                what=Concat(
                    Coalesce(NullIf("name", Value("")), IN_CATALOGUE, "product_id"),
                    Value(" × "),
                    Cast("quantity", CharField()),
                )
            )[:MOST_LINES]
        ),
    }
    searched = ("number__icontains",)
    TONES = {
        Order.Status.CANCELLED: "bad",
        Order.Status.COMPLETED: "good",
        Order.Status.PAID: "good",
    }

    def rows(self, customer):
        return Order.objects.filter(customer=customer)

    def search(self, rows, term):
        return rows.filter(
            Q(number__icontains=term)
            | Exists(OrderLine.objects.filter(order=OuterRef("pk"), name__icontains=term))
        )

    def entry(self, facts):
        return Entry(
            _("Order %(number)s") % {"number": facts["number"]},
            details=tuple(facts["lines"] or ()),
            state=str(Order.Status(facts["status"]).label),
            tone=self.TONES.get(facts["status"], ""),
            amount_fen=facts["net"],
            url=reverse("admin:events_order_change", args=[facts["id"]]),
        )


class Refunds(TimelineSource):
    key, label, icon = "refunds", _("Refunds"), "currency_yuan"
    permission = "events.view_refund"
    moment = "occurred_at"
    facts = {"id": "pk", "order": "order_number", "reason": "reason", "amount": "amount_fen"}
    searched = ("order_number__icontains", "number__icontains", "reason__icontains")

    def rows(self, customer):
        ordered = Order.objects.filter(
            customer=customer, namespace=OuterRef("namespace"), number=OuterRef("order_number")
        )
        return Refund.objects.filter(Exists(ordered))

    def entry(self, facts):
        return Entry(
            _("Refund for order %(number)s") % {"number": facts["order"]},
            details=(facts["reason"],) if facts["reason"] else (),
            tone="warning",
            amount_fen=-facts["amount"],
            url=reverse("admin:events_refund_change", args=[facts["id"]]),
        )


class Bookings(TimelineSource):
    key, label, icon = "bookings", _("Bookings"), "event_available"
    permission = "events.view_booking"
    moment = "starts_at"
    facts = {
        "id": "pk",
        "name": "name",
        "number": "number",
        "status": "status",
        "resource": "resource",
        "place": "place",
    }
    searched = ("name__icontains", "number__icontains", "resource__icontains", "place__icontains")
    TONES = {
        Booking.Status.CANCELLED: "bad",
        Booking.Status.NO_SHOW: "bad",
        Booking.Status.ATTENDED: "good",
    }

    def rows(self, customer):
        return Booking.objects.filter(customer=customer)

    def entry(self, facts):
        return Entry(
            facts["name"] or facts["number"],
            details=tuple(filter(None, [facts["resource"], facts["place"]])),
            state=str(Booking.Status(facts["status"]).label),
            tone=self.TONES.get(facts["status"], ""),
            url=reverse("admin:events_booking_change", args=[facts["id"]]),
        )


class Measurements(TimelineSource):
    key, label, icon = "measurements", _("Measurements"), "monitoring"
    permission = "events.view_measurement"
    moment = "occurred_at"
    facts = {"id": "pk", "kind": "kind", "value": "value", "unit": "unit", "text": "text"}
    searched = ("kind__icontains", "text__icontains")

    def rows(self, customer):
        return Measurement.objects.filter(customer=customer)

    def entry(self, facts):
        return Entry(
            facts["kind"],
            details=(formatted(facts["value"], facts["unit"], facts["text"]),),
            url=reverse("admin:events_measurement_change", args=[facts["id"]]),
        )


class Stages(TimelineSource):
    key, label, icon = "stages", _("Stages"), "trending_up"
    moment = "at"
    facts = {"before": "before", "after": "after"}
    TONES = {Stage.NEW: "good", Stage.ACTIVE: "good", Stage.SILENT: "warning", Stage.LOST: "bad"}

    def rows(self, customer):
        return StageChange.objects.filter(customer=customer)

    def entry(self, facts):
        words = {"before": Stage(facts["before"]).label, "after": Stage(facts["after"]).label}
        return Entry(
            _("Stage: %(before)s → %(after)s") % words, tone=self.TONES.get(facts["after"], "")
        )
