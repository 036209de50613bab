"""What every trade can use."""

from django.utils.translation import gettext_lazy as _

from campaigns.recipes.packs.parts import (
    EVER,
    ReadySegment,
    ReadyTag,
    birthday,
    did,
    last,
    message,
    stage,
    unused_coupon,
)

SEGMENTS = (
    ReadySegment(
        "registered_lately",
        _("Registered in the last 7 days"),
        (did("Customer Registered", ">=", 1, last(7)),),
    ),
    ReadySegment("birthday_week", _("Birthday in the next 7 days"), (birthday(7),)),
    ReadySegment("birthday_month", _("Birthday in the next 30 days"), (birthday(30),)),
    ReadySegment("prospects", _("Prospects"), (stage("prospect"),)),
    ReadySegment("active_ones", _("Active"), (stage("new", "active"),)),
    ReadySegment("silent_ones", _("Silent for now"), (stage("silent"),)),
    ReadySegment("lost_ones", _("Lost"), (stage("lost"),)),
    ReadySegment(
        "opens_messages", _("Opened a message in 30 days"), (message("opened", ">=", 1, 30),)
    ),
    ReadySegment(
        "opens_nothing",
        _("Three messages in 30 days, none opened"),
        (message("sent", ">=", 3, 30), message("opened", "=", 0, 30)),
    ),
    ReadySegment(
        "opened_the_app",
        _("Opened the mini-program in 7 days"),
        (did("App Launched", ">=", 1, last(7)),),
    ),
    ReadySegment(
        "not_in_the_app",
        _("Knows the mini-program, not there for 30 days"),
        (did("App Launched", ">=", 1, EVER), did("App Launched", "=", 0, last(30))),
    ),
)
TAGS = (
    ReadyTag("new_here", _("New here"), "registered_lately"),
    ReadyTag("birthday", _("Birthday soon"), "birthday_week"),
    ReadyTag("prospect", _("Prospect"), "prospects"),
    ReadyTag("regular", _("Regular"), "active_ones"),
    ReadyTag("silent", _("Falling silent"), "silent_ones"),
    ReadyTag("lost", _("Gone"), "lost_ones"),
    ReadyTag("reads", _("Reads our messages"), "opens_messages"),
    ReadyTag("reads_nothing", _("Opens nothing"), "opens_nothing"),
    ReadyTag("in_the_app", _("Often in the mini-program"), "opened_the_app"),
    ReadyTag("vip", _("VIP")),
    ReadyTag("call_first", _("Prefers a call")),
    ReadyTag("complained", _("Had a complaint")),
    ReadyTag("recommended_us", _("Recommended us")),
)
# Where coupons are given.
OF_COUPONS = (
    ReadySegment("unused_coupon", _("Holds an unused coupon"), (unused_coupon(),)),
    ReadySegment(
        "coupon_ends",
        _("A coupon ends within 3 days"),
        (unused_coupon(expires_n=3, expires_unit="days"),),
    ),
)
