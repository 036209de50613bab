"""Who may be sent to, now: the rules in their fixed order (semantics 5), each over a whole batch.

A rule names the messages it stops and why. What it lets through is seen by the next; caps come
last, because they reserve. All run in the transaction that claims the messages, under a lock on
each customer (dispatch.py), so that two workers never both see room for the last message of the
day.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count

from campaigns import experiments
from campaigns.coupons import issuing
from campaigns.delivery import caps, quiet
from campaigns.delivery.channels import Address, Channel
from campaigns.delivery.checks import checks
from campaigns.delivery.limits import Limits
from campaigns.models import Coupon, Message, Suppression
from crm_project.db.sets import among
from customers.models import Consent, Customer, Purpose, Workspace

State = Message.State

DUPLICATE_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Skipped for this reason, or, with `until`, asked again then; with `via`, by that address."""

    reason: str
    until: datetime | None = None
    via: Address | None = None


@dataclass(slots=True)
class PolicyContext:
    """What all rules look at; `addresses` is filled by the rule that asks for them."""

    channel: Channel
    workspace: Workspace
    now: datetime
    limits: Limits = field(default_factory=Limits)
    addresses: dict[int, list[Address]] = field(default_factory=dict)

    def address(self, message: Message) -> Address | None:
        """Where the message goes by the connection that it has."""
        known = self.addresses.get(message.customer_id, ())
        return next((one for one in known if one.connection_id == message.connection_id), None)


Verdicts = dict[int, Verdict]
Rule = Callable[[list[Message], PolicyContext], Verdicts]


def judge(
    rules: Iterable[Rule], messages: list[Message], context: PolicyContext
) -> tuple[list[Message], Verdicts]:
    """Those that every rule lets through, and the first verdict on each of the others."""
    verdicts: Verdicts = {}
    for rule in rules:
        if messages:
            verdicts |= rule(messages, context)
            messages = [m for m in messages if m.pk not in verdicts]
    return messages, verdicts


def skip(reason: str, messages: Iterable[Message]) -> Verdicts:
    return {m.pk: Verdict(reason) for m in messages}


def called_off(messages, context):
    """Whoever asked for it does not want it any more: the goal was reached or an exit rule met
    after the step had queued its message (semantics 4)."""
    stopped: dict[int, str] = {}
    for check in checks:
        stopped |= check().stops([m for m in messages if m.pk not in stopped], context.now)
    return {pk: Verdict(reason) for pk, reason in stopped.items()}


def consent(messages, context):
    """The latest statement counts; without one, service is allowed and marketing is as the channel
    says (decision 22)."""
    stated = Consent.objects.filter(
        among("customer", {m.customer_id for m in messages}), channel=context.channel.key
    )
    latest = stated.order_by("customer", "purpose", "-occurred_at", "-pk").distinct(
        "customer", "purpose"
    )
    granted = {
        (customer, purpose): yes
        for customer, purpose, yes in latest.values_list("customer", "purpose", "is_granted")
    }
    default = {Purpose.MARKETING: context.channel.granted_by_default}
    return skip(
        "no_consent",
        (
            m
            for m in messages
            if not granted.get((m.customer_id, m.purpose), default.get(m.purpose, True))
        ),
    )


def suppression(messages, context):
    silent = Suppression.objects.in_force().filter(
        among("customer", {m.customer_id for m in messages}), channel=context.channel.key
    )
    silenced = set(silent.values_list("customer", "purpose"))
    return skip(
        "suppressed",
        (m for m in messages if {(m.customer_id, ""), (m.customer_id, m.purpose)} & silenced),
    )


def barred(messages, context):
    """Whoever asked to be forgotten and was brought again, by an event or a file, gets no
    marketing."""
    marketing = [m for m in messages if is_marketing(m)]
    asked = (
        Customer.objects.filter(among("pk", {m.customer_id for m in marketing}), is_barred=True)
        if marketing
        else Customer.objects.none()
    )
    gone = set(asked.values_list("pk", flat=True))
    return skip("erased", (m for m in marketing if m.customer_id in gone))


def holdout(messages, context):
    """Of all marketing, or of what asked for the message: also who was merged since it was queued
    with somebody who is held out."""
    marketing = [m for m in messages if is_marketing(m)]
    if not marketing:
        return {}
    everywhere = experiments.held_out_of_all({m.customer_id for m in marketing}, context.workspace)
    here = experiments.held_out_here(
        {(subject, m.customer_id) for m in marketing if (subject := subject_of(m))}
    )
    return skip(
        "holdout",
        (
            m
            for m in marketing
            if m.customer_id in everywhere or (subject_of(m), m.customer_id) in here
        ),
    )


def subject_of(message: Message) -> str:
    """What is measured by it; "" where a person sends it."""
    if message.journey_id:
        return f"journey:{message.journey_id}"
    return f"campaign:{message.campaign_id}" if message.campaign_id else ""


def coupon(messages, context):
    """A coupon that is to travel must still be there to give: its batch open, and its customer, who
    may have been merged, not given enough."""
    ids = {m.coupon_id for m in messages} - {None}
    known = (
        Coupon.objects.filter(among("pk", ids)).select_related("batch").defer("code").in_bulk()
        if ids
        else {}
    )
    own = [
        (m, c)
        for m in messages
        if not m.sent_at and (c := known.get(m.coupon_id)) and c.effect_key == m.effect_key
    ]
    held, over = (
        (given({m.customer_id for m, _c in own}, {c.batch_id for _m, c in own}) if own else {}),
        {},
    )
    for m, c in own:
        waits = c.state == Coupon.State.PENDING
        why = "" if waits or c.state == Coupon.State.ISSUED else "revoked"
        why = (
            why
            or issuing.closed(c.batch, context.now)
            or (
                "per_customer"
                if waits and held[m.customer_id, c.batch_id] >= c.batch.per_customer
                else ""
            )
        )
        if why:
            over[m.pk] = Verdict(f"coupon_{why}")
        held[m.customer_id, c.batch_id] += waits and not why
    return over


def given(customer_ids: set[int], batch_ids: set[int]) -> Counter:
    """How many coupons of these batches they have or had; those that only wait for their message
    are none yet."""
    theirs = Coupon.objects.filter(among("customer", customer_ids), batch__in=batch_ids)
    counted = theirs.exclude(state__in=[Coupon.State.PENDING, *issuing.TAKEN_BACK]).values_list(
        "customer", "batch"
    )
    return Counter(
        {(customer, batch): n for customer, batch, n in counted.annotate(Count("pk")).order_by()}
    )


def reachable(messages, context):
    """Whoever can be reached by another connection than the message has, is; not once it may have
    left by that one."""
    context.addresses = context.channel.addresses({m.customer_id for m in messages})
    verdicts = {}
    for m in messages:
        if not context.address(m):
            others = context.addresses.get(m.customer_id)
            verdicts[m.pk] = (
                Verdict("", until=context.now, via=others[0])
                if others and not m.sent_at
                else Verdict("unreachable")
            )
    return verdicts


def duplicate_content(messages, context):
    """The same words to the same customer on the same channel within a day, also within this
    batch."""
    fresh = [
        m for m in messages if not m.sent_at
    ]  # another try of the same message is none of its kind
    recent = Message.objects.filter(
        among("customer", {m.customer_id for m in fresh}),
        channel=context.channel.key,
        content_digest__in={m.content_digest for m in fresh},
        sent_at__gt=context.now - DUPLICATE_WITHIN,
    ).exclude(state=State.FAILED)
    seen = set(recent.values_list("customer", "content_digest")) if fresh else set()
    repeats = []
    for m in fresh:
        said = (m.customer_id, m.content_digest)
        if said in seen:
            repeats.append(m)
        seen.add(said)
    return skip("duplicate", repeats)


def quiet_hours(messages, context):
    """What would disturb waits for the end of the quiet hours, or is not sent (quiet.py)."""
    zone = ZoneInfo(context.workspace.time_zone)
    found = {
        kind: quiet.quiet(
            context.now,
            list(
                quiet.windows(
                    context.channel,
                    kind[0],
                    context.limits,
                    zone,
                    now=context.now,
                    urgent=kind[1],
                )
            ),
        )
        for kind in {(m.purpose, m.is_urgent) for m in messages}
    }
    return {
        m.pk: Verdict("quiet_hours", None if now.is_dropped else now.until)
        for m in messages
        if (now := found[m.purpose, m.is_urgent])
    }


def within_caps(messages, context):
    over = caps.full(messages, context.limits.caps, context.now)
    return {pk: Verdict(caps.reason(cap)) for pk, cap in over.items()}


def is_marketing(message: Message) -> bool:
    return message.purpose == Purpose.MARKETING


BEFORE_RENDERING = (called_off, consent, suppression, barred, holdout, reachable, coupon)
AFTER_RENDERING = (duplicate_content, quiet_hours, within_caps)
