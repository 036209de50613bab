"""Issuing: exactly once per effect key; stock, budget and the limit per customer hold under any
concurrency."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

from django.db import transaction
from django.db.models import Count, F

from campaigns.coupons import codes, moves, pool, terms
from campaigns.models import Coupon, CouponBatch
from customers.identity import vouching

Codes = CouponBatch.Codes
TAKEN_BACK = [Coupon.State.REVOKED, Coupon.State.WITHDRAWN]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One coupon for one customer; `effect_key` makes it the only one of its kind."""

    customer_id: int
    origin_customer_id: int
    effect_key: str
    run_id: int | None = None
    step: str = ""  # of the journey that it is given in


class Issued(dict):
    """The coupons by effect key; `refusals` says why the others were not given one."""

    def __init__(self, coupons: dict[str, Coupon]):
        super().__init__(coupons)
        self.refusals: dict[str, str] = {}


def issue(
    batch: CouponBatch,
    wanted: list[Wanted],
    *,
    by: str,
    now: datetime,
    travels: bool = False,
    is_shared: bool = False,
) -> Issued:
    """Each of `wanted` has its coupon, or a reason in `refusals`: batch_inactive, not_valid,
    not_vouched, per_customer, out_of_stock, over_budget, no_codes; and shared_code, as what has one
    code for everybody is given to nobody before they use it (`is_shared`).

    What `travels` in the message of the same effect key is pending: stock and budget hold it, and
    nobody can see or use it before the message leaves (travelling.py).

    The batch's row is locked until the surrounding transaction ends; whoever issues from several
    batches in one transaction takes them in the order of their ids.
    """
    with transaction.atomic():
        batch = CouponBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
        issued = Issued(
            {
                c.effect_key: c
                for c in Coupon.objects.filter(effect_key__in=[w.effect_key for w in wanted])
            }
        )
        fresh = {w.effect_key: w for w in wanted if w.effect_key not in issued}
        given = choose(
            batch,
            sorted(fresh.values(), key=lambda w: w.effect_key),
            issued.refusals,
            now,
            is_shared=is_shared,
        )
        issued.update(
            (c.effect_key, c) for c in write(batch, given, by=by, now=now, travels=travels)
        )
    return issued


def choose(
    batch: CouponBatch,
    fresh: list[Wanted],
    refusals: dict[str, str],
    now: datetime,
    *,
    is_shared: bool = False,
) -> list[Wanted]:
    """Those who get one, under the batch's lock; the others are written into `refusals`."""
    if reason := closed(batch, now) or ("" if is_shared else not_to_give(batch)):
        refusals.update((w.effect_key, reason) for w in fresh)
        return []
    held = held_by_customer(batch, fresh)
    known = None if batch.is_for_anyone else vouching.vouched({w.customer_id for w in fresh})
    limit, reason = room(batch)
    given: list[Wanted] = []
    for w in fresh:
        if known is not None and w.customer_id not in known:
            refusals[w.effect_key] = "not_vouched"
        elif held[w.customer_id] >= batch.per_customer:
            refusals[w.effect_key] = "per_customer"
        elif limit is not None and len(given) >= limit:
            refusals[w.effect_key] = reason
        else:
            held[w.customer_id] += 1
            given.append(w)
    return given


def not_to_give(batch: CouponBatch) -> str:
    """Why none is given to anybody before they use it."""
    return "shared_code" if batch.code_mode == CouponBatch.Codes.SHARED else ""


def closed(batch: CouponBatch, now: datetime) -> str:
    if not batch.is_active:
        return "batch_inactive"
    return "not_valid" if expiry(batch, now) <= now else ""


def expiry(batch: CouponBatch, now: datetime) -> datetime:
    """The earlier of the batch's end and `valid_seconds` from when the coupon becomes valid."""
    start = max(now, batch.valid_from or now)
    ends = [batch.valid_until] if batch.valid_until else []
    if batch.valid_seconds is not None:
        ends.append(start + timedelta(seconds=batch.valid_seconds))
    return min(ends, default=start + timedelta(days=365))


def held_by_customer(batch: CouponBatch, fresh: list[Wanted]) -> Counter:
    """How many each of them was given of this batch so far, or will be; what was taken back does
    not count."""
    given = Coupon.objects.filter(batch=batch, customer__in={w.customer_id for w in fresh}).exclude(
        state__in=TAKEN_BACK
    )
    return Counter(dict(given.values_list("customer").annotate(Count("pk"))))


def room(batch: CouponBatch) -> tuple[int | None, str]:
    """How many more may be issued (None: any number), and what the next one would run into."""
    limits = []
    if batch.stock is not None:
        limits.append((max(batch.stock - batch.issued, 0), "out_of_stock"))
    if batch.budget_fen is not None:
        left, each = batch.budget_fen - batch.promised_fen - batch.spent_fen, terms.promise(batch)
        limits.append((max(left // each, 0) if each else 0, "over_budget"))
    if batch.code_mode == CouponBatch.Codes.UPLOADED:
        limits.append((batch.codes_left, "no_codes"))
    return min(limits, default=(None, ""))


def write(
    batch: CouponBatch, given: list[Wanted], *, by: str, now: datetime, travels: bool
) -> list[Coupon]:
    """`issued` of the batch counts those that are pending too: they hold stock and budget."""
    promised, state = (
        terms.promise(batch) or 0,
        (Coupon.State.PENDING if travels else Coupon.State.ISSUED),
    )
    brought = pool.taken(batch, len(given)) if batch.code_mode == Codes.UPLOADED else []
    coupons = Coupon.objects.bulk_create(
        [
            new(batch, w, code, state=state, promised=promised, by=by, now=now)
            for w, code in zip_longest(given, brought)
        ]
    )
    if coupons:
        moves.record([] if travels else coupons, by=by, now=now)
        CouponBatch.objects.filter(pk=batch.pk).update(
            issued=F("issued") + len(coupons),
            promised_fen=F("promised_fen") + promised * len(coupons),
        )
    return coupons


def new(
    batch: CouponBatch,
    wanted: Wanted,
    code: str | None,
    *,
    state: str,
    promised: int,
    by: str,
    now: datetime,
) -> Coupon:
    code = code or codes.new()
    return Coupon(
        state=state,
        batch=batch,
        customer_id=wanted.customer_id,
        origin_customer_id=wanted.origin_customer_id,
        effect_key=wanted.effect_key,
        run_id=wanted.run_id,
        step=wanted.step,
        issued_by=by[:60],
        code=code,
        code_digest=codes.digest(code),
        issued_at=now,
        valid_from=max(now, batch.valid_from or now),
        expires_at=expiry(batch, now),
        promised_fen=promised,
    )
