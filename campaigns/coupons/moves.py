"""Moving coupons: the states, the proof of each move, and what a batch has promised and spent."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import F

from campaigns.models import Coupon, CouponBatch, CouponMove

State = Coupon.State

USABLE = [State.ISSUED, State.CLAIMED, State.RETURNED]
OPEN = [State.PENDING, *USABLE, State.RESERVED]  # what still holds its promise
UNSEEN = [State.PENDING, State.WITHDRAWN]  # nobody was given them


def record(coupons: Iterable[Coupon], *, by: str, now: datetime) -> None:
    """The state each coupon now has is proven by a row."""
    CouponMove.objects.bulk_create(
        [
            CouponMove(
                coupon=c,
                state=c.state,
                order_number=c.order_number,
                amount_fen=c.discount_fen,
                by=by,
                at=now,
            )
            for c in coupons
        ]
    )


def account(changes: Iterable[tuple[int, int, int]]) -> None:
    """Each (batch, promised, spent) is added to its batch; batches are locked in the order of their
    ids."""
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for batch_id, promised, spent in changes:
        sums[batch_id][0] += promised
        sums[batch_id][1] += spent
    for batch_id, (promised, spent) in sorted(sums.items()):
        if promised or spent:
            CouponBatch.objects.filter(pk=batch_id).update(
                promised_fen=F("promised_fen") + promised, spent_fen=F("spent_fen") + spent
            )


def idle_state(coupon: Coupon, now: datetime) -> str:
    """What a coupon becomes when the order that held it lets go."""
    if coupon.expires_at <= now:
        return State.EXPIRED
    return State.CLAIMED if coupon.claimed_at else State.ISSUED


def put_back(coupons: list[Coupon], *, by: str, now: datetime) -> int:
    """Locked reserved coupons are free again, or expired when their time is over. The number of
    them."""
    shared = set(
        CouponBatch.objects.filter(
            pk__in={c.batch_id for c in coupons}, code_mode=CouponBatch.Codes.SHARED
        ).values_list("pk", flat=True)
    )
    for coupon in coupons:
        # Of a code for everybody nobody has anything before they use it.
        goes = coupon.batch_id in shared
        state = State.WITHDRAWN if goes else idle_state(coupon, now)
        coupon.state, coupon.reserved_until, coupon.discount_fen = state, None, 0
    record(coupons, by=by, now=now)  # with the order it leaves
    for coupon in coupons:
        coupon.order_number = ""
        if coupon.batch_id in shared:
            coupon.effect_key = f"gone:{coupon.pk}"
    Coupon.objects.bulk_update(
        coupons, ["state", "reserved_until", "discount_fen", "order_number", "effect_key"]
    )
    over = (State.EXPIRED, State.WITHDRAWN)
    account((c.batch_id, -c.promised_fen, 0) for c in coupons if c.state in over)
    for batch in sorted(shared):
        n = sum(c.batch_id == batch for c in coupons)
        CouponBatch.objects.filter(pk=batch).update(issued=F("issued") - n)
    return len(coupons)


def end(coupons: list[Coupon], *, state: str, by: str, now: datetime) -> int:
    """Locked open coupons have come to an end and promise nothing any more. The number of them."""
    Coupon.objects.filter(pk__in=[c.pk for c in coupons]).update(state=state, reserved_until=None)
    for coupon in coupons:
        coupon.state = state
    record(coupons, by=by, now=now)
    account((c.batch_id, -c.promised_fen, 0) for c in coupons)
    return len(coupons)
