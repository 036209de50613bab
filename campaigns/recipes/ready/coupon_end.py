"""The coupon's end: a word before an unused coupon ends."""

from django.utils.translation import gettext_lazy as _

from campaigns.recipes.parts import SCHOOL, SHOP, Recipe, Says, happens, tells

ENDS_SOON = Says(
    title=_("Your coupon ends soon"),
    body=_(
        "{{ customer.name | default: 'Hello' }}, your coupon {{ coupon.code }} ({{ coupon.value }})"
        " can be used until {{ coupon.expires }}."
    ),
)
RECIPE = Recipe(
    key="coupon_end",
    name=_("Coupon's end"),
    does=_(
        "Three days before a coupon that was not used ends, its holder is reminded of it. If it"
        " is used meanwhile, nothing is sent."
    ),
    icon="timer",
    trades=(SHOP, SCHOOL),
    definition={
        "v": 2,
        "trigger": {
            "trigger": "coupon_end",
            "fields": {"direction": "before", "n": 3, "unit": "days"},
        },
        "reentry": {"kind": "always"},
        "holdout_percent": 10,
        "goal": happens("Order Completed", 4),
        "start": "s1",
        "steps": {"s1": tells(ENDS_SOON)},
    },
)
