"""What this room shows on the customer's page: what they did, bought and booked, and what was measured."""

from django.db.models.functions import Now
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from crm_project.due import database_now
from customers.profile import Panel
from events import habits, portrait, stage_history
from events.models import Booking, CustomerStage, Event, Measurement, Order
from events.series import series

LAST = 50
SOONEST = 20
LAST_OF_A_KIND = 30
MOST_MEASURED = 1000
MOST_PERIODS = 8
MOST_INTERESTS = 8


class Events(Panel):
    key, label, template = "events", _("Events"), "events/panels/events.html"
    is_wide = True

    def context(self, customer):
        return {
            "events": Event.objects.filter(customer=customer).select_related("name", "source").order_by("-occurred_at")[:LAST],
            "last": LAST,
        }


class Orders(Panel):
    key, label, template = "orders", _("Orders"), "events/panels/orders.html"

    def context(self, customer):
        return {"orders": Order.objects.filter(customer=customer).order_by("-placed_at", "-pk")[:LAST]}


class Bookings(Panel):
    key, label, template = "bookings", _("Bookings"), "events/panels/bookings.html"
    is_lazy, permission = True, "events.view_booking"

    def context(self, customer):
        booked = Booking.objects.filter(customer=customer)
        upcoming = booked.awaited().filter(starts_at__gte=Now())
        return {
            "upcoming": upcoming.order_by("starts_at", "pk")[:SOONEST],
            "earlier": booked.exclude(status__in=Booking.AWAITED, starts_at__gte=Now()).order_by("-starts_at", "-pk")[:LAST],
        }


class Measurements(Panel):
    key, label, template = "measurements", _("Measurements"), "events/panels/measurements.html"
    is_lazy, permission = True, "events.view_measurement"

    def context(self, customer):
        return {"series": series(Measurement.objects.filter(customer=customer).latest_of_each_kind(LAST_OF_A_KIND)[:MOST_MEASURED])}


class Standing(Panel):
    key, label, template = "standing", _("Lifecycle and value"), "events/panels/standing.html"
    is_lazy = True

    def context(self, customer):
        periods = stage_history.history(customer, database_now())
        return {"row": CustomerStage.objects.filter(customer=customer).first(), "periods": periods[:MOST_PERIODS]}


class Interests(Panel):
    key, label, template = "interests", _("Interests"), "events/panels/interests.html"
    is_lazy = True

    def context(self, customer):
        felt = portrait.interests(customer, database_now())[:MOST_INTERESTS]
        most = max((one.weight_now for one in felt), default=1)
        return {"interests": [(one, max(round(100 * one.weight_now / most), 1)) for one in felt]}


class Habits(Panel):
    key, label, template = "habits", _("Habits"), "events/panels/habits.html"
    is_lazy = True

    def context(self, customer):
        found = habits.habits(customer, database_now())
        most = max(found.hours) or 1
        weekday = None if found.weekday is None else WEEKDAYS[found.weekday]
        return {"habits": found, "bars": [(hour, n, round(100 * n / most)) for hour, n in enumerate(found.hours)], "weekday": weekday}
