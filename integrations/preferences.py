"""What a customer wants to be written, by channel and purpose: the page behind the signed link of a
letter.

Looking changes nothing, because programs look; a POST states what is other than before, and nothing
else. The page says neither who they are nor where they are reached.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.delivery import links
from campaigns.delivery.channels import channels
from campaigns.models import Message, Suppression
from crm_project.db.clock import database_now
from customers.models import Customer, Purpose, Workspace
from customers.privacy import consent
from events.incoming_items import ConsentStated
from integrations.doors import throttle
from integrations.replies import meant, record, state

HOUR, CHANGES = 3600, 20  # in an hour: of one letter


@dataclass(frozen=True, slots=True)
class Row:
    """A channel with a box for each purpose."""

    key: str
    label: str
    boxes: list["Box"]


@dataclass(frozen=True, slots=True)
class Box:
    name: str
    purpose: str
    is_wanted: bool
    is_closed: bool  # a dead address, a complaint: no agreement opens it


@csrf_exempt  # whoever has the letter is not logged in; the signed code is what allows it
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def preferences(request, code: str):
    _named, message = meant(links.UNSUBSCRIBE, code)
    customer = Customer.objects.alive().filter(pk=message.customer_id).first()
    if customer is None:
        return shown(request, code, "over", status=410)
    rows, saved = rows_of(customer.pk, message.channel), False
    if request.method == "POST":
        if throttle.added(f"preferences:{message.pk}", 1, seconds=HOUR) > CHANGES:
            return shown(request, code, "busy", status=429)
        wanted = set(request.POST.getlist("wanted"))
        if wanted - {box.name for row in rows for box in row.boxes}:
            return shown(request, code, "asked", rows=rows, status=422)
        say(message, rows, wanted, database_now())
        rows, saved = rows_of(customer.pk, message.channel), True
    return shown(request, code, "asked", rows=rows, saved=saved)


def rows_of(customer: int, always: str) -> list[Row]:
    """The channels by which they can be reached, and the letter's own."""
    stated = consent.latest([customer])
    silenced = Suppression.objects.in_force().filter(customer=customer)
    silent = set(silenced.values_list("channel", "purpose"))
    return [
        Row(key, str(channel.label), boxes_of(customer, key, channel, stated, silent))
        for key, channel in channels.by_key.items()
        if key == always or channel().addresses([customer])
    ]


def boxes_of(customer: int, key: str, channel, stated: dict, silent: Collection) -> list[Box]:
    """As policy.consent and policy.suppression decide."""
    unasked = {Purpose.MARKETING: channel.granted_by_default}
    return [
        Box(
            f"{key}:{purpose}",
            purpose,
            stated.get((customer, key, purpose), unasked.get(purpose, True))
            and not {(key, ""), (key, purpose)} & set(silent),
            (key, "") in silent,
        )
        for purpose in Purpose.values
    ]


def say(message: Message, rows: list[Row], wanted: set[str], now: datetime) -> None:
    """What is other than before is stated; of the letter's own marketing as by its one click, so
    that its report counts it."""
    changed = {
        (row.key, box.purpose): box.name in wanted
        for row in rows
        for box in row.boxes
        if not box.is_closed and box.is_wanted != (box.name in wanted)
    }
    own = changed.pop((message.channel, Purpose.MARKETING), None)
    if own is not None:
        state(message, is_granted=own, proof="preferences", now=now)
    if changed:
        record(
            message,
            f"Preferences Stated:{message.pk}:{now.isoformat()}",
            "Preferences Stated",
            now,
            consents=[
                ConsentStated(channel, purpose, yes, proof=f"preferences, message {message.pk}")
                for (channel, purpose), yes in changed.items()
            ],
        )


def shown(request, code: str, what: str, *, status: int = 200, **more) -> HttpResponse:
    context = {"state": what, "brand": Workspace.get().name, "code": code, **more}
    response = render(request, "email/preferences.html", context, status=status)
    response["Referrer-Policy"] = "no-referrer"  # the address is the key
    return response
