"""Welcome: a greeting with a coupon, and a second word to who has not come so far."""

from django.utils.translation import gettext_lazy as _

from campaigns.recipes.parts import (
    ALL,
    CLINIC,
    SHOP,
    ByTrade,
    Recipe,
    Says,
    Terms,
    happens,
    step,
    tells,
)

GREETING = Says(
    title=_("Welcome to {{ workspace.name }}"),
    body=_(
        "{{ customer.name | default: 'Hello' }}, it is good to have you here.{% if coupon.code %}"
        " For your first order there is a coupon: {{ coupon.value }}, code {{ coupon.code }},"
        " until {{ coupon.expires }}.{% endif %}"
    ),
    has_coupon=True,
)
AGAIN = Says(
    title=_("Can we help you to choose?"),
    body=_(
        "{{ customer.name | default: 'Hello' }}, tell us what you are looking for, and we find it"
        " together.{% if coupon.code %} Your coupon {{ coupon.code }} is good until {{"
        " coupon.expires }}.{% endif %}"
    ),
)
RECIPE = Recipe(
    key="welcome",
    name=_("Welcome"),
    does=_(
        "Whoever registers is greeted at once, with a coupon if you like. Whoever has bought or"
        " booked nothing after three days is asked once more. It ends as soon as they have."
    ),
    icon="waving_hand",
    trades=ALL,
    coupon=Terms(_("Welcome coupon"), 1000, 5000, 14, not_for=(CLINIC,)),
    definition={
        "v": 2,
        "trigger": {"trigger": "event", "fields": {"event": "Customer Registered"}},
        "reentry": {"kind": "once"},
        "holdout_percent": 10,
        "goal": happens(ByTrade({SHOP: "Order Completed", "": "Booking Created"}), 14),
        "start": "s1",
        "steps": {
            "s1": tells(GREETING, "s2"),
            "s2": step("wait", {"n": 3, "unit": "days"}, next="s3"),
            "s3": tells(AGAIN),
        },
    },
)
