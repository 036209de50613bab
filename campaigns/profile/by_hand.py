"""What one member of the staff does for one customer: a message, a coupon; the same ways out as
everything else takes, and audited."""

from datetime import datetime

from django.db import transaction

from campaigns import coupons
from campaigns.delivery import content, fields, needs, outbox, policy, reasons
from campaigns.delivery.channels import channels
from campaigns.models import Coupon, CouponBatch, Message
from customers.models import AuditEntry, Customer, Workspace


class NotIssued(Exception):
    """The batch gives this customer no coupon; `reason` is stable (coupons/issuing.py)."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def send(
    customer: Customer,
    texts: dict[str, str],
    *,
    channel: str,
    purpose: str,
    key: str,
    by,
    now: datetime,
) -> None:
    """The message is queued, once per key; whether it may go out is decided when it leaves."""
    intent = outbox.Intent(customer.pk, customer.pk, f"hand:{key}", channel, purpose, texts)
    if Message.objects.filter(effect_key=intent.effect_key).exists():
        return
    with transaction.atomic():
        outbox.queue([intent], now=now)
        details = {"channel": channel, "purpose": purpose, "key": intent.effect_key}
        AuditEntry.objects.create(
            by=by, act="message.send", subject=f"customer:{customer.pk}", details=details
        )


def as_read(customer: Customer, texts: dict[str, str], *, channel: str) -> dict[str, str]:
    """The texts as this customer will read them. Raises content.BrokenContent."""
    context = {
        "customer": fields.of_customers([customer.pk])[customer.pk],
        "workspace": {"name": Workspace.get().name},
    }
    context |= {"coupon": {}, "product": {}, "recommended": {}, "event": {}}
    if lacking := needs.missing(texts, context):
        raise content.BrokenContent(reasons.word(f"{needs.REASON}{lacking}"))
    return {
        name: content.filled(text, context, is_markup=channels[channel].is_markup)
        for name, text in texts.items()
    }


def foreseen(
    customer: Customer, *, channel: str, purpose: str, now: datetime
) -> policy.Verdict | None:
    """What the rules would say of such a message now; None: it would go out."""
    message = Message(
        customer_id=customer.pk, origin_customer_id=customer.pk, channel=channel, purpose=purpose
    )
    context = policy.PolicyContext(channels[channel](), Workspace.get(), now)
    return policy.foreseen([message], context)[0]


def issue_coupon(customer: Customer, batch: CouponBatch, *, key: str, by, now: datetime) -> Coupon:
    """The coupon of this key: the same one when asked again. Raises NotIssued."""
    wanted = coupons.Wanted(customer.pk, customer.pk, f"hand:{key}")
    with transaction.atomic():
        issued = coupons.issue(batch, [wanted], by=str(by), now=now)
        if wanted.effect_key not in issued:
            raise NotIssued(issued.refusals[wanted.effect_key])
        coupon = issued[wanted.effect_key]
        details = {"batch": batch.pk, "coupon": coupon.pk}
        AuditEntry.objects.create(
            by=by, act="coupon.issue", subject=f"customer:{customer.pk}", details=details
        )
    return coupon
