"""Ready-made beginnings of a rule about what customers did and bought."""

from django.utils.translation import gettext_lazy as _

from customers.segments.starts import Start


def did(event: str, comparison: str, times: int, **window) -> dict:
    return {
        "condition": "did_event",
        "event": event,
        "comparison": comparison,
        "times": times,
        **window,
    }


def orders(measure: str, comparison: str, number: int, **window) -> dict:
    return {
        "condition": "orders",
        "measure": measure,
        "comparison": comparison,
        "times": str(number),
        **window,
    }


def last(days: int) -> dict:
    return {"window": "last", "window_n": days, "window_unit": "days"}


class BoughtLately(Start):
    key, label = "bought", _("Bought in the last 30 days")

    def definition(self):
        return {"op": "all", "of": [orders("count", ">=", 1, **last(30))]}


class ViewedAndDidNotBuy(Start):
    key, label = "viewed_not_bought", _("Looked at products and bought nothing for 7 days")

    def definition(self):
        return {
            "op": "all",
            "of": [did("Product Viewed", ">=", 1, **last(7)), orders("count", "=", 0, **last(7))],
        }


class FirstOrder(Start):
    key, label = "first_order", _("First order in the last 30 days")

    def definition(self):
        return {
            "op": "all",
            "of": [orders("count", "=", 1, window="ever"), orders("count", "=", 1, **last(30))],
        }


class Silent(Start):
    key, label = "silent", _("Silent: bought before, but not for 90 days")

    def definition(self):
        return {"op": "all", "of": [orders("days", ">=", 90, window="ever")]}


class BigSpender(Start):
    key, label = "big_spender", _("Spent ¥1,000 or more in a year")

    def definition(self):
        return {"op": "all", "of": [orders("net", ">=", 1000, **last(365))]}
