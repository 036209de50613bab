"""One call of the Segment specification in our terms."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime

from customers.identity import logins
from customers.models import Kind, Source
from events.incoming_items import Incoming, Named
from integrations.doors.event_names import ORDER_EVENTS
from integrations.doors.reading.commerce import amount_of, subjects_of
from integrations.doors.reading.foreign import event_name
from integrations.doors.reading.free_json import Unfit, canonical, object_of, text_of
from integrations.doors.reading.identities import SetAside, keep_aside, usable
from integrations.doors.reading.moments import corrected, read, sent, zone_of
from integrations.doors.reading.traits import attributes_of, contacts_of, distinct, without_ours
from integrations.segment import ecommerce

KINDS = ("identify", "track", "page", "screen", "group", "alias")
NAMES = {
    "identify": "Profile Updated",
    "page": "Page Viewed",
    "screen": "Screen Viewed",
    "group": "Group Joined",
    "alias": "Identity Linked",
}
# Written anew by each attempt to send, or by whoever passed it on: no part of what happened.
TRANSPORT = frozenset({"sentAt", "receivedAt", "_metadata", "integrations", "writeKey", "channel"})
MOST_ID = 128


def id_of(item: dict) -> str | None:
    """The id its sender gave to it."""
    found = item.get("messageId")
    return found[:MOST_ID] if isinstance(found, str) else None


@dataclass(slots=True)
class Request:
    """What the calls of one request share."""

    source: Source
    now: datetime
    sent_at: datetime | None
    kind: str  # of the door; "" where each call says its own
    context: dict  # of the batch
    members: frozenset[str] = frozenset()  # of the ids that its aliases name as previous ones

    def incoming(self, item: dict) -> Incoming:
        item = {**item, "type": self.kind or item.get("type")}
        kind = item["type"]
        if kind not in KINDS:
            raise Unfit("unknown_value", "$.type", f"The type is one of: {', '.join(KINDS)}.")
        content = canonical({name: value for name, value in item.items() if name not in TRANSPORT})
        aside: list[SetAside] = []
        one = Incoming(
            id=self.key(item, content),
            content=content,
            name=self.name(kind, item),
            occurred_at=self.occurred_at(item),
            identities=self.identities(kind, item, aside),
            properties=properties_of(kind, item),
            context=self.context_of(kind, item),
        )
        if kind == "identify":
            one.attributes = attributes_of(one.properties)
            without_ours(one, "$.traits")
        if kind == "track":
            sent = text_of(item.get("event"), "$.event", 200)
            if sent in self.source.event_names:
                one.context["event"] = sent
            one.amount_fen = amount_of(one.properties, self.source, one.warnings)
            one.keys = subjects_of(one.properties)
            if one.name in ORDER_EVENTS:  # a client's were renamed
                ecommerce.complete(one, self.source)
        keep_aside(one, aside)
        return one

    def name(self, kind: str, item: dict) -> str:
        if kind != "track":
            return NAMES[kind]
        name = text_of(item.get("event"), "$.event", 200)
        if not name:
            raise Unfit("missing_field", "$.event", "A track call names its event.")
        return event_name(name, self.source)

    def key(self, item: dict, content: bytes) -> str:
        """messageId; without it a hash of what is said, and without a time too nothing is a repeat:
        it may well happen twice."""
        message_id = text_of(item.get("messageId"), "$.messageId", MOST_ID)
        if message_id:
            return message_id
        if item.get("timestamp") or item.get("originalTimestamp"):
            return f"segment:{hashlib.sha256(content).hexdigest()}"
        return f"segment:{uuid.uuid4().hex}"

    def occurred_at(self, item: dict) -> datetime:
        """By our clock: Segment's own formula over timestamp (its clients') or originalTimestamp
        (of whoever passes events on)."""
        zone = zone_of(self.source)
        field = "originalTimestamp" if item.get("originalTimestamp") else "timestamp"
        at = read(item.get(field), f"$.{field}", zone)
        if at is None:
            return self.now
        return corrected(at, sent(item.get("sentAt"), zone) or self.sent_at, self.now, f"$.{field}")

    def identities(self, kind: str, item: dict, aside: list[SetAside]) -> list[Named]:
        member, anonymous = Kind.MEMBER_ID.value, Kind.ANONYMOUS_ID.value
        found = [
            usable(of, value_of(item, field), f"$.{field}", aside)
            for of, field in ((member, "userId"), (anonymous, "anonymousId"))
        ]
        if kind == "alias":
            previous = value_of(item, "previousId")
            if not previous or not any(found):
                raise Unfit(
                    "missing_field", "$.previousId", "An alias names previousId and userId."
                )
            # What was a log-in before is no visitor; two members are for staff to join.
            found.append(
                usable(
                    member if previous in self.members else anonymous,
                    previous,
                    "$.previousId",
                    aside,
                )
            )
        if kind == "identify":
            found += contacts_of(traits_of(item), "$.traits", aside)
        if not any(found):
            raise Unfit("missing_identity", "$", "userId or anonymousId is needed.")
        return distinct(found)

    def context_of(self, kind: str, item: dict) -> dict:
        """The batch's context under the call's own. The traits of an identify are its properties
        already."""
        context = {**self.context, **object_of(item, "context")}
        if kind == "identify":
            context.pop("traits", None)
        return context


def members_in(items: list, source: Source, kind: str) -> frozenset[str]:
    """The ids which aliases call previous ones, though they are those of members."""
    aliases = [
        item for item in items if isinstance(item, dict) and (kind or item.get("type")) == "alias"
    ]
    texts = {
        text.strip()
        for item in aliases
        if isinstance(text := item.get("previousId"), str)
        and len(text) <= 200
        and "\x00" not in text
    }
    stated = {
        text for item in aliases if isinstance(text := item.get("userId"), str) and text in texts
    }
    return logins.known(source, texts - stated).members | stated


def value_of(item: dict, field: str) -> str:
    return text_of(item.get(field), f"$.{field}", 200)


def traits_of(item: dict) -> dict:
    """RudderStack sends them in two places."""
    context = object_of(item, "context")
    return {**object_of(context, "traits"), **object_of(item, "traits")}


def properties_of(kind: str, item: dict) -> dict:
    if kind == "identify":
        return traits_of(item)
    if kind == "group":
        group_id = value_of(item, "groupId")
        if not group_id:
            raise Unfit("missing_field", "$.groupId", "A group call names its group.")
        return {**object_of(item, "traits"), "group_id": group_id}
    if kind == "alias":
        return {}
    named = {
        name: item[name]
        for name in ("name", "category")
        if kind in {"page", "screen"} and item.get(name)
    }
    return {**object_of(item, "properties"), **named}
