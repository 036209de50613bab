"""What a source sent last, and what was wrong with it: the live list on its page."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from customers.models import Source
from events import words
from events.models import Event
from integrations.doors import refusals
from integrations.models import Quarantine

MOST = 20
LOOKED_AT = (
    20_000  # the newest events of all sources: a block index finds them, and none is by source
)

HINTS = {
    "signature_missing": _(
        "A server source signs its posts: webhook-id, webhook-timestamp, webhook-signature."
    ),
    "secret_ended": _("This was signed with an old secret whose time is over."),
    "signature_wrong": _(
        "The signature does not fit: is it this source's secret, and are exactly the sent bytes"
        " signed?"
    ),
    "clock_off": _(
        "The time of the signature is more than five minutes off: ten digits, seconds since 1970."
    ),
    "wrong_format": _("This source's format is another one than that of the address."),
    "needs_read_token": _(
        "A server source of this format sends its read token, not its public key."
    ),
    "server_only": _(
        "Only a server source may state orders, refunds, bookings, measurements, consents, products"
        " and coupons' moves."
    ),
    "unknown_event": _("The source is strict. Declare the name under Event names, then try again."),
    "unknown_field": _(
        "There is no such field: everything is strict. Own data belongs into properties."
    ),
    "missing_identity": _("Nobody is named: send at least one identity."),
    "invalid_identity": _(
        "A placeholder such as undefined or 0: leave the field out while nobody is known."
    ),
    "invalid_phone": _(
        "No phone number of a person: it identifies nobody, and is kept as an attribute where"
        " somebody else is named."
    ),
    "invalid_email": _(
        "No e-mail address: it identifies nobody, and is kept as an attribute where somebody else"
        " is named."
    ),
    "fraction_of_fen": _(
        "An amount with a fraction of a fen. If this source states yuan, change its unit of money;"
        " what was refused can be tried again."
    ),
    "fen_not_whole": _(
        "An amount in a field that ends in _fen is a whole number; this one was left out."
    ),
    "naive_time": _("The time has no zone: end it with Z or +08:00."),
    "invalid_time": _("This is no time as RFC 3339 writes it."),
    "id_reused": _("This id was used for other content: each event needs an id of its own."),
    "unsupported_media_type": _("Send application/json in UTF-8."),
    "too_many_requests": _("More requests in one second than this source may send."),
}


@dataclass
class Arrival:
    """One line of the list: an event that was stored, or a refusal."""

    at: datetime
    what: str
    is_stored: bool
    is_warning: bool = False
    where: str = ""
    event: Event | None = None
    row: Quarantine | None = None

    @property
    def hint(self) -> str:
        return "" if self.is_stored else HINTS.get(self.what, "")


def last_of(source: Source) -> list[Arrival]:
    """The newest first."""
    found = [*stored(source), *quarantined(source), *refused(source)]
    return sorted(found, key=lambda one: one.at, reverse=True)[:MOST]


def stored(source: Source) -> list[Arrival]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM events_event_id_seq")
        newest = cursor.fetchone()[0]
    events = Event.objects.filter(pk__gt=newest - LOOKED_AT, source=source).defer(
        "personal", "properties", "context"
    )
    rows = events.select_related("name", "customer").order_by("-pk")[:MOST]
    return [
        Arrival(row.received_at, words.event(row.name.name), is_stored=True, event=row)
        for row in rows
    ]


def quarantined(source: Source) -> list[Arrival]:
    rows = (
        Quarantine.objects.filter(source=source, replayed_at=None)
        .defer("raw")
        .order_by("-pk")[:MOST]
    )
    return [
        Arrival(row.received_at, row.code, is_stored=False, where=row.path, row=row) for row in rows
    ]


def refused(source: Source) -> list[Arrival]:
    return [
        Arrival(
            one["at"],
            one["code"],
            is_stored=False,
            is_warning=one.get("is_warning", False),
            where=one["path"],
        )
        for one in refusals.last(source)
    ]
