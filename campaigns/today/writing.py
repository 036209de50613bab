"""To all of a list of bookings: one message of service each, looked over, confirmed once, sent in
one set by the ways that everything else takes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pyroaring import BitMap

from campaigns.delivery import content, fallback, fields, needs, outbox, policy, reach, reasons
from campaigns.delivery.channels import channels, named
from campaigns.delivery.preview import NOBODYS_PAGE
from campaigns.journeys import about
from campaigns.models import Message, Template
from campaigns.profile.profile_actions import MessageForm
from customers.models import AuditEntry, Purpose, Workspace
from customers.privacy import sealing
from events.models import Booking

PERMISSION = "campaigns.write_to_bookings"
ACT = "message.send_to_bookings"
GIVEN = needs.EVERYWHERE | {"booking"}


class WriteForm(MessageForm):
    """A template as it is, or a text; and what those get whom its channel does not reach."""

    purpose = None
    otherwise = forms.ModelChoiceField(
        label=gettext_lazy("where this channel does not get to somebody"),
        queryset=Template.objects.select_related("fallback").order_by("name"),
        required=False,
        empty_label=gettext_lazy("nothing"),
        help_text=gettext_lazy(
            "A template of another channel, sent instead to whoever has no address here or wants"
            " nothing here."
        ),
    )

    def clean(self):
        data = super().clean()
        if other := data.get("otherwise"):
            if other.channel == data["channel"]:
                raise forms.ValidationError(_("Choose a template of another channel."))
            data["alternatives"] = fallback.alternatives(other, after=data["channel"])
        check(texts_of(data))
        return data


def texts_of(data: dict) -> list[str]:
    contents = [data["content"], *(one["content"] for one in data.get("alternatives", ()))]
    return [str(text) for said in contents for text in said.values()]


def check(texts: list[str]) -> None:
    """Raises ValidationError where a text speaks of a gift, or of what a booking has not."""
    try:
        roots = {root for text in texts for root in content.roots(text)}
        lacking = needs.cannot_have(texts, GIVEN)
    except content.BrokenContent as broken:
        raise forms.ValidationError(
            _("This text cannot be filled in: %(why)s") % {"why": broken}
        ) from broken
    if "coupon" in roots:
        raise forms.ValidationError(
            _("A coupon is marketing: a message of service does not speak of one.")
        )
    if lacking:
        raise forms.ValidationError(
            _("These fields cannot be filled in here: %(names)s") % {"names": ", ".join(lacking)}
        )


@dataclass
class Plan:
    """What would be sent: to whom, by which channel, and how it reads."""

    bookings: list[Booking]
    data: dict
    counts: list[tuple[str, int]] = field(default_factory=list)
    left_out: list[tuple[str, int]] = field(default_factory=list)
    reached: int = 0
    preview: dict = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """Of what would go to whom: what was looked over is what is sent."""
        seen = [(one.pk, one.starts_at, one.status) for one in self.bookings]
        return sealing.digest("write_to_bookings", repr((seen, texts_of(self.data))))

    @property
    def most(self) -> int | None:
        """To how many people one writes without another's approval; None: to any number."""
        return Workspace.get().approval_above

    @property
    def needs_approval(self) -> bool:
        people = len({one.customer_id for one in self.bookings})
        return self.most is not None and people > self.most


def plan(bookings: Sequence[Booking], data: dict, *, now: datetime) -> Plan:
    made = Plan(one_each(bookings, texts_of(data)), data)
    left = BitMap(booking.customer_id for booking in made.bookings)
    for said in said_by(data):
        channel = channels[said["channel"]]
        found = reach.reach(channel, left, Purpose.SERVICE)
        made.counts.append((str(channel.label), how_many(made.bookings, found.reached)))
        made.reached += made.counts[-1][1]
        left -= found.reached
        why_not = {reason: people for reason, people in found.left_out().items() if people}
    made.left_out = [
        (reasons.word(reason), how_many(made.bookings, people))
        for reason, people in why_not.items()
    ]
    made.preview = as_read(made.bookings, data, now=now)
    return made


def said_by(data: dict) -> list[dict]:
    """The channels in their order, each with its content."""
    first = {"channel": data["channel"], "content": data["content"]}
    return [one for one in [first, *data.get("alternatives", ())] if one["channel"] in channels]


def reached(bookings: Sequence[Booking]) -> list[tuple[str, int]]:
    """How many of the bookings each channel would reach, so that one can be chosen."""
    people = BitMap(booking.customer_id for booking in bookings)
    found = {
        kind: reach.reach(kind, people, Purpose.SERVICE).reached for kind in channels if people
    }
    return [(str(kind.label), how_many(bookings, those)) for kind, those in found.items()]


def how_many(bookings: Sequence[Booking], people: BitMap) -> int:
    return sum(booking.customer_id in people for booking in bookings)


def one_each(bookings: Sequence[Booking], texts: list[str]) -> list[Booking]:
    """One for each booking where the text speaks of it; else one for each customer."""
    if any("booking" in content.roots(text) for text in texts):
        return list(bookings)
    return list({booking.customer_id: booking for booking in reversed(bookings)}.values())[::-1]


def as_read(bookings: Sequence[Booking], data: dict, *, now: datetime) -> dict:
    """As the first of them whom it reaches would read it, and what keeps it from leaving."""
    if not bookings:
        return {}
    channel = channels[data["channel"]]
    reached = reach.reach(
        channel, BitMap(one.customer_id for one in bookings[:200]), Purpose.SERVICE
    ).reached
    whose = next((one for one in bookings if one.customer_id in reached), bookings[0])
    message = outbox.message(intent(whose, data, key="preview", now=now), now)
    message.pk = -1
    workspace = Workspace.get()
    wanted = content.wanted(data["content"].values())
    context = fields.contexts([message], wanted=wanted, workspace=workspace, now=now)[-1]
    shown = {"customer": whose.customer, "template": channel.preview_template}
    if context.get("booking"):  # whoever looks must not answer for the customer
        context["booking"]["answer_page"] = NOBODYS_PAGE
    if lacking := needs.missing(data["content"], context):
        return shown | {"problem": reasons.word(f"{needs.REASON}{lacking}")}
    try:
        filled = {
            name: content.filled(text, context, is_markup=channel.is_markup)
            for name, text in data["content"].items()
        }
    except content.BrokenContent as broken:
        return shown | {"problem": str(broken)}
    verdict = policy.foreseen([message], policy.PolicyContext(channel(), workspace, now))[0]
    return shown | {
        "shown": channel().shown(filled, Purpose.SERVICE),
        "why_not": verdict and reasons.word(verdict.reason),
        "until": verdict and verdict.until,
    }


def intent(booking: Booking, data: dict, *, key: str, now: datetime) -> outbox.Intent:
    facts = {
        "event": {"booking_number": booking.number},
        "keys": [booking.product_id] if booking.product_id else [],
        "namespace": booking.namespace_id,
    }
    is_before = booking.starts_at > now
    if is_before and booking.status in Booking.AWAITED:
        # Moved or cancelled before it leaves, it does not leave.
        facts[about.ABOUT] = about.booking(booking, step="", is_before=True)
    return outbox.Intent(
        booking.customer_id,
        booking.origin_customer_id,
        f"today:{key}:{booking.pk}",
        data["channel"],
        Purpose.SERVICE,
        data["content"],
        facts,
        alternatives=list(data.get("alternatives", ())),
    )


def send(made: Plan, *, key: str, day: str, filters: dict, by, now: datetime) -> None:
    """Each has its message, once per key. Whether it may go out is decided when it leaves."""
    intents = [intent(one, made.data, key=key, now=now) for one in made.bookings]
    if not intents or Message.objects.filter(effect_key=intents[0].effect_key).exists():
        return
    details = {
        "key": key,
        "filters": filters,
        "messages": len(intents),
        "channels": [named(one["channel"]) for one in said_by(made.data)],
    }
    with transaction.atomic():
        outbox.queue(intents, now=now)
        AuditEntry.objects.create(by=by, act=ACT, subject=f"bookings:{day}", details=details)
