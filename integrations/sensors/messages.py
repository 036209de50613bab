"""One object of the Sensors protocol in our terms."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from customers.identity import logins
from customers.identity.logins import Logins
from customers.models import Source
from events.incoming_items import Incoming
from integrations.doors.reading.commerce import amount_of, subjects_of
from integrations.doors.reading.foreign import event_name
from integrations.doors.reading.free_json import Unfit, canonical, object_of, text_of
from integrations.doors.reading.identities import SetAside, keep_aside
from integrations.doors.reading.moments import corrected, read, sent, zone_of
from integrations.doors.reading.traits import without_ours
from integrations.sensors import items, people, profiles

TRACKS = frozenset({"track", "track_signup", "track_id_bind", "track_id_unbind"})
LINKS = {
    "track_signup": "Identity Linked",
    "track_id_bind": "Identity Linked",
    "track_id_unbind": "Identity Unlinked",
}
# The SDK's own events under the names that the other formats use; those not listed keep theirs.
NAMES = {
    "$MPLaunch": "Application Opened",
    "$MPShow": "Application Foregrounded",
    "$MPHide": "Application Backgrounded",
    "$MPViewScreen": "Screen Viewed",
    "$pageview": "Page Viewed",
    "$AppStart": "Application Opened",
    "$AppEnd": "Application Backgrounded",
    "$AppViewScreen": "Screen Viewed",
}
CAMPAIGN = {
    "source": "utm_source",
    "medium": "utm_medium",
    "name": "utm_campaign",
    "term": "utm_term",
    "content": "utm_content",
}
TYPES = sorted([*TRACKS, *profiles.KINDS, *items.KINDS])


def id_of(item: dict) -> str | None:
    """Sensors gives its objects no id that a developer would know again; their event's name says
    most."""
    found = item.get("event") or item.get("type")
    return found[:128] if isinstance(found, str) else None


@dataclass(slots=True)
class Request:
    """What the objects of one request share."""

    source: Source
    now: datetime
    logins: Logins = logins.NONE

    def incoming(self, item: dict) -> Incoming:
        kind = text_of(item.get("type"), "$.type", 40)
        content = canonical({name: value for name, value in item.items() if name != "_flush_time"})
        aside: list[SetAside] = []
        one = Incoming(
            id=key_of(item, content),
            content=content,
            name="",
            occurred_at=self.occurred_at(item),
            properties=object_of(item, "properties"),
            context=context_of(item),
        )
        if kind in TRACKS:
            self.track(one, item, kind, aside)
        elif kind in profiles.KINDS:
            one.name, one.identities = (
                "Profile Updated",
                people.identities_of(item, aside, self.logins),
            )
            one.identities += people.contacts(kind, one.properties, aside)
            one.attributes = profiles.attributes_of(kind, one.properties, self.source)
            without_ours(one, "$.properties")
        elif kind in items.KINDS:
            one.product = items.product_of(kind, item, self.source, one.warnings)
        else:
            raise Unfit("unknown_value", "$.type", f"The type is one of: {', '.join(TYPES)}.")
        keep_aside(one, aside)
        return one

    def track(self, one: Incoming, item: dict, kind: str, aside: list[SetAside]) -> None:
        event = text_of(item.get("event"), "$.event", 200)
        if not event:
            raise Unfit("missing_field", "$.event", "An event has a name.")
        one.name = LINKS.get(kind) or self.name(event)
        if one.name != event:
            one.context["event"] = event
        one.identities = people.identities_of(item, aside, self.logins)
        one.amount_fen = amount_of(one.properties, self.source, one.warnings)
        one.keys = subjects_of(one.properties)

    def name(self, event: str) -> str:
        """What staff call it comes before what the SDK's own events are called."""
        own = None if event in self.source.event_names else NAMES.get(event)
        return own or event_name(event, self.source)

    def occurred_at(self, item: dict) -> datetime:
        zone = zone_of(self.source)
        at = read(item.get("time"), "$.time", zone)
        return (
            corrected(at, sent(item.get("_flush_time"), zone), self.now, "$.time")
            if at
            else self.now
        )


def key_of(item: dict, content: bytes) -> str:
    """There is no message id. Events of the mini-program carry a random _track_id; the server SDKs
    do not, and may well send two events of one name and person in one millisecond: there only the
    whole content tells a repeat.
    """
    if item.get("_track_id") is None:
        return f"sensors:{hashlib.sha256(content).hexdigest()}"
    named = [item.get(field) for field in ("distinct_id", "type", "event", "time", "_track_id")]
    return f"sensors:{hashlib.sha256(canonical({'of': named})).hexdigest()}"


def context_of(item: dict) -> dict:
    """The SDK, and the campaign that brought this visit ($utm_…) or an earlier one
    ($latest_utm_…)."""
    properties = object_of(item, "properties")
    context = {"lib": item["lib"]} if isinstance(item.get("lib"), dict) else {}
    campaign = {
        name: found
        for name, key in CAMPAIGN.items()
        if (found := properties.get(f"${key}") or properties.get(f"$latest_{key}"))
    }
    return {**context, "campaign": campaign} if campaign else context
