"""One customer and one campaign: whether they are meant and why, what became of it or what each
rule of sending says now, and when it could reach them. Nothing is written."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pyroaring import BitMap

from campaigns.broadcasts import audience, launching, variants
from campaigns.broadcasts.audience import Audience
from campaigns.delivery import fallback, gates
from campaigns.delivery.gates import Wait, Way
from campaigns.delivery.not_given import Filling, refused
from campaigns.delivery.policy import Verdict
from campaigns.models import Assignment, Campaign, CampaignSlot, CouponBatch, Message
from customers.models import Customer, Purpose, Segment, Workspace
from customers.segments import rules
from customers.segments import why as membership_why

Status, Slot = Campaign.Status, CampaignSlot.State
MOST_FIRINGS = 5
MOST_SEGMENTS = 6


@dataclass(slots=True)
class Part:
    """What the audience asks for, and whether the customer fits. `why` where it is a segment."""

    what: str
    who: str
    fits: bool
    why: membership_why.Why | None = None


@dataclass(slots=True)
class Firing:
    """One firing that chose the customer, and the message of it, if one is made already."""

    slot: CampaignSlot
    assignment: Assignment
    message: Message | None
    is_double: bool = False  # another place of theirs, after a merge


@dataclass(slots=True)
class Plan:
    """What would be sent if the next firing, or the one under way, reached them."""

    ways: list[Way] = field(default_factory=list)
    coupon: Verdict | None = None
    starts: datetime | None = None  # not before; None: nothing is to come
    at: datetime | None = None  # the earliest moment
    waits: list[Wait] = field(default_factory=list)
    behind: int = 0  # people who are written to before, where the campaign goes slowly
    is_stopped: bool = False  # all marketing, or everything
    is_drawn: bool = True  # False: who is held out is drawn when it begins

    @property
    def stops(self) -> Verdict | None:
        """What is in the way whatever the hour is."""
        return self.coupon or (self.ways[-1].stops if self.ways else None)

    @property
    def is_sent(self) -> bool:
        return bool(self.ways) and self.stops is None and self.at is not None


@dataclass(slots=True)
class Explained:
    campaign: Campaign
    customer: Customer
    is_meant: bool
    parts: list[Part]
    firings: list[Firing]
    plan: Plan | None
    holdout_percent: int = 0


def explain(campaign: Campaign, customer: Customer, now: datetime, *, sees=None) -> Explained:
    """`sees(segment)`: may whoever asks know who is in it?"""
    latest = campaign.slots.order_by("-at", "-pk").first()
    plan = latest.version.definition if latest else None
    whom = Audience.read(plan["audience"]) if plan else audience.of(campaign)
    firings = fired(campaign, customer)
    percent = (plan or {}).get("holdout_percent", 0) if plan else campaign.holdout_percent
    return Explained(
        campaign,
        customer,
        is_meant=customer.pk in whom.people(now),
        parts=parts(whom, customer, now, sees),
        firings=firings,
        plan=planned(campaign, customer, plan, firings, now),
        holdout_percent=percent,
    )


def parts(whom: Audience, customer: Customer, now: datetime, sees) -> list[Part]:
    found: list[Part] = []
    known = Segment.objects.in_bulk([*whom.segments, *whom.without])
    for n, (pk, is_in) in enumerate(
        [(pk, True) for pk in whom.segments] + [(pk, False) for pk in whom.without]
    ):
        segment = known.get(pk)
        what = "segment" if is_in else "without"
        if segment is None or (sees and not sees(segment)):
            found.append(Part(what, f"#{pk}", fits=is_in == is_member(pk, customer)))
            continue
        because = (
            membership_why.explain(segment, customer, now)
            if segment.kind == Segment.Kind.RULE and n < MOST_SEGMENTS
            else None
        )
        found.append(Part(what, str(segment), is_member(pk, customer) == is_in, because))
    if whom.after:
        of = Campaign.objects.filter(pk=whom.after).first()
        what = whom.after_what or Campaign.After.GOT
        fits = customer.pk in audience.of_campaign(whom.after, what, now)
        words = f"{of or whom.after}: {Campaign.After(what).label}"
        found.append(Part("after", words, fits))
    for leaf in whom.conditions():
        fits = customer.pk in rules.Evaluation(now, BitMap([customer.pk])).of(leaf)
        found.append(Part("owner", rules.sentence(leaf), fits))
    if customer.erased_at or customer.merged_into_id:
        found.append(Part("alive", "", fits=False))
    return found


def is_member(segment: int, customer: Customer) -> bool:
    return customer.memberships.filter(segment=segment).exists()


def fired(campaign: Campaign, customer: Customer) -> list[Firing]:
    """The latest firings that chose them."""
    slots = {
        one.subject: one
        for one in campaign.slots.exclude(subject=None)
        .select_related("version")
        .order_by("-at", "-pk")[:MOST_FIRINGS]
    }
    chosen = Assignment.objects.filter(customer=customer, subject__in=list(slots))
    messages = {
        one.assignment_id: one
        for one in Message.objects.filter(
            customer=customer, campaign_id=campaign.pk, is_test=False
        ).order_by("pk")
    }
    first: dict[str, int] = {}
    for one in chosen:
        first[one.subject] = min(one.origin_customer_id, first.get(one.subject, 1 << 40))
    found = [
        Firing(
            slots[one.subject],
            one,
            messages.get(one.pk),
            is_double=first[one.subject] != one.origin_customer_id,
        )
        for one in chosen
    ]
    return sorted(found, key=lambda one: (one.slot.at, -one.assignment.pk), reverse=True)


def planned(campaign, customer, definition: dict | None, firings, now: datetime) -> Plan | None:
    """None where nothing is to come: the campaign is over, or has its answer already."""
    if campaign.status in (Status.DONE, Status.CANCELLED):
        return None
    open_one = next((one for one in firings if is_open(one)), None)
    if open_one is None and definition is not None and not may_still_choose(campaign):
        return None
    message = the_message(campaign, customer, definition, open_one)
    if message is None:
        return None
    workspace = Workspace.get()
    plan = Plan(is_drawn=open_one is not None or message.purpose != Purpose.MARKETING)
    plan.starts, plan.behind = start_of(campaign, open_one, definition, now)
    plan.is_stopped = workspace.is_silent or is_stopped(message, workspace)
    batch = CouponBatch.objects.filter(pk=batch_of(campaign, definition, open_one) or 0).first()
    if batch and message.coupon_id is None:
        plan.coupon = refused(batch, customer, now)
    plan.ways = gates.ways(message, workspace, now, Filling(batch))
    if plan.starts is not None and plan.ways and plan.stops is None:
        plan.at, plan.waits = gates.earliest(message, workspace, max(plan.starts, now))
    return plan


def is_open(firing: Firing) -> bool:
    """Is something of it still to leave?"""
    if firing.message is not None:
        return firing.message.state == Message.State.QUEUED
    return not firing.is_double and not firing.assignment.is_held_out


def may_still_choose(campaign: Campaign) -> bool:
    """A firing is to come whose audience is not fixed."""
    coming = campaign.slots.filter(state__in=[Slot.SCHEDULED, Slot.WAITING])
    return coming.filter(audience=None).exists()


def the_message(campaign, customer, definition: dict | None, open_one: Firing | None):
    """As it is queued, or would be (slots.py)."""
    if open_one is not None and open_one.message is not None:
        return gates.clean(open_one.message)
    if definition is None:
        chain = fallback.chain(campaign.template, "")
        if not chain:
            return None
        said = [{"channel": one.channel, "content": one.content} for one in chain]
        purpose = chain[0].purpose
        is_urgent = campaign.is_urgent and purpose == Purpose.SERVICE
        passes, slot = campaign.passes_caps, None
    else:
        variant = variant_of(definition, open_one)
        own = {"channel": variant["channel"], "content": variant["content"]}
        said = [own, *variant["alternatives"]]
        purpose, is_urgent = definition["purpose"], definition.get("is_urgent", False)
        passes = definition.get("passes_caps", False)
        slot = open_one.slot.pk if open_one else None
    return Message(
        customer_id=customer.pk,
        origin_customer_id=customer.pk,
        channel=said[0]["channel"],
        content=said[0]["content"],
        alternatives=said[1:],
        purpose=purpose,
        campaign_id=campaign.pk,
        slot_id=slot,
        is_urgent=is_urgent,
        passes_caps=passes,
    )


def variant_of(definition: dict, open_one: Firing | None) -> dict:
    """Theirs where it is drawn, else the first."""
    known = {one["key"]: one for one in definition["variants"]}
    first = next(iter(known.values()))
    if open_one is None:
        return first
    is_rest = open_one.assignment.arm == variants.REST
    return known.get(open_one.slot.winner if is_rest else open_one.assignment.arm, first)


def batch_of(campaign, definition: dict | None, open_one: Firing | None) -> int | None:
    return variant_of(definition, open_one)["coupon"] if definition else campaign.coupon_batch_id


def start_of(campaign, open_one, definition, now: datetime) -> tuple[datetime | None, int]:
    """Not before this moment, and behind how many others; None: not before somebody lets it go
    on."""
    if campaign.status == Status.PAUSED:
        return None, 0
    if definition is None:
        return launching.first_at(campaign, now), 0
    if open_one is None:
        return max(launching.next_at(campaign) or now, now), 0
    if open_one.message is not None:
        return max(open_one.message.due_at or now, now), 0
    slot = open_one.slot
    begins = variants.begins(slot, definition, open_one.assignment.arm)
    if begins is None or begins > now:
        return begins, 0
    ahead = Assignment.objects.filter(
        subject=slot.subject,
        origin_customer__gt=slot.cursor,
        origin_customer__lt=open_one.assignment.origin_customer_id,
    ).count()
    per_hour = definition.get("per_hour")
    return now + (timedelta(hours=ahead / per_hour) if per_hour else timedelta()), ahead


def is_stopped(message: Message, workspace: Workspace) -> bool:
    """By a stop of all marketing; a release of the campaign lets it through."""
    if message.purpose != Purpose.MARKETING or not workspace.stopped_channels:
        return False
    if message.pk and message.pk > 0:
        return Message.objects.filter(Message.stopped(), pk=message.pk).exists()
    return bool({"", message.channel} & set(workspace.stopped_channels))
