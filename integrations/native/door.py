"""What the eight native doors have in common: from bytes to items, one bad one not spoiling its
neighbours."""

from datetime import datetime

import msgspec

from customers.models import Source
from events.incoming_items import Incoming
from integrations.doors import bisecting
from integrations.doors.formats import Parsed, Rejected
from integrations.doors.problems import Refused, ServerOnly, TooLarge
from integrations.doors.reading.identities import keep_aside
from integrations.native import complaints
from integrations.native.complaints import UNREADABLE, BadItem
from integrations.native.fields import Item

MOST_ITEMS = 1000

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw])
# Sorted keys and our own spacing: the same item in another spelling has the same fingerprint. Of
# repeated keys the last one wins.
_canonical = msgspec.json.Encoder(order="sorted")


class OnlyId(msgspec.Struct):
    id: object = None


_only_id = msgspec.json.Decoder(OnlyId)


class Door:
    """One door: the shape of its item, and what an item of that shape becomes."""

    item: type[Item]
    is_server_only = False

    def __init__(self):
        self.names_people = "identities" in self.item.__struct_fields__
        self.decode = msgspec.json.Decoder(self.item).decode

    def incoming(self, item: Item, content: bytes, source: Source, now: datetime) -> Incoming:
        """The item in our terms; raises BadItem."""
        raise NotImplementedError

    def parse(self, body: bytes, source: Source, now: datetime) -> Parsed:
        if self.is_server_only and not source.is_server:
            raise ServerOnly
        body, envelope = opened(body)
        raws = [body] if "batch" not in envelope else batch_of(envelope)
        looks = complaints.close_looks(body)
        return Parsed(
            [self.one(n, raw, looks, source, now) for n, raw in enumerate(raws)],
            is_single="batch" not in envelope,
        )

    def one(
        self, index: int, raw: bytes, looks: list, source: Source, now: datetime
    ) -> Incoming | Rejected:
        try:
            item = complaints.decoded(self.decode, raw, looks)
            incoming = self.incoming(item, _canonical.encode(item), source, now)
            if self.names_people and item.identities.count() > len(incoming.identities):
                keep_aside(incoming, item.identities.read()[1])
            return incoming
        except BadItem as error:
            return rejected(index, raw, error)
        except Exception as error:
            if not bisecting.is_of_the_item(error):
                raise
            bisecting.alarm(error, "an item could not be understood", source=source.pk)
            return bisecting.rejected(index, id_of(raw))


def opened(body: bytes) -> tuple[bytes, dict[str, msgspec.Raw]]:
    """The outermost object, its values still as bytes; and the body, mended where text that is none
    hid them all."""
    try:
        return body, _object.decode(body)
    except UNREADABLE:
        body = complaints.without_lone_surrogates(body)
        return body, refusing(_object.decode, body)


def refusing(decode, body):
    """The decoded value; where the whole body cannot be taken apart, the request is refused."""
    try:
        return decode(body)
    except UNREADABLE as error:
        bad = complaints.of_decoding(error, bytes(body))
        raise Refused(str(bad), code=bad.code, path=bad.path) from None


def batch_of(envelope: dict[str, msgspec.Raw]) -> list[bytes]:
    for name in envelope:
        if name != "batch":
            raise Refused("Beside batch stands nothing.", code="unknown_field", path=f"$.{name}")
    raws = refusing(_list.decode, envelope["batch"])
    if not raws:
        raise Refused("The batch is empty.", code="empty_batch", path="$.batch")
    if len(raws) > MOST_ITEMS:
        raise TooLarge(f"A batch may have {MOST_ITEMS} items.")
    return [bytes(raw) for raw in raws]


def rejected(index: int, raw: bytes, error: BadItem) -> Rejected:
    return Rejected(index, id_of(raw), error.code, error.path, str(error), raw)


def id_of(raw: bytes) -> str | None:
    """The id the sender gave to an item that we refuse, where it can be read."""
    try:
        found = _only_id.decode(raw).id
    except UNREADABLE:
        return None
    return found[:128] if isinstance(found, str) else None
