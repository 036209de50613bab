"""A coupon that nobody has been given: why it would not be, and texts that speak of it. Nothing is
written."""

from datetime import datetime

from campaigns.coupons import issuing
from campaigns.delivery import content, fields, preview, rendering
from campaigns.delivery.policy import Verdict
from campaigns.models import CouponBatch
from customers.models import Customer


def refused(batch: CouponBatch, customer: Customer, now: datetime) -> Verdict | None:
    """Why no coupon would be given, by which whoever gets none gets no message."""
    wanted, refusals = issuing.Wanted(customer.pk, customer.pk, "?"), dict[str, str]()
    issuing.choose(batch, [wanted], refusals, now)
    return Verdict(f"coupon_{refusals['?']}") if refusals else None


class Filling:
    """As rendering.rendered, with a coupon that nobody has been given."""

    def __init__(self, batch: CouponBatch | None):
        self.batch = batch

    def __call__(self, messages, context):
        wanted = content.wanted(text for m in messages for text in m.content.values())
        known = fields.contexts(
            messages, wanted=wanted, workspace=context.workspace, now=context.now
        )
        is_markup = context.channel.is_markup
        for m in messages:
            if self.batch and m.coupon_id is None:
                known[m.pk]["coupon"] = preview.coupon(self.batch, context.workspace)
        return [
            m
            for m in messages
            if rendering.has_fields(m, known[m.pk], context.channel)
            and rendering.fill(m, known[m.pk], is_markup=is_markup)
        ]
