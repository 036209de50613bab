"""One click: A and no B within T → a coupon and a message."""

from datetime import datetime

from django.utils.translation import gettext as _

from campaigns.models import CouponBatch, Journey
from campaigns.recipes import gift


def create(
    *,
    name: str,
    entered_by: str,
    ended_by: str,
    within_seconds: int,
    same_product: bool,
    coupon_batch: CouponBatch | None,
    title: str,
    body: str,
    page: str = "",
    reentry: dict,
    grace_seconds: int = 60,
    freshness_seconds: int = 86400,
    channel: str = "in_app",
    by,
    now: datetime,
) -> Journey:
    """The journey exists and is live. Raises definition.InvalidJourney."""
    return gift.create(
        name=name,
        description=_("Made with the form “not followed by”."),
        trigger={
            "trigger": "absence",
            "fields": {
                "first": entered_by,
                "second": ended_by,
                "within_seconds": within_seconds,
                "same_product": same_product,
                "grace_seconds": grace_seconds,
                "freshness_seconds": freshness_seconds,
            },
        },
        reentry=reentry,
        coupon_batch=coupon_batch,
        content={"title": title, "body": body, "page": page},
        channel=channel,
        by=by,
        now=now,
    )
