"""The cart that was left: a word after an hour, a coupon after a day."""

from django.utils.translation import gettext_lazy as _

from campaigns.recipes.parts import SHOP, Recipe, Says, Terms, happens, step, tells

STILL_THERE = Says(
    title=_("Your cart is still here"),
    body=_(
        "{{ product.name | default: 'What you chose' }} waits in your cart. Shall we send it to"
        " you?"
    ),
    page="{{ product.page | default: '' }}",
)
WITH_COUPON = Says(
    title=_("Something for your cart"),
    body=_(
        "{{ product.name | default: 'What you chose' }} is still there.{% if coupon.code %} With {{"
        " coupon.code }} you get {{ coupon.value }}, until {{ coupon.expires }}.{% endif %}"
    ),
    page="{{ product.page | default: '' }}",
    has_coupon=True,
)
RECIPE = Recipe(
    key="cart",
    name=_("Left in the cart"),
    does=_(
        "Whoever puts a product into the cart and does not pay for it within an hour is reminded."
        " Whoever has not paid a day later gets a second word, with a coupon if you like."
    ),
    icon="shopping_cart",
    trades=(SHOP,),
    coupon=Terms(_("Cart coupon"), 500, 3000, 3),
    definition={
        "v": 2,
        "trigger": {
            "trigger": "absence",
            "fields": {
                "first": "Product Added",
                "second": "Order Completed",
                "within_seconds": 3600,
                "same_product": True,
            },
        },
        "reentry": {"kind": "days", "days": 3},
        "holdout_percent": 10,
        "goal": happens("Order Completed", 3, key_of="product"),
        "start": "s1",
        "steps": {
            "s1": tells(STILL_THERE, "s2"),
            "s2": step("wait", {"n": 1, "unit": "days"}, next="s3"),
            "s3": tells(WITH_COUPON),
        },
    },
)
