"""Groups of people by what they did with a product: each is a rule of segments, so that a number of
the page, the list behind it and a segment made of it are of the same people."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from events.models import Product

BOOKED = (Product.Kind.COURSE, Product.Kind.DOCTOR, Product.Kind.SERVICE)
MONTH = {"window": "last", "window_n": 30, "window_unit": "days"}
ONCE = {"comparison": ">=", "times": 1}
VIEWED, ADDED = "Product Viewed", "Product Added"


@dataclass(frozen=True)
class Group:
    """Some people of a product. `name` is that of a segment made of them; `{product}` in it."""

    key: str
    label: str
    name: str
    rule: Callable[["About"], dict | None]
    is_audience: bool = False


@dataclass(frozen=True)
class About:
    """A product as rules name it; `shop` where another shop has one of the same number."""

    product: Product
    shop: int | None

    @property
    def only(self) -> dict:
        return {"shop": self.shop} if self.shop else {}

    def did(self, event: str, **more) -> dict:
        where = {"where": [["product_id", "is", self.product.product_id]]}
        return {"condition": "did_event", "event": event, **ONCE, **MONTH, **where, **more}

    def bought(self, **window) -> dict:
        which = {"what": "product_id", "value": self.product.product_id}
        return {
            "condition": "bought",
            **which,
            **ONCE,
            **(window or {"window": "ever"}),
            **self.only,
        }

    def booked(self, **window) -> dict:
        """Whatever became of it, unless it was called off."""
        asked = {"state": "standing", "product": self.product.product_id}
        return {
            "condition": "booking",
            **asked,
            **ONCE,
            **(window or {"window": "ever"}),
            **self.only,
        }

    def has(self) -> list[dict]:
        """What somebody who bought or booked it fits one of."""
        return [self.bought(), *([self.booked()] if self.product.kind in BOOKED else [])]


def about(product: Product) -> About:
    others = Product.objects.filter(product_id=product.product_id).exclude(pk=product.pk)
    return About(product, product.namespace_id if others.exists() else None)


def one(leaf: dict) -> dict:
    return {"op": "all", "of": [leaf]}


def without(of: About, *interest: dict) -> dict:
    """Who shows one of these, and neither bought nor booked it."""
    shows = [interest[0] if len(interest) == 1 else {"op": "any", "of": list(interest)}]
    return {"op": "all", "of": [*shows, {"op": "none", "of": of.has()}]}


def looked(of):
    return one(of.did(VIEWED))


def added(of):
    return one(of.did(ADDED))


def bought(of):
    return one(of.bought(**MONTH))


def booked(of):
    """What was booked for these days or for later ones."""
    return one(of.booked()) if of.product.kind in BOOKED else None


def has_it(of):
    return {"op": "any", "of": of.has()}


def interested(of):
    return without(of, of.did(VIEWED), of.did(ADDED))


def lasting(of):
    """Looks again and again: in three of the last four weeks."""
    where = {"where": [["product_id", "is", of.product.product_id]]}
    often = {"times": 1, "periods": 3, "out_of": 4, "unit": "weeks"}
    return without(of, {"condition": "regularly_did", "event": VIEWED, **often, **where})


def of_category(of):
    if not of.product.category:
        return None
    lasts = {"condition": "interest", "category": of.product.category, "measure": "lasting"}
    return without(of, lasts)


GROUPS = {
    group.key: group
    for group in (
        Group("looked", _("looked at it, 30 days"), _("Looked at {product}"), looked),
        Group("added", _("put it into the cart, 30 days"), _("{product} in the cart"), added),
        Group("bought", _("bought it, 30 days"), _("Bought {product} in 30 days"), bought),
        Group("booked", _("booked it and did not cancel"), _("Booked {product}"), booked),
        Group("has", _("ever bought or booked it"), _("Has {product}"), has_it),
        Group(
            "interested",
            _("Looked or put it into the cart in 30 days, and has not bought it"),
            _("Interested in {product}, not bought"),
            interested,
            is_audience=True,
        ),
        Group(
            "lasting",
            _("Looked in 3 of the last 4 weeks, and has not bought it"),
            _("Lasting interest in {product}, not bought"),
            lasting,
            is_audience=True,
        ),
        Group(
            "category",
            _("Lasting interest in its category, and has not bought it"),
            _("Lasting interest in the category of {product}, not bought"),
            of_category,
            is_audience=True,
        ),
    )
}
