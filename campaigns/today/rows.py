"""What a page of the day says of each of its bookings: a query for each kind of fact, none for each
row."""

from collections import defaultdict
from collections.abc import Collection
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import IntegerField, OuterRef, Subquery
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from pyroaring import BitMap

from campaigns.delivery import reach, reasons
from campaigns.delivery.channels import channels, headline, named
from campaigns.models import Journey, Message, Run
from campaigns.profile.profile_actions import NoMarketing
from campaigns.today import acts
from crm_project.web import trade_words
from customers.models import FollowUp, Identity, Kind, Purpose, Source
from events import answers
from events.models import Booking

SINCE = timedelta(days=92)  # what was sent about a booking longer ago is not looked for
Key = tuple[str, str]  # a booking's namespace and number, as texts


@dataclass
class Told:
    """What became of one message about a booking, or what is waited for."""

    what: str
    state: str
    colour: str = ""
    at: datetime | None = None
    why: str = ""
    url: str = ""


@dataclass
class Row:
    booking: Booking
    status: str
    no_show: str
    name: str = ""
    for_name: str = ""
    phones: list[Identity] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    more_told: int = 0
    answer: answers.Answered | None = None
    reach: list[tuple[str, bool]] = field(default_factory=list)
    tasks: list[FollowUp] = field(default_factory=list)
    marks: list[acts.Mark] = field(default_factory=list)
    may_answer: list[answers.Answer] = field(default_factory=list)
    refusal: str = ""  # where it is written down that they want no more marketing


def rows(pks: Collection[int], *, user, answered: dict, now: datetime) -> list[Row]:
    """In the order of their time. Of what `user` may not see a row says nothing."""
    found = Booking.objects.filter(pk__in=pks).select_related("customer", "namespace", "store")
    listed = [begun(one, user, answered.get(one.pk), now) for one in found]
    listed.sort(key=lambda row: (row.booking.starts_at, row.booking.pk))
    people = BitMap(row.booking.customer_id for row in listed)
    if not people:
        return []
    if user.has_perm("customers.view_customer"):
        phones, reached = phones_of(people), reach.each(people, Purpose.SERVICE)
        for row in listed:
            row.phones = phones[row.booking.customer_id]
            row.reach = [
                (str(channel.label), row.booking.customer_id in reached[channel.key])
                for channel in channels
            ]
    if user.has_perm("customers.view_followup"):
        tasks = tasks_of(people)
        for row in listed:
            row.tasks = tasks[row.booking.customer_id]
    tell(listed, people, user, now)
    return listed


def begun(booking: Booking, user, answer: answers.Answered | None, now: datetime) -> Row:
    trade = booking.namespace.trade
    with trade_words.spoken(trade) if trade else nullcontext():
        row = Row(
            booking,
            str(booking.get_status_display()),
            str(Booking.Status.NO_SHOW.label),
            answer=answer,
        )
    if user.has_perm("customers.view_customer"):
        row.name, row.for_name = str(booking.customer), booking.for_name or booking.for_key
    if user.has_perms(["customers.view_customer", NoMarketing.permission]):
        row.refusal = NoMarketing(booking.customer, user).address
    if user.has_perm(acts.PERMISSION):
        row.marks = acts.offered(booking, now)
        row.may_answer = [
            one for one in answers.asked_of(booking, now) if not answer or one != answer.answer
        ]
    return row


def phones_of(people: BitMap) -> dict[int, list[Identity]]:
    found = defaultdict(list)
    for one in Identity.objects.filter(customer__in=list(people), kind=Kind.PHONE).order_by("pk"):
        found[one.customer_id].append(one)
    return found


def tasks_of(people: BitMap) -> dict[int, list[FollowUp]]:
    found = defaultdict(list)
    for one in FollowUp.objects.open().filter(customer__in=list(people)).order_by("due_on", "pk"):
        found[one.customer_id].append(one)
    return found


# -- what was sent, and what is still to be


def tell(listed: list[Row], people: BitMap, user, now: datetime) -> None:
    """Each row has its latest message and the next one that is waited for."""
    by_key = {key_of(row.booking): row for row in listed}
    sent = messages_of(people, by_key, now) if user.has_perm("campaigns.view_message") else {}
    waits = runs_of(people, by_key) if user.has_perm("campaigns.view_run") else {}
    for key, row in by_key.items():
        those = sent.get(key, [])
        row.told = [told(one, now) for one in those[:1]] + waits.get(key, [])[:1]
        row.more_told = max(0, len(those) - 1)


def key_of(booking: Booking) -> Key:
    return str(booking.namespace_id), booking.number


def said(name: str):
    """A property of the event that began what the row belongs to."""
    return KeyTextTransform(name, KeyTransform("event", "facts"))


def messages_of(people: BitMap, by_key: dict[Key, Row], now: datetime) -> dict[Key, list[dict]]:
    """By booking, the latest first."""
    journey = Journey.objects.filter(pk=OuterRef("journey_id")).values("name")
    columns = ("id", "channel", "state", "reason", "due_at", "sent_at", "delivered_at")
    rows = (
        Message.objects.filter(customer__in=list(people), created_at__gt=now - SINCE)
        .annotate(number=said("booking_number"), shop=KeyTextTransform("namespace", "facts"))
        .annotate(journey=Subquery(journey))
        .filter(number__in={number for _shop, number in by_key})
        .order_by("-pk")
        .values(*columns, "opened_at", "content", "journey", "number", "shop", "customer_id")
    )
    found = defaultdict(list)
    for row in rows:
        key = (row["shop"], row["number"])
        if key in by_key and by_key[key].booking.customer_id == row["customer_id"]:
            found[key].append(row)
    return found


def told(one: dict, now: datetime) -> Told:
    state = Message.State(one["state"])
    what = one["journey"] or headline(one["channel"], one["content"] or {})
    words = Told(f"{what} · {named(one['channel'])}", str(state.label))
    words.why = reasons.word(one["reason"]) if one["reason"] else ""
    if state == Message.State.SENT:
        words.why = ""
        opened, arrived = one["opened_at"], one["delivered_at"]
        words.state = _("opened") if opened else _("delivered") if arrived else words.state
        words.at, words.colour = opened or arrived or one["sent_at"], "good"
    elif state in (Message.State.QUEUED, Message.State.SENDING):
        is_later = one["due_at"] and one["due_at"] > now
        words.state, words.at = (
            (_("waits until"), one["due_at"]) if is_later else (words.state, None)
        )
        words.colour = "faint"
    else:
        words.colour = "warn" if state == Message.State.WAITING else "bad"
    words.url = reverse("admin:campaigns_message_change", args=[one["id"]])
    return words


def runs_of(people: BitMap, by_key: dict[Key, Row]) -> dict[Key, list[Told]]:
    """By booking: journeys that wait with it, the soonest first."""
    shop = Source.objects.filter(pk=OuterRef("source_of")).values("namespace")
    rows = (
        Run.objects.filter(
            customer__in=list(people), state=Run.State.ACTIVE, is_waiting=True, due_at__isnull=False
        )
        .annotate(number=said("booking_number"))
        .filter(number__in={number for _shop, number in by_key})
        .annotate(source_of=as_number("source"), shop_of=as_number("namespace"))
        .annotate(shop=Coalesce("shop_of", Subquery(shop), output_field=IntegerField()))
        .order_by("due_at", "pk")
        .values("pk", "journey__name", "due_at", "number", "shop", "customer_id")
    )
    found = defaultdict(list)
    for row in rows:
        key = (str(row["shop"]), row["number"])
        if key in by_key and by_key[key].booking.customer_id == row["customer_id"]:
            url = reverse("admin:campaigns_run_change", args=[row["pk"]])
            found[key].append(
                Told(row["journey__name"], _("waits until"), "faint", row["due_at"], url=url)
            )
    return found


def as_number(name: str):
    return Cast(KeyTextTransform(name, "facts"), IntegerField())
