"""A coupon that travels in a message exists only if the message leaves (it has the message's effect
key).

It is pending, with stock and budget reserved, from the moment the message is queued; issued in the
transaction that fences the message; pending again where the provider put the message off; withdrawn
where the message is skipped, fails or is cancelled; and kept where nobody can know. Whoever writes
the state of messages calls `follow` in the same transaction.
"""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Q

from campaigns.coupons import issuing, moves, pool
from campaigns.models import Coupon, CouponBatch, Message
from crm_project.db.sets import among

State = Coupon.State

LEFT = frozenset(
    {
        Message.State.SENDING,
        Message.State.WAITING,
        Message.State.SENT,
        Message.State.UNKNOWN,
    }
)
ENDED = frozenset({Message.State.SKIPPED, Message.State.FAILED, Message.State.CANCELLED})

RIDERS = """
SELECT c.id, c.state, m.state, m.sent_at IS NOT NULL
  FROM campaigns_message m JOIN campaigns_coupon c ON c.id = m.coupon_id
    AND c.effect_key = m.effect_key
 WHERE m.id = ANY(%s) AND c.state IN ('pending', 'issued', 'withdrawn')
 ORDER BY c.id FOR UPDATE OF c
"""


# Whoever moved their messages did not say so: a worker of the release before, which knows no
# pending coupons.
STRAGGLERS = """
SELECT m.id FROM campaigns_coupon c JOIN campaigns_message m ON m.effect_key = c.effect_key
  AND m.coupon_id = c.id
 WHERE c.state = 'pending' AND m.state <> 'queued' AND c.id %% 60 = extract(second
   FROM %s::timestamptz)::int %% 60 LIMIT 1000
"""


@dataclass(slots=True)
class Changes:
    """Coupons by what becomes of them."""

    issued: list[int] = field(default_factory=list)
    pending: list[int] = field(default_factory=list)
    withdrawn: list[int] = field(default_factory=list)
    given_again: list[int] = field(default_factory=list)

    def add(self, pk: int, state: str, of_message: str, *, has_left: bool) -> None:
        if of_message in LEFT:
            if state == State.PENDING:
                self.issued.append(pk)
            elif state == State.WITHDRAWN:
                self.given_again.append(pk)
        elif of_message in ENDED:
            if state != State.WITHDRAWN:
                self.withdrawn.append(pk)
        elif state == State.ISSUED and not has_left:
            self.pending.append(pk)


def follow(message_ids: Collection[int], *, now: datetime) -> None:
    """The coupons that travel in these messages are as their messages are; what was used meanwhile
    stays used."""
    if not message_ids:
        return
    changes = Changes()
    with transaction.atomic(savepoint=False):
        with connection.cursor() as cursor:
            cursor.execute(RIDERS, [list(message_ids)])
            for pk, state, of_message, has_left in cursor.fetchall():
                changes.add(pk, state, of_message, has_left=has_left)
        issue_pending(changes.issued, now)
        wait(changes.pending, now)
        withdraw(changes.withdrawn, now)
        give_again(changes.given_again, now)


def catch_up(now: datetime) -> None:
    """A sixtieth of what is pending is looked after: called each second, every coupon follows its
    message within a minute, whoever moved that."""
    with connection.cursor() as cursor:
        cursor.execute(STRAGGLERS, [now])
        follow([pk for (pk,) in cursor.fetchall()], now=now)


def issue_pending(ids: list[int], now: datetime) -> None:
    """These pending coupons are issued, and their time has begun."""
    by_batch = defaultdict(list)
    for coupon in read(ids):
        by_batch[coupon.batch_id].append(coupon)
    for batch in CouponBatch.objects.filter(pk__in=by_batch):
        coupons = by_batch[batch.pk]
        times = {
            "valid_from": max(now, batch.valid_from or now),
            "expires_at": issuing.expiry(batch, now),
        }
        Coupon.objects.filter(among("pk", [c.pk for c in coupons])).update(
            state=State.ISSUED, issued_at=now, **times
        )
        write_proofs(coupons, State.ISSUED, now)


def wait(ids: list[int], now: datetime) -> None:
    if ids:
        Coupon.objects.filter(among("pk", ids)).update(state=State.PENDING)
        write_proofs(read(ids), State.PENDING, now)


def withdraw(ids: list[int], now: datetime) -> None:
    """Stock and budget are free again. Those that were issued once have a proof, so their end has
    one too."""
    coupons = read(ids)
    if not coupons:
        return
    Coupon.objects.filter(among("pk", ids)).update(state=State.WITHDRAWN)
    for batch, n in sorted(Counter(c.batch_id for c in coupons).items()):
        promised = sum(c.promised_fen for c in coupons if c.batch_id == batch)
        CouponBatch.objects.filter(pk=batch).update(
            issued=F("issued") - n, promised_fen=F("promised_fen") - promised
        )
    proven = set(
        Coupon.objects.filter(among("pk", ids), moves__isnull=False).values_list("pk", flat=True)
    )
    write_proofs([c for c in coupons if c.pk in proven], State.WITHDRAWN, now)
    brought = CouponBatch.objects.filter(
        pk__in={c.batch_id for c in coupons}, code_mode=CouponBatch.Codes.UPLOADED
    )
    of_files = set(brought.values_list("pk", flat=True))
    # What left once may have been read.
    pool.give_back([c for c in coupons if c.batch_id in of_files and c.pk not in proven])


def give_again(ids: list[int], now: datetime) -> None:
    """The message had come back and yet arrived: its coupon is valid after all, where the batch
    still has room for it."""
    for coupon in read(ids):
        has_stock = Q(stock=None) | Q(issued__lt=F("stock"))
        has_budget = Q(budget_fen=None) | Q(
            budget_fen__gte=F("promised_fen") + F("spent_fen") + coupon.promised_fen
        )
        fits = CouponBatch.objects.filter(has_stock, has_budget, pk=coupon.batch_id)
        if fits.update(
            issued=F("issued") + 1, promised_fen=F("promised_fen") + coupon.promised_fen
        ):
            Coupon.objects.filter(pk=coupon.pk).update(state=State.ISSUED)
            write_proofs([coupon], State.ISSUED, now)


def read(ids: list[int]) -> list[Coupon]:
    if not ids:
        return []
    return list(
        Coupon.objects.filter(among("pk", ids))
        .only("pk", "batch", "promised_fen", "issued_by", "state")
        .order_by("pk")
    )


def write_proofs(coupons: list[Coupon], state: str, now: datetime) -> None:
    """Each has a proof of the state it now has, by whoever issued it."""
    by_issuer = defaultdict(list)
    for coupon in coupons:
        coupon.state, coupon.order_number, coupon.discount_fen = state, "", 0
        by_issuer[coupon.issued_by].append(coupon)
    for by, those in sorted(by_issuer.items()):
        moves.record(those, by=by, now=now)
