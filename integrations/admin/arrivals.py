"""What a source sent last, and what was wrong with it: the live list on its page."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm_project.bounds import whole_in
from crm_project.templatetags.hutong import pretty_json
from crm_project.web import viewer
from customers import display_names
from customers.models import DisplayName, Source
from customers.privacy.personal import SEALED
from events import words
from events.models import Event
from events.rights import events_permissions
from integrations.doors import masking, refusals
from integrations.models import Quarantine

MOST, MOST_PAGES = 20, 50
MOST_SHOWN = 4000
LONGEST_TERM = 100
SEES_PAYLOADS = "integrations.view_quarantine"
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
    payload: str = ""  # personal values covered
    key: str = ""

    @property
    def hint(self) -> str:
        return "" if self.is_stored else HINTS.get(self.what, "")


@dataclass(frozen=True)
class Asked:
    """What of it somebody wants to see."""

    is_refused: bool = False  # and nothing that was stored without a word
    term: str = ""
    page: int = 0

    @classmethod
    def of(cls, query) -> "Asked":
        page = whole_in(query.get("page", "")) or 0
        term = query.get("q", "").replace("\0", "").strip()[:LONGEST_TERM]
        return cls(bool(query.get("refused")), term, min(max(page, 0), MOST_PAGES - 1))

    def fits(self, *texts: str) -> bool:
        return not self.term or any(self.term.casefold() in text.casefold() for text in texts)


@dataclass(frozen=True)
class Arrivals:
    """One page of the list."""

    found: list[Arrival]
    page: int
    has_more: bool
    is_narrowed: bool


def arrived(source: Source, asked: Asked) -> Arrivals:
    """The newest first: among the newest events of all sources, all that is in the quarantine, and
    the refusals that are remembered."""
    most = (asked.page + 1) * MOST + 1
    found = [*quarantined(source, asked, most), *refused(source, asked)]
    if not asked.is_refused:
        found += stored(source, asked, most)
    found = sorted(found, key=lambda one: one.at, reverse=True)
    first = asked.page * MOST
    is_last = asked.page == MOST_PAGES - 1
    return Arrivals(
        found[first : first + MOST],
        asked.page,
        len(found) > first + MOST and not is_last,
        bool(asked.term or asked.is_refused),
    )


def stored(source: Source, asked: Asked, most: int) -> list[Arrival]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM events_event_id_seq")
        newest = cursor.fetchone()[0]
    events = Event.objects.filter(pk__gt=newest - LOOKED_AT, source=source).defer("personal")
    if asked.term:
        meant = display_names.meant_by(DisplayName.Kind.EVENT, asked.term)
        events = events.filter(
            Q(external_id__icontains=asked.term)
            | Q(name__name__icontains=asked.term)
            | Q(name__name__in=meant)
        )
    rows = events.select_related("name", "customer", "source").order_by("-pk")[:most]
    return [
        Arrival(
            row.received_at,
            words.event(row.name.name),
            is_stored=True,
            event=row,
            payload=shown(row),
            key=f"event-{row.pk}",
        )
        for row in rows
    ]


def shown(event: Event) -> str:
    """What it says, without what is sealed of it and with everything covered that may name a
    person; nothing to who may not read such events."""
    if not viewer.may(*events_permissions([event.name.name])):
        return ""
    parts = {"properties": event.properties, "context": event.context}
    clear = {
        name: {key: value for key, value in part.items() if key != SEALED}
        for name, part in parts.items()
        if isinstance(part, dict)
    }
    told = masking.masked({name: part for name, part in clear.items() if part})
    return pretty_json(told)[:MOST_SHOWN] if told else ""


def quarantined(source: Source, asked: Asked, most: int) -> list[Arrival]:
    rows = Quarantine.objects.filter(source=source, replayed_at=None).defer("raw")
    if asked.term:
        rows = rows.filter(Q(code__icontains=asked.term) | Q(path__icontains=asked.term))
    return [
        Arrival(row.received_at, row.code, is_stored=False, where=row.path, row=row)
        for row in rows.order_by("-pk")[:most]
    ]


def refused(source: Source, asked: Asked) -> list[Arrival]:
    return [
        Arrival(
            one["at"],
            one["code"],
            is_stored=False,
            is_warning=one.get("is_warning", False),
            where=one["path"],
            payload=one.get("payload", "") if viewer.may(SEES_PAYLOADS) else "",
            key=f"refusal-{one['at'].timestamp():.6f}",
        )
        for one in refusals.last(source)
        if asked.fits(one["code"], one["path"])
    ]
