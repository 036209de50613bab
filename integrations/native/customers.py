"""POST /api/v1/customers: a registration, or what is known about a customer."""

import uuid
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from customers.attributes import ours
from customers.models import Source
from customers.privacy.sealing import fingerprint
from events.incoming_items import Incoming
from integrations.native.complaints import BadItem
from integrations.native.consents import Stated
from integrations.native.door import Door
from integrations.native.fields import Id, Identities, Item, LongText, Moment, moment

Key = Annotated[str, Meta(min_length=1, max_length=100)]
Value = LongText | int | float | bool | list[LongText] | None

# A value is indexed with its key, and a row of an index holds 2,700 bytes.
MOST_VALUE_BYTES = 2000
MOST_CHARACTERS = {"name": 200, "language": 16}


class CustomerItem(Item, kw_only=True):
    id: Id | None = None
    occurred_at: Moment | None = None
    identities: Identities
    registered: bool = False
    attributes: dict[Key, Value] = {}
    consents: list[Stated] = []

    def key(self, content: bytes) -> str:
        """Without a time two equal posts may be two statements with another in between: then
        nothing is a repeat."""
        return f"customers:{fingerprint(content).hex() if self.occurred_at else uuid.uuid4().hex}"


class Customers(Door):
    item = CustomerItem

    def incoming(
        self, item: CustomerItem, content: bytes, source: Source, now: datetime
    ) -> Incoming:
        if item.consents and not source.is_server:
            raise BadItem("server_only", "$.consents", "Only a server source may state consents.")
        attributes = attributes_of(item)
        is_member = item.registered and item.identities.member_id
        return Incoming(
            id=item.id or item.key(content),
            content=content,
            name="Customer Registered" if item.registered else "Profile Updated",
            occurred_at=moment(item.occurred_at, now) if item.occurred_at else now,
            identities=item.identities.named(),
            properties={key: value for key, value in attributes.items() if value is not None},
            event_id=f"customers:{item.identities.member_id}:registered" if is_member else "",
            attributes=attributes,
            consents=[one.stated() for one in item.consents],
        )


def attributes_of(item: CustomerItem) -> dict:
    """The attributes stated; "" states nothing, null deletes."""
    for key, value in item.attributes.items():
        path = f"$.attributes.{key}"
        if ours.is_ours(key):
            raise BadItem(ours.RESERVED, path, ours.WHY)
        if isinstance(value, list) and len(msgspec.json.encode(value)) > MOST_VALUE_BYTES:
            raise BadItem("wrong_length", path, f"A list may have {MOST_VALUE_BYTES} bytes.")
        if (
            key in MOST_CHARACTERS
            and value is not None
            and not (isinstance(value, str) and len(value) <= MOST_CHARACTERS[key])
        ):
            raise BadItem(
                "wrong_type",
                path,
                f"This attribute is a text of at most {MOST_CHARACTERS[key]} characters.",
            )
    return {key: value for key, value in item.attributes.items() if value != ""}
