"""What ends a coupon's way: a refund, its time, staff."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from campaigns.coupons import moves
from campaigns.models import Coupon, CouponBatch
from customers.models import Namespace
from events.models import Order

State = Coupon.State

BATCH = 500


def settle_orders(
    *, namespace: Namespace, order_numbers: Iterable[str], now: datetime, by: str
) -> int:
    """Those of the orders that were cancelled or refunded whole are undone: coupons they held are
    free, coupons spent on them are returned while still valid, else void. The number of coupons."""
    whole = Q(paid_fen__gt=0, refunded_fen__gte=F("paid_fen")) | Q(status=Order.Status.CANCELLED)
    undone = Order.objects.filter(
        whole, namespace=namespace, number__in=list(order_numbers)
    ).values_list("number", flat=True)
    with transaction.atomic():
        ours = Coupon.objects.filter(
            batch__namespace=namespace,
            order_number__in=list(undone),
            state__in=[State.RESERVED, State.REDEEMED],
        )
        coupons = list(ours.order_by("pk").select_for_update(of=("self",)))
        spent = [c for c in coupons if c.state == State.REDEEMED]
        moves.put_back([c for c in coupons if c.state == State.RESERVED], by=by, now=now)
        give_back([c for c in spent if c.expires_at > now], by=by, now=now)
        void([c for c in spent if c.expires_at <= now], by=by, now=now)
    return len(coupons)


def give_back(coupons: list[Coupon], *, by: str, now: datetime) -> None:
    """Usable again. What was spent is promised again: at least as much as was given back, more as
    far as the budget has room."""
    batches = (
        CouponBatch.objects.filter(pk__in={c.batch_id for c in coupons})
        .order_by("pk")
        .select_for_update(no_key=True)
        .in_bulk()
    )
    for coupon in coupons:
        batch = batches[coupon.batch_id]
        was, coupon.promised_fen = coupon.discount_fen, promised_again(coupon, batch)
        batch.promised_fen, batch.spent_fen = (
            batch.promised_fen + coupon.promised_fen,
            batch.spent_fen - was,
        )
        coupon.state = State.RETURNED
    moves.record(coupons, by=by, now=now)
    for coupon in coupons:
        coupon.order_number, coupon.redeemed_at, coupon.discount_fen = "", None, 0
    Coupon.objects.bulk_update(
        coupons, ["state", "promised_fen", "order_number", "redeemed_at", "discount_fen"]
    )
    CouponBatch.objects.bulk_update(batches.values(), ["promised_fen", "spent_fen"])


def promised_again(coupon: Coupon, batch: CouponBatch) -> int:
    if batch.budget_fen is None:
        return coupon.promised_fen
    room = batch.budget_fen - batch.promised_fen - batch.spent_fen + coupon.discount_fen
    return min(coupon.promised_fen, room)


def void(coupons: list[Coupon], *, by: str, now: datetime) -> None:
    """Over; the order it was spent on gave everything back, so nothing was spent."""
    for coupon in coupons:
        coupon.state = State.VOID
    moves.record(coupons, by=by, now=now)
    Coupon.objects.filter(pk__in=[c.pk for c in coupons]).update(state=State.VOID)
    moves.account((c.batch_id, 0, -c.discount_fen) for c in coupons)


def expire(now: datetime, *, limit: int = BATCH) -> int:
    """Up to `limit` coupons whose time is over are expired, and timed-out reservations freed. The
    number; call until it is 0."""
    with transaction.atomic():
        over = Q(state__in=moves.USABLE, expires_at__lte=now)
        freed = moves.put_back(
            ours(Q(state=State.RESERVED, reserved_until__lte=now), limit), by="time", now=now
        )
        return freed + moves.end(ours(over, limit), state=State.EXPIRED, by="time", now=now)


def ours(which: Q, limit: int) -> list[Coupon]:
    """Up to `limit` of them, locked; what another holds at the moment is left for the next time."""
    return list(
        Coupon.objects.filter(which)
        .order_by("pk")
        .select_for_update(skip_locked=True, of=("self",))[:limit]
    )


def revoke(coupon_ids: Iterable[int], *, by: str, now: datetime) -> int:
    """Those of the coupons that are not spent cannot be used any more. The number of them."""
    with transaction.atomic():
        still_open = (
            Coupon.objects.filter(pk__in=list(coupon_ids), state__in=moves.OPEN)
            .order_by("pk")
            .select_for_update(of=("self",))
        )
        return moves.end(list(still_open), state=State.REVOKED, by=by, now=now)
