"""One code for everybody: a coupon becomes a row when an order asks for it, of its customer,
so that stock, budget and the limit per customer hold as for any other."""

from datetime import datetime

from campaigns.coupons import issuing, moves
from campaigns.coupons.terms import CouponRefused
from campaigns.models import Coupon, CouponBatch
from customers.privacy.sealing import digest
from events.models import Order

KEY = "shared:"
# As whoever stands at the till is told (terms.CouponRefused).
TOLD = {"batch_inactive": "revoked", "not_valid": "expired"}


def of_order(
    batch: CouponBatch, order_number: str, customer: int | None, *, now: datetime, by: str
) -> Coupon:
    """The coupon that this order uses, locked: the one it asked for before, one that came back to
    its customer, or a new one. Raises CouponRefused."""
    known = Coupon.objects.select_related("batch")
    key = f"{KEY}{batch.pk}:{digest('order', order_number)}"
    there = known.select_for_update(of=("self",)).filter(effect_key=key).first()
    if there is not None:
        return there
    # Others lock a coupon and then its batch: whoever holds the batch waits for no coupon.
    CouponBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    now_free = known.select_for_update(of=("self",), skip_locked=True)
    if known.filter(effect_key=key).exists():  # made at this moment
        there = now_free.filter(effect_key=key).first()
        if there is None:
            raise CouponRefused("already_reserved", order_number)
        return there
    order = Order.objects.filter(namespace=batch.namespace_id, number=order_number).first()
    whose = order.customer_id if order else customer
    if whose is None:
        raise CouponRefused("customer_needed")
    returned = now_free.filter(batch=batch, effect_key__startswith=KEY, customer=whose)
    free = returned.filter(state__in=moves.USABLE).order_by("pk").first()
    if free is not None:
        return free
    wanted = issuing.Wanted(whose, whose, key)
    issued = issuing.issue(batch, [wanted], by=by, now=now, is_shared=True)
    if key not in issued:
        reason = issued.refusals[key]
        raise CouponRefused(TOLD.get(reason, reason))
    return now_free.get(pk=issued[key].pk)
