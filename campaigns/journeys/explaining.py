"""One customer and one journey: whether they have entered or would enter at the next beginning, and
where those who are inside stand, what they wait for and what of their next message would come.
Nothing is written."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from campaigns import experiments
from campaigns.delivery import content, gates, outbox
from campaigns.delivery.gates import Wait, Way
from campaigns.delivery.not_given import Filling, refused
from campaigns.delivery.policy import Verdict
from campaigns.journeys import definition, effects, entry_rules, reentry
from campaigns.journeys.definition import Definition
from campaigns.journeys.steps.send_message import SendMessage
from campaigns.journeys.triggers import OnSegment
from campaigns.models import Assignment, Journey, Message, Run
from customers.models import Customer, Purpose, Workspace
from events.models import EventName

MOST_RUNS = 5
MOST_MESSAGES = 3
OF_A_SHOP = {"product", "booking", "order"}
# What else stops a message, beside the rules: somebody is held out of this journey.
HELD_OUT = Verdict("holdout")


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that an entrance asks, and whether the customer fits. None: whoever asks may not
    know it."""

    key: str
    fits: bool | None
    who: str = ""
    at: datetime | None = None  # from when on it fits


@dataclass(slots=True)
class Entrance:
    """What would become of them at the next beginning."""

    rules: list[Rule] = field(default_factory=list)
    is_held_out: bool = False
    turn: datetime | None = None  # where only so many enter in an hour: not before

    @property
    def would_enter(self) -> bool | None:
        fits = [one.fits for one in self.rules]
        return False if False in fits else None if None in fits else True


@dataclass(slots=True)
class Next:
    """A message that they come to next, or that waits to leave already."""

    step: str
    message: Message
    is_queued: bool = False
    is_sure: bool = True  # no other way leads past it
    ways: list[Way] = field(default_factory=list)
    coupon: Verdict | None = None
    starts: datetime | None = None  # when they come to it; None: nobody can say
    at: datetime | None = None
    waits: list[Wait] = field(default_factory=list)

    @property
    def stops(self) -> Verdict | None:
        """What is in the way whatever the hour is."""
        return self.coupon or (self.ways[-1].stops if self.ways else None)


@dataclass(slots=True)
class Inside:
    """One run."""

    run: Run
    awaits: list[str] = field(default_factory=list)  # events
    until: datetime | None = None
    next: list[Next] = field(default_factory=list)

    @property
    def is_under_way(self) -> bool:
        return self.run.state == Run.State.ACTIVE


@dataclass(slots=True)
class Explained:
    journey: Journey
    customer: Customer
    entrance: Entrance | None  # None: it was never published
    inside: list[Inside]


def explain(journey: Journey, customer: Customer, now: datetime, *, sees=None) -> Explained:
    """`sees(segment)`: may whoever asks know who is in it?"""
    runs = Run.objects.filter(journey=journey, customer=customer).select_related("version")
    latest = list(runs.order_by("-entered_at", "-pk")[:MOST_RUNS])
    return Explained(
        journey,
        customer,
        entrance(journey, customer, now, sees) if journey.published else None,
        [inside(run, customer, now) for run in latest],
    )


# -- the entrance


def entrance(journey: Journey, customer: Customer, now: datetime, sees) -> Entrance:
    read = definition.of_version(journey.published_id)
    data, stored = read.entry.cleaned_data, journey.published.definition
    run = Run(
        customer=customer,
        origin_customer=customer,
        journey=journey,
        version=journey.published,
        due_at=now,
        entry_key="",
    )
    found = Entrance([Rule("live", journey.status == Journey.Status.LIVE)])
    if customer.erased_at or customer.merged_into_id:
        found.rules.append(Rule("alive", fits=False))
    if isinstance(read.trigger, OnSegment):
        found.rules += by_segment(read.trigger, customer, sees)
    if segment := data["segment"]:
        is_known = sees is None or sees(segment)
        fits = bool(entry_rules.belonging(segment, [run], now)) if is_known else None
        found.rules.append(Rule("segment", fits, segment.name))
    found.rules.append(again(stored["reentry"], journey, customer, now))
    if data["per_hour"]:
        found.turn = max(journey.entry_slot_at or now, now)
    found.is_held_out = is_held_out(journey, read, stored, customer)
    return found


def by_segment(trigger: OnSegment, customer: Customer, sees) -> list[Rule]:
    """Whoever is inside cannot enter, and whoever is outside cannot leave."""
    segment, change = (trigger.cleaned_data[name] for name in ("segment", "change"))
    if sees is not None and not sees(segment):
        return [Rule(f"can_have_{change}", None, segment.name)]
    is_member = customer.memberships.filter(segment=segment).exists()
    return [Rule(f"can_have_{change}", is_member == (change == "left"), segment.name)]


def again(rule: dict, journey: Journey, customer: Customer, now: datetime) -> Rule:
    """By the re-entry rule (reentry.py): what it says of a beginning whose products nobody knows
    yet is only that each is a beginning of its own."""
    kind = rule["kind"]
    if kind in ("always", "key"):
        return Rule(f"again_{kind}", fits=True)
    before = Run.objects.filter(journey=journey, customer=customer)
    if kind == "days":
        lasts = timedelta(days=rule["days"])
        before = before.filter(entered_at__gt=now - lasts)
    # Of two who were booked for each has a run of their own.
    mine = [
        at
        for key, at in before.values_list("entry_key", "entered_at")
        if not reentry.place(rule, customer.pk, key)[1]
    ]
    if not mine:
        return Rule(f"again_{kind}", fits=True)
    return Rule(f"again_{kind}", fits=False, at=max(mine) + lasts if kind == "days" else None)


def is_held_out(journey: Journey, read: Definition, stored: dict, customer: Customer) -> bool:
    """As it was decided, else as it would be: by a hash, so that it is known before."""
    if not read.is_marketing:
        return False
    subject = f"journey:{journey.pk}"
    if known := experiments.standing(subject, [customer.pk]).get(customer.pk):
        return known.is_held_out
    percent = Decimal(str(stored.get("holdout_percent", 0)))
    return experiments.decided(subject, {customer.pk}, percent).get(customer.pk) in (
        Assignment.HELD_OUT
    )


# -- inside


def inside(run: Run, customer: Customer, now: datetime) -> Inside:
    found = Inside(run)
    found.next += [queued(one, now) for one in waiting_messages(run)]
    if not found.is_under_way:
        return found
    found.awaits = list(
        EventName.objects.filter(pk__in=run.awaits).order_by("name").values_list("name", flat=True)
    )
    found.until = run.due_at
    read = definition.of_version(run.version_id)
    for step, is_sure, is_near in coming(read, run):
        found.next.append(to_come(run, customer, read, step, is_sure, is_near, now))
    return found


def waiting_messages(run: Run) -> list[Message]:
    open_ones = Message.objects.filter(run_id=run.pk, state=Message.State.QUEUED)
    return list(open_ones.order_by("pk")[:MOST_MESSAGES])


def coming(read: Definition, run: Run) -> list[tuple[str, bool, bool]]:
    """The next messages on each way from where they stand: (step, whether every way leads to it,
    whether nothing more is waited for before it)."""
    if run.held_at is not None:
        return []
    if run.step == "":
        first = [(read.stored["start"], True, True)]
    elif run.is_waiting:
        first = after(read, run.step, is_sure=True, is_near=True)
    else:
        first = [(run.step, True, True)]
    found: list[tuple[str, bool, bool]] = []
    seen: set[str] = set()
    places = list(first)
    while places and len(found) < MOST_MESSAGES:
        step, is_sure, is_near = places.pop(0)
        if step in seen:
            continue
        seen.add(step)
        if isinstance(read.steps[step], SendMessage) and not read.is_off(step):
            found.append((step, is_sure, is_near))
        else:
            near = is_near and (not read.steps[step].waits or read.is_off(step))
            places += after(read, step, is_sure=is_sure, is_near=near)
    return found


def after(read: Definition, step: str, *, is_sure: bool, is_near: bool) -> list:
    ways = list(read.steps[step].exits)
    if read.is_off(step):
        ways = ways[:1]
    targets = [read.target(step, way) for way in ways]
    sure = is_sure and len(set(targets)) == 1
    return [(to, sure, is_near) for to in targets if to is not None]


def queued(message: Message, now: datetime) -> Next:
    found = Next(message.step, gates.clean(message), is_queued=True)
    judge(found, None, max(message.due_at or now, now), now)
    return found


def to_come(
    run: Run,
    customer: Customer,
    read: Definition,
    step: str,
    is_sure: bool,
    is_near: bool,
    now: datetime,
) -> Next:
    """As the step would queue it (effects.py), if they came to it now."""
    said = read.steps[step].cleaned_data
    batch = said["batch"]
    there = effects.copied(run, step)
    roots = content.wanted(read.steps[step].texts()).roots
    shop = effects.shops_of([there]).get(there.pk, {}) if roots & OF_A_SHOP else {}
    intent = effects.InDatabase(now).intent(
        there, said["channel"], said["purpose"], said["content"], shop, ""
    )
    more = {"alternatives": read.steps[step].alternatives(), "is_urgent": said["urgent"]}
    if batch:
        more["coupon_id"] = None  # one of its own, whatever was given before
    message = outbox.message(replace(intent, **more, held_out=False), now)
    found = Next(step, message, is_sure=is_sure)
    if said["purpose"] == Purpose.MARKETING and run.is_held_out:
        found.coupon = HELD_OUT
    elif batch:
        found.coupon = refused(batch, customer, now)
    starts = max(run.due_at or now, now) if is_near else None
    judge(found, batch, starts, now)
    return found


def judge(found: Next, batch, starts: datetime | None, now: datetime) -> None:
    workspace = Workspace.get()
    found.starts = starts
    found.ways = gates.ways(found.message, workspace, now, Filling(batch))
    if starts is not None and found.ways and found.stops is None:
        found.at, found.waits = gates.earliest(found.message, workspace, starts)
