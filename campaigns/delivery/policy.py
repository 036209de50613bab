"""Who may be sent to, now: the rules in their fixed order (semantics 5), each over a whole batch.

A rule decides by the facts it is given (facts.py) and writes nothing: it names the messages it
stops and why, and the next sees what it lets through. So the same rules judge messages that do not
exist yet (`foreseen`). When messages are claimed, all run in that transaction, under a lock on each
customer (dispatch.py), and caps come last, so that two workers never both see room for the last
message of the day.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from campaigns.coupons import issuing
from campaigns.delivery import caps, quiet
from campaigns.delivery.channels import Address, Channel
from campaigns.delivery.facts import Facts
from campaigns.delivery.origins import subject_of
from campaigns.models import Coupon, Message
from customers.models import Purpose, Workspace

DUPLICATE_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Skipped for this reason; with `until`, asked again then; with `via`, at once by that address.

    `is_of_channel`: another channel might let it through, so that a message that has one moves on.
    """

    reason: str
    until: datetime | None = None
    via: Address | None = None
    is_of_channel: bool = False


class PolicyContext:
    """What all rules look at; `addresses` is filled by the rule that asks for them."""

    def __init__(
        self, channel: Channel, workspace: Workspace, now: datetime, facts: Facts | None = None
    ):
        self.channel, self.workspace, self.now = channel, workspace, now
        self.facts = facts or Facts(channel, workspace, now)
        self.addresses: dict[int, list[Address]] = {}

    def address(self, message: Message) -> Address | None:
        """Where the message goes by the connection that it has."""
        known = self.open_to(message)
        return next((one for one in known if one.connection_id == message.connection_id), None)

    def open_to(self, message: Message) -> list[Address]:
        """Where its customer is reached by connections that can carry it."""
        known = self.addresses.get(message.customer_id, ())
        return carrying(self.channel, known, message)


def carrying(channel: Channel, known: Iterable[Address], message: Message) -> list[Address]:
    """Those of the addresses by whose connection what it says can leave."""
    if not channel.has_connections:
        return list(known)
    return [one for one in known if channel.may_carry(one.connection_id, message.content)]


Verdicts = dict[int, Verdict]
Rule = Callable[[list[Message], PolicyContext], Verdicts]


def judge(
    rules: Iterable[Rule], messages: list[Message], context: PolicyContext
) -> tuple[list[Message], Verdicts]:
    """Those that every rule lets through, and the first verdict on each of the others."""
    verdicts: Verdicts = {}
    for rule in rules:
        asked = [m for m in messages if not (m.is_test and rule in NOT_OF_TESTS)]
        if asked:
            verdicts |= rule(asked, context)
            messages = [m for m in messages if m.pk not in verdicts]
    return messages, verdicts


Fill = Callable[[list[Message], PolicyContext], list[Message]]


def foreseen(
    messages: list[Message], context: PolicyContext, fill: Fill | None = None
) -> list[Verdict | None]:
    """What the rules would say now of messages of one channel that are not stored, in their order;
    None: it would go out. Their words are looked at where there is a `fill`, which returns those
    that could be filled in; the others have come to their end."""
    known = context.facts.addresses(people(messages))
    for n, message in enumerate(messages, 1):
        message.pk = message.pk or -n
        if message.connection_id is None and message.customer_id in known:
            here = carrying(context.channel, known[message.customer_id], message)
            bound = context.channel.connection_of(message.content)
            message.connection_id = bound or (here[0].connection_id if here else None)
    passed, verdicts = judge(BEFORE_RENDERING, messages, context)
    rest: tuple[Rule, ...] = (quiet_hours, within_caps)
    if fill:
        passed, rest = fill(passed, context) if passed else [], (*AFTER_RENDERING, *LAST)
    verdicts |= judge(rest, passed, context)[1]
    return [verdicts.get(message.pk) for message in messages]


def skip(reason: str, messages: Iterable[Message], *, is_of_channel: bool = False) -> Verdicts:
    return {m.pk: Verdict(reason, is_of_channel=is_of_channel) for m in messages}


def people(messages: Iterable[Message]) -> set[int]:
    return {m.customer_id for m in messages}


def is_marketing(message: Message) -> bool:
    return message.purpose == Purpose.MARKETING


def unwanted(messages, context):
    """Whoever asked for it wants it no more."""
    return {pk: Verdict(reason) for pk, reason in context.facts.stopped(messages).items()}


def consent(messages, context):
    """The latest statement counts; without one, service is allowed and marketing is as the channel
    says (decision 22)."""
    granted = context.facts.consents(people(messages))
    default = {Purpose.MARKETING: context.channel.granted_by_default}
    refused = (
        m
        for m in messages
        if not granted.get((m.customer_id, m.purpose), default.get(m.purpose, True))
    )
    return skip("no_consent", refused, is_of_channel=True)


def suppression(messages, context):
    silenced = context.facts.suppressed(people(messages))
    silent = (m for m in messages if {(m.customer_id, ""), (m.customer_id, m.purpose)} & silenced)
    return skip("suppressed", silent, is_of_channel=True)


def barred(messages, context):
    """Whoever asked to be forgotten and was brought again gets no marketing."""
    marketing = [m for m in messages if is_marketing(m)]
    gone = context.facts.barred(people(marketing)) if marketing else set()
    return skip("erased", (m for m in marketing if m.customer_id in gone))


def minor(messages, context):
    """Nobody under 18 gets marketing from a campaign or a journey."""
    automatic = [m for m in messages if is_marketing(m) and (m.campaign_id or m.journey_id)]
    young = context.facts.minors(people(automatic)) if automatic else set()
    return skip("minor", (m for m in automatic if m.customer_id in young))


def holdout(messages, context):
    """Of all marketing, or of what asked for the message."""
    places = {m.pk: (subject_of(m), m.customer_id) for m in messages if is_marketing(m)}
    held = context.facts.held_out(places.values()) if places else set()
    return skip("holdout", (m for m in messages if places.get(m.pk) in held))


def reachable(messages, context):
    """Whoever can be reached by another connection than the message has, is; not once it may have
    left by that one."""
    context.addresses = context.facts.addresses(people(messages))
    verdicts = {}
    for m in messages:
        if not context.address(m):
            others = context.open_to(m)
            verdicts[m.pk] = (
                Verdict("", via=others[0])
                if others and not m.sent_at
                else Verdict("unreachable", is_of_channel=True)
            )
    return verdicts


def by_channel(messages, context):
    """What the channel itself has against it, before anything is filled in."""
    addresses = {m.pk: context.address(m) for m in messages}
    found = context.channel.judge(messages, addresses, now=context.now)
    return {pk: Verdict(reason, is_of_channel=True) for pk, reason in found.items()}


def coupon(messages, context):
    """A coupon that is to travel must still be there to give: its batch open, and its customer, who
    may have been merged, not given enough."""
    ids = {m.coupon_id for m in messages} - {None}
    known = context.facts.coupons(ids) if ids else {}
    own = [
        (m, c)
        for m in messages
        if not m.sent_at and (c := known.get(m.coupon_id)) and c.effect_key == m.effect_key
    ]
    if not own:
        return {}
    held = context.facts.given(people(m for m, _c in own), {c.batch_id for _m, c in own})
    over = {}
    for m, c in own:
        waits = c.state == Coupon.State.PENDING
        place = (m.customer_id, c.batch_id)
        why = "" if waits or c.state == Coupon.State.ISSUED else "revoked"
        why = why or issuing.closed(c.batch, context.now)
        if not why and waits and held[place] >= c.batch.per_customer:
            why = "per_customer"
        if why:
            over[m.pk] = Verdict(f"coupon_{why}")
        held[place] += waits and not why
    return over


def duplicate_content(messages, context):
    """The same words to the same customer on the same channel within a day, also within this
    batch."""
    fresh = [
        m for m in messages if not m.sent_at
    ]  # another try of the same message is none of its kind
    if not fresh:
        return {}
    digests = {m.content_digest for m in fresh}
    seen, repeats = context.facts.said(people(fresh), digests, DUPLICATE_WITHIN), []
    for m in fresh:
        said = (m.customer_id, m.content_digest)
        if said in seen:
            repeats.append(m)
        seen.add(said)
    return skip("duplicate", repeats)


def text_by_channel(messages, context):
    """What the channel has against what it says."""
    found = context.channel.judge_text(messages, now=context.now)
    return {pk: Verdict(reason, is_of_channel=True) for pk, reason in found.items()}


def quiet_hours(messages, context):
    """What would disturb waits for the end of the quiet hours, or is not sent (quiet.py)."""
    found = {(m.purpose, m.is_urgent): m for m in messages}
    found = {kind: quiet_until(m, context) for kind, m in found.items()}
    return {
        m.pk: Verdict("quiet_hours", is_of_channel=True)
        if now.is_dropped
        else Verdict("quiet_hours", now.until)
        for m in messages
        if (now := found[m.purpose, m.is_urgent])
    }


def quiet_until(message: Message, context: PolicyContext) -> quiet.Quiet | None:
    """The quiet time that it is now for messages of this kind."""
    windows = quiet.windows(
        context.channel,
        message.purpose,
        context.facts.limits,
        ZoneInfo(context.workspace.time_zone),
        now=context.now,
        urgent=message.is_urgent,
    )
    return quiet.quiet(context.now, list(windows))


def within_caps(messages, context):
    """Those before it in the batch take their places first. What left before holds its place
    already, so that its next try needs none."""
    over = caps.full(messages, context.facts.limits.caps, context.facts.had)
    return {pk: Verdict(caps.reason(cap)) for pk, cap in over.items()}


# A test goes to its author, who has just asked for it, and takes nobody's place.
NOT_OF_TESTS = (consent, holdout, duplicate_content, quiet_hours, within_caps)
BEFORE_RENDERING = (
    unwanted,
    consent,
    suppression,
    barred,
    minor,
    holdout,
    reachable,
    by_channel,
    coupon,
)
AFTER_RENDERING = (duplicate_content, text_by_channel, quiet_hours)
LAST = (within_caps,)  # what it lets through holds its place
