"""One click: A and no B within T → a coupon and a message."""

from datetime import datetime

from django.utils.translation import gettext as _

from campaigns.journeys import definition
from campaigns.models import CouponBatch, Journey
from customers.models import Purpose


def steps(coupon_batch: CouponBatch | None, content: dict, channel: str) -> dict:
    message = {"step": "send_message", "channel": channel, "purpose": Purpose.MARKETING, "content": content, "next": None}
    if coupon_batch is None:
        return {"start": "message", "steps": {"message": message}}
    coupon = {"step": "issue_coupon", "batch": coupon_batch.pk, "next": "message", "none": None}
    return {"start": "coupon", "steps": {"coupon": coupon, "message": message}}


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
    draft = {
        "trigger": {
            "trigger": "absence",
            "first": entered_by,
            "second": ended_by,
            "within_seconds": within_seconds,
            "same_product": same_product,
            "grace_seconds": grace_seconds,
            "freshness_seconds": freshness_seconds,
        },
        "reentry": reentry,
        **steps(coupon_batch, {"title": title, "body": body, "page": page}, channel),
    }
    definition.check(draft)
    journey = Journey.objects.create(name=name, description=_("Made with the form “not followed by”."), draft=draft)
    definition.publish(journey, by=by, now=now)
    journey.refresh_from_db()
    return journey
