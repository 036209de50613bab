"""20 segments and 20 tags for a clinic: about coming and staying away, never about what for."""

from django.utils.translation import gettext_lazy as _

from campaigns.recipes.packs import common
from campaigns.recipes.packs.parts import (
    EVER,
    Pack,
    ReadySegment,
    ReadyTag,
    bookings,
    last,
    next_days,
)

PACK = Pack(
    segments=(
        *common.SEGMENTS,
        ReadySegment(
            "visit_soon",
            _("An appointment in the next 2 days"),
            (bookings("upcoming", ">=", 1, next_days(2)),),
        ),
        ReadySegment(
            "visit_this_month",
            _("An appointment in the next 30 days"),
            (bookings("upcoming", ">=", 1, next_days(30)),),
        ),
        ReadySegment(
            "came_lately", _("Came in the last 30 days"), (bookings("attended", ">=", 1, last(30)),)
        ),
        ReadySegment(
            "first_visit",
            _("First visit in the last 30 days"),
            (bookings("attended", "=", 1, EVER), bookings("attended", "=", 1, last(30))),
        ),
        ReadySegment(
            "comes_often",
            _("Five visits or more in a year"),
            (bookings("attended", ">=", 5, last(365)),),
        ),
        ReadySegment(
            "missed_lately",
            _("Missed an appointment in 30 days"),
            (bookings("no_show", ">=", 1, last(30)),),
        ),
        ReadySegment(
            "misses_often",
            _("Missed two appointments or more in a year"),
            (bookings("no_show", ">=", 2, last(365)),),
        ),
        ReadySegment(
            "cancels_often",
            _("Cancelled two appointments or more in a year"),
            (bookings("cancelled", ">=", 2, last(365)),),
        ),
        ReadySegment(
            "no_visit_ahead",
            _("Came before, no appointment ahead"),
            (bookings("attended", ">=", 1, EVER), bookings("upcoming", "=", 0, EVER)),
        ),
    ),
    tags=(
        *common.TAGS,
        ReadyTag("expected", _("Expected soon"), "visit_soon"),
        ReadyTag("first_time", _("Here for the first time"), "first_visit"),
        ReadyTag("comes_often", _("Comes often"), "comes_often"),
        ReadyTag("stayed_away", _("Stayed away lately"), "missed_lately"),
        ReadyTag("call_before", _("Call before the appointment"), "misses_often"),
        ReadyTag("cancels", _("Cancels often"), "cancels_often"),
        ReadyTag("wheelchair", _("Needs help on arrival")),
    ),
)
