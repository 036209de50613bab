"""20 segments and 20 tags for a school."""

from django.utils.translation import gettext_lazy as _

from campaigns.recipes.packs import common
from campaigns.recipes.packs.parts import (
    EVER,
    Pack,
    ReadySegment,
    ReadyTag,
    bookings,
    did,
    last,
    next_days,
    orders,
)

CLASS = {"kind": "class"}
PACK = Pack(
    segments=(
        *common.SEGMENTS,
        *common.OF_COUPONS,
        ReadySegment(
            "looks_at_courses",
            _("Looked at courses, none paid for 14 days"),
            (did("Product Viewed", ">=", 1, last(14)), orders("count", "=", 0, last(14))),
        ),
        ReadySegment("pays", _("Has paid for a course"), (orders("count", ">=", 1, EVER),)),
        ReadySegment(
            "lesson_soon",
            _("A lesson in the next 2 days"),
            (bookings("upcoming", ">=", 1, next_days(2), **CLASS),),
        ),
        ReadySegment(
            "attends",
            _("Four lessons or more in 30 days"),
            (bookings("attended", ">=", 4, last(30), **CLASS),),
        ),
        ReadySegment(
            "absent_often",
            _("Absent twice or more in 30 days"),
            (bookings("no_show", ">=", 2, last(30), **CLASS),),
        ),
        ReadySegment(
            "no_lesson_ahead",
            _("Came before, no lesson ahead"),
            (bookings("attended", ">=", 1, EVER, **CLASS), bookings("upcoming", "=", 0, EVER)),
        ),
        ReadySegment(
            "trial_only",
            _("One lesson and no course paid"),
            (bookings("attended", "=", 1, EVER, **CLASS), orders("count", "=", 0, EVER)),
        ),
    ),
    tags=(
        *common.TAGS,
        ReadyTag("interested", _("Interested in a course"), "looks_at_courses"),
        ReadyTag("enrolled", _("Has a course"), "pays"),
        ReadyTag("diligent", _("Diligent"), "attends"),
        ReadyTag("often_absent", _("Often absent"), "absent_often"),
        ReadyTag("without_plan", _("Nothing planned"), "no_lesson_ahead"),
        ReadyTag("after_trial", _("After the trial lesson"), "trial_only"),
        ReadyTag("has_siblings", _("Has brothers or sisters here")),
    ),
)
