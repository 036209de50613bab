"""20 segments and 20 tags for a shop."""

from django.utils.translation import gettext_lazy as _

from campaigns.recipes.packs import common
from campaigns.recipes.packs.parts import EVER, Pack, ReadySegment, ReadyTag, did, last, orders

PACK = Pack(
    segments=(
        *common.SEGMENTS,
        *common.OF_COUPONS,
        ReadySegment(
            "viewed_not_bought",
            _("Looked at products, bought nothing for 7 days"),
            (did("Product Viewed", ">=", 1, last(7)), orders("count", "=", 0, last(7))),
        ),
        ReadySegment(
            "left_in_cart",
            _("Filled a cart in 3 days and did not pay"),
            (did("Product Added", ">=", 1, last(3)), orders("count", "=", 0, last(3))),
        ),
        ReadySegment(
            "first_order",
            _("First order in the last 30 days"),
            (orders("count", "=", 1, EVER), orders("count", "=", 1, last(30))),
        ),
        ReadySegment("bought_again", _("Two orders or more"), (orders("count", ">=", 2, EVER),)),
        ReadySegment(
            "big_spender",
            _("Spent 1,000 yuan or more in a year"),
            (orders("net", ">=", 1000, last(365)),),
        ),
        ReadySegment(
            "small_baskets",
            _("Average order below 100 yuan"),
            (orders("average", "<", 100, last(365)),),
        ),
        ReadySegment(
            "long_ago", _("Last order 90 days ago or longer"), (orders("days", ">=", 90, EVER),)
        ),
    ),
    tags=(
        *common.TAGS,
        ReadyTag("hesitates", _("Hesitates"), "viewed_not_bought"),
        ReadyTag("full_cart", _("Full cart"), "left_in_cart"),
        ReadyTag("first_buyer", _("First order lately"), "first_order"),
        ReadyTag("buys_again", _("Buys again"), "bought_again"),
        ReadyTag("spends_much", _("Spends much"), "big_spender"),
        ReadyTag("has_coupon", _("Has a coupon"), "unused_coupon"),
        ReadyTag("bulk_buyer", _("Buys for others too")),
    ),
)
