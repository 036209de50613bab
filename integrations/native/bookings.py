"""POST /api/v1/bookings: one state of one appointment, class, enrolment or service."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from customers.models import Source
from events.commerce.bookings import NAMES, event_id, properties_of
from events.incoming_items import BookingState, Incoming
from integrations.native.complaints import BadItem
from integrations.native.door import Door
from integrations.native.fields import (
    Id,
    Identities,
    Item,
    Moment,
    Number,
    StoreKey,
    Text,
    Version,
    moment,
)

AHEAD = timedelta(days=5 * 366)


class Whom(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """For whom it is, where that is not the customer: the pupil, the patient. The key tells two of
    one customer's apart."""

    key: Annotated[str, Meta(min_length=1, max_length=100)]
    name: Text = ""


class BookingItem(Item, kw_only=True):
    id: Id | None = None
    number: Number
    status: Literal["booked", "rescheduled", "confirmed", "cancelled", "no_show", "attended"]
    kind: Literal["appointment", "class", "enrolment", "service"] = "appointment"
    occurred_at: Moment
    version: Version | None = None
    identities: Identities
    starts_at: Moment
    ends_at: Moment | None = None
    product_id: Annotated[str, Meta(max_length=128)] = ""
    name: Text = ""
    category: Text = ""
    place: Text = ""
    resource: Text = ""
    store: StoreKey = ""
    for_whom: Whom | None = msgspec.field(name="for", default=None)

    def key(self) -> str:
        as_of = (
            self.version
            if self.version is not None
            else self.occurred_at.astimezone(UTC).isoformat()
        )
        return f"bookings:{self.number}:{self.status}:{as_of}"


class Bookings(Door):
    item = BookingItem
    is_server_only = True

    def incoming(
        self, item: BookingItem, content: bytes, source: Source, now: datetime
    ) -> Incoming:
        booking = BookingState(
            number=item.number,
            status=item.status,
            kind=item.kind,
            occurred_at=moment(item.occurred_at, now),
            starts_at=moment(item.starts_at, now, "$.starts_at", ahead=AHEAD),
            ends_at=moment(item.ends_at, now, "$.ends_at", ahead=AHEAD) if item.ends_at else None,
            version=item.version,
            product_id=item.product_id,
            name=item.name,
            category=item.category,
            place=item.place,
            resource=item.resource,
            store=item.store,
            for_key=item.for_whom.key if item.for_whom else "",
            for_name=item.for_whom.name if item.for_whom else "",
        )
        if booking.ends_at and booking.ends_at < booking.starts_at:
            raise BadItem("out_of_range", "$.ends_at", "It cannot end before it starts.")
        return Incoming(
            id=item.id or item.key(),
            content=content,
            name=NAMES[item.status],
            occurred_at=booking.occurred_at,
            identities=item.identities.named(),
            properties=properties_of(booking),
            event_id=event_id(booking),
            keys=[item.product_id] if item.product_id else None,
            booking=booking,
        )
