"""A trigger, then a message that may carry a coupon: what the plain forms make."""

from datetime import datetime

from campaigns.journeys import definition
from campaigns.journeys.format import VERSION
from campaigns.models import CouponBatch, Journey
from customers.models import Purpose


def steps(coupon_batch: CouponBatch | None, content: dict, channel: str) -> dict:
    """One message; the coupon travels in it, so nobody holds a coupon that they were never told
    of."""
    fields = {"channel": channel, "purpose": Purpose.MARKETING, "content": content}
    if coupon_batch:
        fields["batch"] = coupon_batch.pk
    return {
        "start": "message",
        "steps": {"message": {"step": "send_message", "fields": fields, "exits": {"next": None}}},
    }


def create(
    *,
    name: str,
    description: str,
    trigger: dict,
    reentry: dict,
    coupon_batch: CouponBatch | None,
    content: dict,
    channel: str = "in_app",
    by,
    now: datetime,
) -> Journey:
    """The journey exists and is live. Raises definition.InvalidJourney."""
    draft = {
        "v": VERSION,
        "trigger": trigger,
        "reentry": reentry,
        **steps(coupon_batch, content, channel),
    }
    definition.check(draft)
    journey = Journey.objects.create(name=name, description=description, draft=draft)
    definition.publish(journey, by=by, now=now)
    journey.refresh_from_db()
    return journey
