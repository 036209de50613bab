"""Using a coupon on an order: reserve, redeem, release. Each move is one conditional update."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from campaigns.coupons import codes, moves, shared, terms
from campaigns.coupons.terms import CouponRefused
from campaigns.models import Coupon, CouponBatch, CouponMove
from customers.models import Namespace

State = Coupon.State

RESERVED_FOR = timedelta(minutes=30)


def reserve(
    *,
    code: str,
    namespace: Namespace,
    order_number: str,
    total_fen: int,
    lines: list[dict],
    now: datetime,
    by: str,
    customer: int | None = None,
) -> Coupon:
    """The coupon is held for this order until `reserved_until`; the same order may ask again.
    Raises CouponRefused."""
    with transaction.atomic():
        coupon = find(code, namespace, order_number, customer, now=now, by=by)
        off = discount(coupon, total_fen=total_fen, lines=lines)
        move(
            coupon,
            order_number,
            now,
            state=State.RESERVED,
            reserved_until=now + RESERVED_FOR,
            discount_fen=off,
        )
        moves.record([coupon], by=by, now=now)
    return coupon


def redeem(
    *,
    code: str,
    namespace: Namespace,
    order_number: str,
    total_fen: int,
    lines: list[dict],
    now: datetime,
    by: str,
    customer: int | None = None,
) -> Coupon:
    """The coupon is spent on this order, once. Raises CouponRefused, whose `order_number` says what
    took it before.

    Asked again for the same order it is as it was then, also where a refund has given it back
    since: nothing moves. Of a code for everybody it is said whose order it is, where we do not know
    the order.
    """
    with transaction.atomic():
        coupon = find(code, namespace, order_number, customer, now=now, by=by)
        if spent := spent_before(coupon, order_number):
            return spent
        off = discount(coupon, total_fen=total_fen, lines=lines)
        move(
            coupon,
            order_number,
            now,
            state=State.REDEEMED,
            reserved_until=None,
            redeemed_at=now,
            discount_fen=off,
        )
        moves.record([coupon], by=by, now=now)
        moves.account([(coupon.batch_id, -coupon.promised_fen, off)])
    return coupon


def release(*, namespace: Namespace, order_number: str, now: datetime, by: str) -> int:
    """What was reserved for this order is free again. The number of coupons. Raises CouponRefused
    where the order has spent what it held."""
    with transaction.atomic():
        ours = Coupon.objects.filter(
            order_number=order_number,
            batch__namespace=namespace,
            state__in=[State.RESERVED, State.REDEEMED],
        )
        coupons = list(ours.exclude(order_number="").order_by("pk").select_for_update(of=("self",)))
        held = [c for c in coupons if c.state == State.RESERVED]
        if coupons and not held:
            raise CouponRefused("already_redeemed", order_number)
        return moves.put_back(held, by=by, now=now)


def spent_before(coupon: Coupon, order_number: str) -> Coupon | None:
    """The locked coupon as it was when this order spent it, if it did: its proof says so."""
    proof = (
        CouponMove.objects.filter(coupon=coupon, state=State.REDEEMED, order_number=order_number)
        .order_by("-pk")
        .first()
    )
    if proof is None:
        return None
    coupon.state, coupon.order_number = State.REDEEMED, order_number
    coupon.discount_fen, coupon.redeemed_at = proof.amount_fen, proof.at
    return coupon


def find(
    code: str,
    namespace: Namespace,
    order_number: str,
    customer: int | None,
    *,
    now: datetime,
    by: str,
) -> Coupon:
    """The coupon, locked: what it promises must not change between the sum and the move."""
    known = Coupon.objects.select_related("batch").select_for_update(of=("self",))
    digest = codes.digest(code)
    coupon = (
        known.filter(code_digest=digest, batch__namespace=namespace)
        .exclude(state=State.PENDING)
        .first()
    )
    if coupon is None:
        batch = CouponBatch.objects.filter(shared_digest=digest, namespace=namespace).first()
        coupon = batch and shared.of_order(batch, order_number, customer, now=now, by=by)
    if coupon is None:
        raise CouponRefused("unknown_coupon")
    return coupon


def discount(coupon: Coupon, *, total_fen: int, lines: list[dict]) -> int:
    """As the batch's terms say; where there is a budget never more than was promised from it."""
    off = terms.discount(coupon.batch, total_fen=total_fen, lines=lines)
    return off if coupon.batch.budget_fen is None else min(off, coupon.promised_fen)


def move(coupon: Coupon, order_number: str, now: datetime, **to) -> None:
    """The one conditional update: of any number at once, one wins. `coupon` is as the row is
    afterwards."""
    if not Coupon.objects.filter(free(order_number, now), pk=coupon.pk).update(
        order_number=order_number, **to
    ):
        raise refusal(Coupon.objects.get(pk=coupon.pk), order_number, now)
    coupon.order_number = order_number
    for field, value in to.items():
        setattr(coupon, field, value)


def free(order_number: str, now: datetime) -> Q:
    """Valid and held by nobody, or held by this very order: a reservation made in time is honoured
    to its end."""
    valid = Q(valid_from__lte=now, expires_at__gt=now)
    idle = Q(state__in=moves.USABLE) | Q(state=State.RESERVED, reserved_until__lte=now)
    own = Q(state=State.RESERVED, order_number=order_number)
    return valid & (idle | own) | own & Q(reserved_until__gt=now)


def refusal(coupon: Coupon, order_number: str, now: datetime) -> CouponRefused:
    """Why the update found nothing, from the row as it is now."""
    spent = {
        State.REDEEMED: "already_redeemed",
        State.VOID: "void",
        State.REVOKED: "revoked",
        State.WITHDRAWN: "revoked",
        State.EXPIRED: "expired",
    }
    if coupon.state in spent:
        return CouponRefused(spent[coupon.state], coupon.order_number)
    if coupon.valid_from > now:
        return CouponRefused("not_yet_valid")
    if coupon.expires_at <= now:
        return CouponRefused("expired")
    return CouponRefused("already_reserved", coupon.order_number)
