"""POST /api/v1/events: anything that happened."""

from datetime import datetime
from typing import Any

from customers.models import Source
from events.incoming_items import Incoming
from integrations.doors.event_names import UNKNOWN_EVENT, name_here
from integrations.native.complaints import BadItem
from integrations.native.door import Door
from integrations.native.fields import (
    MOST_FEN,
    Id,
    Identities,
    Item,
    Moment,
    Name,
    moment,
    nonblank,
)

AMOUNTS = ("amount_fen", "total_fen", "price_fen")  # the first one given is the event's amount
SUBJECTS = ("product_id", "course_id", "doctor_id")


class EventItem(Item, kw_only=True):
    id: Id
    name: Name
    occurred_at: Moment
    identities: Identities
    properties: dict[str, Any] = {}
    context: dict[str, Any] = {}


class Events(Door):
    item = EventItem

    def incoming(self, item: EventItem, content: bytes, source: Source, now: datetime) -> Incoming:
        return Incoming(
            id=item.id,
            content=content,
            name=expected(nonblank(item.name, "$.name"), source),
            occurred_at=moment(item.occurred_at, now),
            identities=item.identities.named(),
            properties=item.properties,
            context=context_of(item, source),
            amount_fen=amount_of(item.properties),
            keys=subjects_of(item.properties),
        )


def context_of(item: EventItem, source: Source) -> dict:
    """Where staff gave the event another name, what its sender called it."""
    return (
        {**item.context, "event": item.name}
        if item.name.strip() in source.event_names
        else item.context
    )


def expected(name: str, source: Source) -> str:
    """What the event is called here."""
    found = name_here(name, source)
    if found is None:
        raise BadItem("unknown_event", "$.name", UNKNOWN_EVENT)
    return found


def amount_of(properties: dict) -> int | None:
    """The amount in fen. A wrong one is refused and not left out: it would be missing from every
    sum."""
    for name in AMOUNTS:
        value = properties.get(name)
        if value is not None:
            if type(value) is not int:
                raise BadItem("wrong_type", f"$.properties.{name}", "Money is an integer of fen.")
            if not 0 <= value <= MOST_FEN:
                raise BadItem(
                    "out_of_range",
                    f"$.properties.{name}",
                    f"Money lies between 0 and {MOST_FEN} fen.",
                )
            return value
    return None


def subjects_of(properties: dict) -> list[str] | None:
    """What the event is about: the products, courses and doctors it names."""
    named = [properties[key] for key in SUBJECTS if key in properties]
    if isinstance(products := properties.get("products"), list):
        named += [product.get("product_id") for product in products if isinstance(product, dict)]
    if not named:
        return None
    return list(dict.fromkeys(filter(None, map(subject, named)))) or None


def subject(value) -> str:
    """A number that names a product is taken as its text; anything else is no name."""
    if type(value) is int:
        return str(value)
    return value if isinstance(value, str) and len(value) <= 128 else ""
