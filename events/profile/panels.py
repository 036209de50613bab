"""What this room shows on the customer's page: what they did, bought and booked, and what was
measured."""

from django.db.models import Count, Max, Q, Subquery, Sum
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from crm_project.db.clock import Now
from crm_project.queue.due import database_now
from customers.models import Customer, Identity, Namespace
from customers.profile.panel import Panel
from events.insights import habits, portrait, stage_history
from events.insights.recommend import recommend
from events.insights.series import series
from events.models import Booking, CustomerStage, Event, Measurement, Order, Stage, ValueClass

LAST = 50
SOONEST = 20
LAST_OF_A_KIND = 30
MOST_MEASURED = 1000
MOST_PERIODS = 8
MOST_INTERESTS = 8
MOST_SHOPS, MOST_OFFERS = 3, 5


class Figures(Panel):
    """What they are worth and when they were last here, at a glance; only figures that say
    something."""

    key, label, template = "figures", _("Figures"), "events/panels/figures.html"
    place = "head"

    def context(self, customer):
        known = (
            Customer.objects.filter(pk=customer.pk).values(now=Now(), **self.asked(customer)).get()
        )
        has_bought = known.get("orders", True)  # who may not see orders is told of no prospects
        known["stage"] = (
            Stage(known["stage"]) if known["stage"] else None if has_bought else Stage.PROSPECT
        )
        known["value_class"] = known["value_class"] and ValueClass(known["value_class"]).label
        return {"known": known}

    def asked(self, customer) -> dict:
        """Subqueries, so that all figures are one question; and none that this person may not see
        the answer of."""
        asked = {
            name: Subquery(CustomerStage.objects.filter(customer=customer).values(name))
            for name in ("stage", "value_class")
        }
        if self.user.has_perm("events.view_event"):
            asked["last_seen"] = Subquery(
                Event.objects.filter(customer=customer)
                .order_by("-occurred_at")
                .values("occurred_at")[:1]
            )
        if self.user.has_perm("events.view_order"):
            bought = (
                Order.objects.filter(customer=customer)
                .exclude(paid_at=None)
                .order_by()
                .values("customer")
            )
            asked["orders"] = Subquery(bought.annotate(n=Count("pk")).values("n"))
            asked["net_fen"] = Subquery(bought.annotate(n=Sum("net_fen")).values("n"))
            asked["last_order"] = Subquery(bought.annotate(n=Max("paid_at")).values("n"))
        if self.user.has_perm("events.view_booking"):
            booked = Booking.objects.filter(customer=customer)
            attended = booked.filter(status=Booking.Status.ATTENDED).order_by().values("customer")
            asked["attended"] = Subquery(attended.annotate(n=Count("pk")).values("n"))
            asked["next_booking"] = Subquery(
                booked.awaited()
                .filter(starts_at__gte=Now())
                .order_by("starts_at")
                .values("starts_at")[:1]
            )
        return asked


class Orders(Panel):
    key, label, template = "orders", _("Orders"), "events/panels/orders.html"
    is_lazy, permission = True, "events.view_order"

    def context(self, customer):
        return {
            "orders": Order.objects.filter(customer=customer).order_by("-placed_at", "-pk")[:LAST]
        }


class Bookings(Panel):
    key, label, template = "bookings", _("Bookings"), "events/panels/bookings.html"
    is_lazy, permission = True, "events.view_booking"

    def context(self, customer):
        booked = Booking.objects.filter(customer=customer)
        upcoming = booked.awaited().filter(starts_at__gte=Now())
        return {
            "upcoming": upcoming.order_by("starts_at", "pk")[:SOONEST],
            "earlier": (
                booked.exclude(status__in=Booking.AWAITED, starts_at__gte=Now()).order_by(
                    "-starts_at", "-pk"
                )[:LAST]
            ),
        }


class Measurements(Panel):
    key, label, template = "measurements", _("Measurements"), "events/panels/measurements.html"
    is_lazy, permission = True, "events.view_measurement"

    def context(self, customer):
        return {
            "series": series(
                Measurement.objects.filter(customer=customer).latest_of_each_kind(LAST_OF_A_KIND)[
                    :MOST_MEASURED
                ]
            )
        }


class Standing(Panel):
    key, label, template = "standing", _("Lifecycle and value"), "events/panels/standing.html"
    is_lazy = True

    def context(self, customer):
        periods = stage_history.history(customer, database_now())
        return {
            "row": CustomerStage.objects.filter(customer=customer).first(),
            "periods": periods[:MOST_PERIODS],
        }


class Interests(Panel):
    key, label, template = "interests", _("Interests"), "events/panels/interests.html"
    is_lazy = True

    def context(self, customer):
        felt = portrait.interests(customer, database_now())[:MOST_INTERESTS]
        most = max((one.weight_now for one in felt), default=1)
        return {"interests": [(one, max(round(100 * one.weight_now / most), 1)) for one in felt]}


class Next(Panel):
    """What to offer this customer, and why; of each shop of theirs that has a catalogue."""

    key, label, template = "next", _("What next"), "events/panels/next.html"
    is_lazy, permission = True, "events.view_order"

    def context(self, customer):
        now, shops = database_now(), {}
        for shop in shops_of(customer)[:MOST_SHOPS]:
            shops[shop] = recommend([customer.pk], shop=shop, now=now, most=MOST_OFFERS)
        found = {shop: offers[customer.pk] for shop, offers in shops.items()}
        return {"shops": {shop: offers for shop, offers in found.items() if offers}}


def shops_of(customer: Customer):
    """Where they are known or have bought."""
    known = Identity.objects.filter(customer=customer).exclude(scope="").values("scope")
    bought = Order.objects.filter(customer=customer).values("namespace")
    return Namespace.objects.filter(Q(key__in=known) | Q(pk__in=bought)).order_by("pk")


class Habits(Panel):
    key, label, template = "habits", _("Habits"), "events/panels/habits.html"
    is_lazy = True

    def context(self, customer):
        found = habits.habits(customer, database_now())
        most = max(found.hours) or 1
        weekday = None if found.weekday is None else WEEKDAYS[found.weekday]
        return {
            "habits": found,
            "bars": [(hour, n, round(100 * n / most)) for hour, n in enumerate(found.hours)],
            "weekday": weekday,
        }
