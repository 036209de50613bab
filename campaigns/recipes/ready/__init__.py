"""The ready journeys, one file each: data and texts, in the order in which they are shown.

What may stand in one is in `campaigns/recipes/parts.py`; how one is switched on, in
`campaigns/recipes/switching.py`.
"""

from campaigns.recipes.parts import Recipe
from campaigns.recipes.ready import (
    appointment,
    birthday,
    cart,
    coupon_end,
    lesson,
    no_show,
    second_purchase,
    viewed,
    welcome,
    win_back,
)

RECIPES: dict[str, Recipe] = {
    one.RECIPE.key: one.RECIPE
    for one in (
        welcome,
        viewed,
        cart,
        second_purchase,
        win_back,
        birthday,
        coupon_end,
        lesson,
        appointment,
        no_show,
    )
}
