"""Birthday: a greeting in the morning, with a gift."""

from django.utils.translation import gettext_lazy as _

from campaigns.recipes.parts import ALL, CLINIC, SHOP, ByTrade, Recipe, Says, Terms, happens, tells

GREETING = Says(
    title=_("Happy birthday!"),
    body=_(
        "{{ customer.name | default: 'Hello' }}, {{ workspace.name }} wishes you a happy"
        " birthday.{% if coupon.code %} Our gift: {{ coupon.value }}, code {{ coupon.code }},"
        " until {{ coupon.expires }}.{% endif %}"
    ),
    has_coupon=True,
)
RECIPE = Recipe(
    key="birthday",
    name=_("Birthday"),
    does=_(
        "On the morning of their birthday, customers are greeted, with a coupon if you like. Who"
        " was born on 29 February is greeted on the 28th in other years."
    ),
    icon="cake",
    trades=ALL,
    attribute="birthday",
    coupon=Terms(_("Birthday coupon"), 2000, 5000, 30, not_for=(CLINIC,)),
    definition={
        "v": 2,
        "trigger": {
            "trigger": "date",
            "fields": {"attribute": "birthday", "every": "year", "days": 0, "at": "09:00"},
        },
        "reentry": {"kind": "days", "days": 300},
        "holdout_percent": 10,
        "goal": happens(ByTrade({SHOP: "Order Completed", "": "Booking Created"}), 30),
        "start": "s1",
        "steps": {"s1": tells(GREETING)},
    },
)
