"""The second purchase: what goes with the first, two weeks later."""

from django.utils.translation import gettext_lazy as _

from campaigns.recipes.parts import (
    SCHOOL,
    SHOP,
    Recipe,
    Row,
    Says,
    Terms,
    Wanted,
    happens,
    step,
    tells,
)

FITTING = Says(
    title=_("Something that goes with it"),
    body=_(
        "{{ customer.name | default: 'Hello' }}, many who bought what you have also like {{"
        " recommended.name }}.{% if coupon.code %} With {{ coupon.code }} you get {{ coupon.value"
        " }}, until {{ coupon.expires }}.{% endif %}"
    ),
    page="{{ recommended.page | default: '' }}",
    has_coupon=True,
)
GENERAL = Says(
    title=_("How do you like it?"),
    body=_(
        "{{ customer.name | default: 'Hello' }}, we hope that you enjoy it. There is more to"
        " discover.{% if coupon.code %} With {{ coupon.code }} you get {{ coupon.value }}, until {{"
        " coupon.expires }}.{% endif %}"
    ),
    has_coupon=True,
)
RECIPE = Recipe(
    key="second_purchase",
    name=_("Second purchase"),
    does=_(
        "Two weeks after the first order, whoever has not bought again is recommended something"
        " that fits, with a coupon if you like. It ends as soon as they buy."
    ),
    icon="repeat",
    trades=(SHOP, SCHOOL),
    coupon=Terms(_("Second purchase coupon"), 1500, 8000, 14),
    segment=Wanted(
        _("Has bought exactly once"),
        {
            "op": "all",
            "of": [{"condition": "orders", "measure": "count", "comparison": "=", "times": 1}],
        },
    ),
    definition={
        "v": 2,
        "trigger": {"trigger": "event", "fields": {"event": "Order Completed"}},
        "entry": {"segment": Row.SEGMENT},
        "reentry": {"kind": "once"},
        "holdout_percent": 10,
        "goal": happens("Order Completed", 30),
        "start": "s1",
        "steps": {
            "s1": step("wait", {"n": 14, "unit": "days"}, next="s2"),
            "s2": step("recommend", {}, next="s3", none="s4"),
            "s3": tells(FITTING),
            "s4": tells(GENERAL),
        },
    },
)
