"""Win-back: whoever falls silent is asked to come again."""

from django.utils.translation import gettext_lazy as _

from campaigns.recipes.parts import (
    ALL,
    CLINIC,
    SHOP,
    ByTrade,
    Recipe,
    Row,
    Says,
    Terms,
    Wanted,
    happens,
    step,
    tells,
)

WE_MISS_YOU = Says(
    title=_("It has been a while"),
    body=_(
        "{{ customer.name | default: 'Hello' }}, we would be glad to see you again.{% if"
        " coupon.code %} Here is a coupon: {{ coupon.value }}, code {{ coupon.code }}, until {{"
        " coupon.expires }}.{% endif %}"
    ),
    has_coupon=True,
)
ONCE_MORE = Says(
    title=_("We are still here for you"),
    body=_(
        "{{ customer.name | default: 'Hello' }}, is there something that we can do better? Tell"
        " us, we read it.{% if coupon.code %} Your coupon {{ coupon.code }} ends on {{"
        " coupon.expires }}.{% endif %}"
    ),
)
RECIPE = Recipe(
    key="win_back",
    name=_("Win-back of the silent"),
    does=_(
        "Whoever falls silent, by the pauses that are usual in your business, is asked to come"
        " again, with a coupon if you like; a week later once more. Those who are silent already"
        " are not written to at once: let them in at a speed of your own."
    ),
    icon="notifications_active",
    trades=ALL,
    coupon=Terms(_("Come back coupon"), 2000, 10000, 14, not_for=(CLINIC,)),
    segment=Wanted(
        _("Silent"), {"op": "all", "of": [{"condition": "lifecycle", "stages": ["silent"]}]}
    ),
    definition={
        "v": 2,
        "trigger": {
            "trigger": "segment",
            "fields": {"segment": Row.SEGMENT, "change": "entered"},
        },
        "reentry": {"kind": "days", "days": 90},
        "holdout_percent": 10,
        "goal": happens(ByTrade({SHOP: "Order Completed", "": "Booking Created"}), 30),
        "start": "s1",
        "steps": {
            "s1": tells(WE_MISS_YOU, "s2"),
            "s2": step("wait", {"n": 7, "unit": "days"}, next="s3"),
            "s3": tells(ONCE_MORE),
        },
    },
)
