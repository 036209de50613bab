"""Events, their properties and the catalogue as pickers offer them."""

import json

from django.db import connection
from django.db.models import Q, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from crm_project.bounds import whole_in
from customers import display_names
from customers.models import DisplayName
from customers.privacy.personal import is_personal_path
from customers.suggestions import MOST, TYPES, Suggester, Suggestion, as_text, fits
from events import names
from events.models import EventName, Product, SeenProperty
from events.rights import hidden_names
from events.words import EVENTS, PRODUCT_KEYS, PROPERTIES, event, product, product_names, prop

RECENT_EVENTS = 2000  # of the name in question
RECENT_LINES = 5000  # of orders
RECENT_BOOKINGS = 5000
COMMON = {
    "Product Viewed": _("looked at a product"),
    "Products Searched": _("searched for products"),
    "Product Searched": _("searched for a product"),
    "Product List Viewed": _("looked at a list of products"),
    "Product Added": _("put a product into the cart"),
    "Product Removed": _("took a product out of the cart"),
    "Product Favourited": _("marked a product as a favourite"),
    "Product Shared": _("shared a product"),
    "Cart Viewed": _("looked at the cart"),
    "Checkout Started": _("went to the checkout"),
    "Order Placed": _("placed an order"),
    "Order Completed": _("paid for an order"),
    "Order Cancelled": _("cancelled an order"),
    "Order Refunded": _("had an order refunded"),
    "Coupon Viewed": _("looked at a coupon"),
    "Page Viewed": _("looked at a page"),
    "App Launched": _("opened the mini-program"),
    "Signed In": _("signed in"),
    "Signed Up": _("registered"),
    "Booking Created": _("booked an appointment or a course"),
    "Booking Answered": _("answered to a booking"),
    "Message Opened": _("opened a message"),
    "Message Clicked": _("clicked in a message"),
    "Measurement Recorded": _("was measured"),
}

VALUES = """
SELECT value::text, count(*) AS often, count(DISTINCT customer_id) FROM (
  SELECT customer_id, properties #> %(path)s AS value FROM events_event
   WHERE NOT odd AND name_id = %(name)s AND occurred_at <= hutong_now() ORDER BY occurred_at DESC
     LIMIT %(recent)s
) AS recent WHERE jsonb_typeof(value) IN ('string', 'number', 'boolean') GROUP BY value
  ORDER BY often DESC, value LIMIT 300
"""
CATEGORIES = """
SELECT category FROM (
  SELECT DISTINCT category FROM events_product
  UNION SELECT category FROM (SELECT category FROM events_orderline ORDER BY id DESC
    LIMIT %(recent)s) AS lately
) AS known WHERE category <> '' AND strpos(lower(category), lower(%(term)s)) > 0 ORDER BY category
  LIMIT %(most)s
"""
KINDS = """
WITH RECURSIVE kinds(kind) AS (
  (SELECT kind FROM events_measurement ORDER BY kind LIMIT 1)
  UNION ALL
  SELECT (SELECT kind FROM events_measurement WHERE kind > kinds.kind ORDER BY kind LIMIT 1)
    FROM kinds WHERE kind IS NOT NULL
) SELECT kind FROM kinds WHERE kind IS NOT NULL LIMIT 200
"""

# Of the latest bookings: how often each value came, and of how many customers.
OF_BOOKINGS = """
SELECT value, count(*) AS often, count(DISTINCT customer_id) FROM (
  SELECT {column} AS value, customer_id FROM events_booking ORDER BY id DESC LIMIT %(recent)s
) AS lately WHERE value <> '' AND strpos(lower(value), lower(%(term)s)) > 0
 GROUP BY value ORDER BY often DESC, value LIMIT 200
"""


class EventNames(Suggester):
    """The events that came in, the most frequent first."""

    key, permission = "event", "customers.view_segment"

    @classmethod
    def called(cls, value):
        return said_of(value)

    def suggest(self, term, about):
        meant = [name for name in {*EVENTS, *COMMON} if fits(term, said_of(name))]
        meant += display_names.meant_by(DisplayName.Kind.EVENT, term)
        named = EventName.objects.filter(Q(name__icontains=term) | Q(name__in=meant)).annotate(
            volume=Coalesce(Sum("seen__volume"), Value(0))
        )
        for name, volume in named.order_by("-volume", "name").values_list("name", "volume")[:MOST]:
            yield Suggestion(name, said_of(name), f"{volume:,}×" if volume else "")


def said_of(name: str) -> str:
    """How an event is called, or what it means where that is no other text."""
    called = event(name)
    return called if called != name else str(COMMON.get(name, ""))


class EventProperties(Suggester):
    """The properties that the event in question came with, the most frequent first."""

    key, permission = "event_property", "customers.view_segment"

    @classmethod
    def called(cls, value):
        return prop(value) if prop(value) != value else ""

    def suggest(self, term, about):
        if about.get("event", "") in hidden_names(self.user):
            return
        meant = [key for key in PROPERTIES if fits(term, prop(key))]
        meant += display_names.meant_by(DisplayName.Kind.PROPERTY, term)
        seen = SeenProperty.objects.filter(
            Q(key__icontains=term) | Q(key__in=meant), event__name__name=about.get("event", "")
        ).order_by("-volume", "key")
        types = {}
        for key, kinds in seen.values_list("key", "types"):
            types.setdefault(key, set()).update(kinds)
        for key, kinds in types.items():
            yield Suggestion(
                key,
                prop(key) if prop(key) != key else "",
                ", ".join(str(TYPES[kind]) for kind in sorted(kinds) if kind in TYPES),
            )


class EventValues(Suggester):
    """The values that the property in question had in the latest events of that name; of products
    and categories, the catalogue's too."""

    key, permission = "event_value", "customers.view_segment"

    def suggest(self, term, about):
        name, path = about.get("event", ""), about.get("property", "").split(".")
        if (
            not name
            or not path[0]
            or name in hidden_names(self.user)
            or is_personal_path(".".join(path))
        ):
            return
        found = [
            (text, often)
            for value, often, people in self.recent(name, path)
            if self.is_told(people) and (text := as_text(value))
        ]
        called = product_names([text for text, _often in found]) if path[-1] in PRODUCT_KEYS else {}
        for text, often in found:
            if fits(term, text, called.get(text, "")):
                yield Suggestion(text, called.get(text, ""), f"{often:,}×")
        if path[-1] in ("product_id", "category"):
            yield from (Products if path[-1] == "product_id" else Categories)(self.user).suggest(
                term, {}
            )

    def recent(self, name: str, path: list[str]) -> list[tuple[object, int, int]]:
        """Values, how often each came, and of how many customers."""
        with connection.cursor() as cursor:
            cursor.execute(
                VALUES, {"path": path, "name": names.known(name), "recent": RECENT_EVENTS}
            )
            return [(json.loads(value), often, people) for value, often, people in cursor]


class Products(Suggester):
    """What can be bought, by name or id."""

    key, permission = "product", "customers.view_segment"
    kinds: tuple[str, ...] = ()

    @classmethod
    def called(cls, value):
        return product(value) if product(value) != value else ""

    def suggest(self, term, about):
        listed = Product.objects.filter(
            Q(name__icontains=term) | Q(product_id__istartswith=term)
        ).order_by("name", "pk")
        if self.kinds:
            listed = listed.filter(kind__in=self.kinds)
        if (shop := whole_in(about.get("shop"))) is not None:
            listed = listed.filter(namespace=shop)
        for product_id, name, category in listed.values_list("product_id", "name", "category")[
            : 2 * MOST
        ]:
            yield Suggestion(product_id, name, category)


class Bookables(Products):
    """What can be booked: courses, doctors, services."""

    key = "bookable"
    kinds = (Product.Kind.COURSE, Product.Kind.DOCTOR, Product.Kind.SERVICE)


class Categories(Suggester):
    """The categories of the catalogue, and of what was ordered lately."""

    key, permission = "category", "customers.view_segment"

    def suggest(self, term, about):
        with connection.cursor() as cursor:
            cursor.execute(CATEGORIES, {"term": term, "recent": RECENT_LINES, "most": MOST})
            yield from [Suggestion(category) for (category,) in cursor]


class Goods(Suggester):
    """Products or categories, as the neighbouring field says."""

    key, permission = "goods", "customers.view_segment"

    @classmethod
    def called(cls, value):
        return Products.called(value)

    def suggest(self, term, about):
        return (Categories if about.get("what") == "category" else Products)(self.user).suggest(
            term, about
        )


class MeasurementKinds(Suggester):
    """What was measured."""

    key, permission = "measurement_kind", "events.view_measurement"

    def suggest(self, term, about):
        with connection.cursor() as cursor:
            cursor.execute(KINDS)
            yield from [Suggestion(kind) for (kind,) in cursor if fits(term, kind)]


class BookingResources(Suggester):
    """Teachers, doctors and rooms as the latest bookings name them."""

    key, permission, column = "booking_resource", "events.view_booking", "resource"

    def suggest(self, term, about):
        with connection.cursor() as cursor:
            cursor.execute(
                OF_BOOKINGS.format(column=self.column), {"term": term, "recent": RECENT_BOOKINGS}
            )
            found = cursor.fetchall()
        for value, often, people in found:
            if self.is_told(people):
                yield Suggestion(value, "", f"{often:,}×")


class BookingPlaces(BookingResources):
    """Places as the latest bookings name them."""

    key, column = "booking_place", "place"
