"""Viewed, not bought: a coupon for what somebody looked at."""

from django.utils.translation import gettext_lazy as _

from campaigns.recipes.parts import SCHOOL, SHOP, Recipe, Says, Terms, happens, tells

REMINDER = Says(
    title=_("{{ customer.name | default: 'Hello' }}, do you still want it?"),
    body=_(
        "{{ product.name | default: 'What you looked at' }} is waiting for you.{% if coupon.code %}"
        " Here is a coupon: {{ coupon.value }}, code {{ coupon.code }}, until {{ coupon.expires"
        " }}.{% endif %}"
    ),
    page="{{ product.page | default: '' }}",
    has_coupon=True,
)
RECIPE = Recipe(
    key="viewed",
    name=_("Viewed, not bought"),
    does=_(
        "Whoever looks at a product and has not bought it a day later is reminded of it, with a"
        " coupon if you like. At most once a week."
    ),
    icon="visibility",
    trades=(SHOP, SCHOOL),
    coupon=Terms(_("Coupon for what was looked at"), 1000, 5000, 7),
    definition={
        "v": 2,
        "trigger": {
            "trigger": "absence",
            "fields": {
                "first": "Product Viewed",
                "second": "Order Completed",
                "within_seconds": 86400,
                "same_product": True,
            },
        },
        "reentry": {"kind": "days", "days": 7},
        "holdout_percent": 10,
        "goal": happens("Order Completed", 3, key_of="product"),
        "start": "s1",
        "steps": {"s1": tells(REMINDER)},
    },
)
