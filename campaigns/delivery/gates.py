"""Each rule of sending on one message that is not stored, and when it could leave: the rules of
policy.py, asked one by one instead of until the first that stops it. Nothing is written."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from campaigns.delivery import caps, fallback, policy
from campaigns.delivery.channels import channels
from campaigns.delivery.policy import Fill, PolicyContext, Verdict
from campaigns.models import Cap, Message
from customers.models import Workspace

# What cannot be asked before somebody is reached at all.
OF_THE_REACHED = (policy.by_channel, policy.text_by_channel)
MOST_WAITS = 12


@dataclass(frozen=True, slots=True)
class Gate:
    """What one rule says; `key` is its name. None: it lets the message through."""

    key: str
    verdict: Verdict | None
    is_asked: bool = True


@dataclass(frozen=True, slots=True)
class Wait:
    """Not before `until`, for this reason; `would_skip`: what comes earlier is not sent at all."""

    reason: str
    until: datetime | None
    would_skip: bool = False


@dataclass(slots=True)
class Way:
    """One channel: what each rule says now, and what comes of it."""

    channel: str
    gates: list[Gate] = field(default_factory=list)
    outcome: Verdict | None = None  # what the engine would say: policy.foreseen
    moves_on: bool = False

    @property
    def stops(self) -> Verdict | None:
        """What stops it whatever the hour is."""
        found = self.outcome
        of_the_hour = found and (found.reason == "quiet_hours" or found.reason.startswith("cap_"))
        return None if of_the_hour else found


def ways(message: Message, workspace: Workspace, now: datetime, fill: Fill) -> list[Way]:
    """The channels that the message would be judged on, in their order; the last is where it ends.
    The message is that one's then."""
    found: list[Way] = []
    while message.channel in channels:
        channel = channels[message.channel]()
        way = Way(message.channel, gates(message, channel, workspace, now, fill))
        found.append(way)
        again = clean(message)
        context = PolicyContext(channel, workspace, now)
        way.outcome = policy.foreseen([again], context, fill)[0]
        if again.state != Message.State.QUEUED:  # its words could not be filled in
            way.outcome = Verdict(again.reason)
        message.connection_id = again.connection_id
        stopped = way.outcome
        if stopped is None or not fallback.can_move(message, is_of_channel=stopped.is_of_channel):
            break
        way.moves_on = True
        fallback.move(message, stopped.reason)
    return found


def clean(message: Message) -> Message:
    """The same once more, as if nobody had looked at it."""
    values = {one.attname: getattr(message, one.attname) for one in Message._meta.fields}
    values |= {"state": Message.State.QUEUED, "reason": "", "content_digest": ""}
    return Message(**values)


def gates(message: Message, channel, workspace, now: datetime, fill: Fill) -> list[Gate]:
    """All rules in their order, each asked although another one stops the message."""
    context, asked = PolicyContext(channel, workspace, now), clean(message)
    asked.pk = asked.pk or -1
    if asked.connection_id is None:
        known = context.facts.addresses({asked.customer_id}).get(asked.customer_id, ())
        here = policy.carrying(channel, known, asked)
        bound = channel.connection_of(asked.content)
        asked.connection_id = bound or (here[0].connection_id if here else None)
    found: list[Gate] = []

    def ask(rules) -> None:
        for rule in rules:
            is_asked = rule not in OF_THE_REACHED or bool(context.address(asked))
            verdict = rule([asked], context).get(asked.pk) if is_asked else None
            found.append(Gate(rule.__name__, verdict, is_asked))

    ask(policy.BEFORE_RENDERING)
    spoken = fill([asked], context)
    found.append(Gate("words", None if spoken else Verdict(asked.reason)))
    if spoken:
        ask(policy.AFTER_RENDERING)
    else:
        ask(rule for rule in policy.AFTER_RENDERING if rule is policy.quiet_hours)
    ask(policy.LAST)
    return found


def earliest(
    message: Message, workspace: Workspace, start: datetime
) -> tuple[datetime | None, list[Wait]]:
    """The first moment from `start` on at which neither hours nor caps are in the way, if nothing
    else is sent to them meanwhile; and what is waited for. None: never."""
    channel, at, waits = channels[message.channel](), start, list[Wait]()
    asked = clean(message)
    asked.pk = asked.pk or -1
    for _wait in range(MOST_WAITS):
        context = PolicyContext(channel, workspace, at)
        quiet = policy.quiet_hours([asked], context).get(asked.pk)
        if quiet:
            window = quiet.until or end_of_quiet(asked, context)
            waits.append(Wait(quiet.reason, window, would_skip=quiet.until is None))
            if window is None:
                return None, waits
            at = window
            continue
        over = caps.full([asked], context.facts.limits.caps, context.facts.had).get(asked.pk)
        if not over:
            return at, waits
        room = room_at(over, asked, at)
        waits.append(Wait(caps.reason(over), room, would_skip=True))
        if room is None:
            return None, waits
        at = room
    return None, waits


def end_of_quiet(message: Message, context: PolicyContext) -> datetime | None:
    """When the window is over in which what comes is dropped."""
    at = context.now
    for _window in range(MOST_WAITS):
        later = PolicyContext(context.channel, context.workspace, at)
        found = policy.quiet_until(message, later)
        if found is None:
            return at
        if found.until <= at:
            return None
        at = found.until
    return None


def room_at(cap: Cap, message: Message, now: datetime) -> datetime | None:
    """When there is room again under the cap, if nothing else leaves; None where it never lets
    anything through."""
    if cap.limit < 1:
        return None
    window = timedelta(seconds=cap.seconds)
    counted = Message.objects.filter(
        customer=message.customer_id,
        sent_at__gt=now - window,
        purpose=cap.purpose,
        is_test=False,
    )
    if cap.channel:
        counted = counted.filter(channel=cap.channel)
    times = list(counted.order_by("-sent_at").values_list("sent_at", flat=True)[: cap.limit])
    return times[-1] + window if len(times) == cap.limit else now
