"""The bodies that we answer with, as shapes. Requests need none of their own: their Structs are
what the doors decode with."""

from datetime import datetime
from typing import Literal

import msgspec


class RejectedItem(msgspec.Struct):
    """One item of a batch that was not stored. Its neighbours may be."""

    index: int
    id: str | None
    code: str
    path: str
    detail: str


class Problem(msgspec.Struct, kw_only=True):
    """RFC 9457. `path` is the place in the request, where there is one; `id` the id of the refused
    item.

    Of a batch of which nothing could be accepted, `rejected` says why, item by item; `accepted` and
    `duplicate` are 0 then.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    path: str | msgspec.UnsetType = msgspec.UNSET
    id: str | msgspec.UnsetType | None = msgspec.UNSET
    order_number: str | msgspec.UnsetType = msgspec.UNSET
    accepted: int | msgspec.UnsetType = msgspec.UNSET
    duplicate: int | msgspec.UnsetType = msgspec.UNSET
    rejected: list[RejectedItem] | msgspec.UnsetType = msgspec.UNSET
    request_id: str


class Warned(msgspec.Struct):
    """Something that was stored all the same, and that you should mend: a phone that is none, a
    placeholder in the place of an id."""

    code: str
    path: str
    detail: str


class Stored(msgspec.Struct):
    """202: stored, committed."""

    status: Literal["stored"]
    id: str
    warnings: list[Warned] | msgspec.UnsetType = msgspec.UNSET


class Started(msgspec.Struct):
    """202: the customer is on the way."""

    status: Literal["started"]
    id: str


class Duplicate(msgspec.Struct):
    """200: it was here before, the same."""

    status: Literal["duplicate"]
    id: str
    warnings: list[Warned] | msgspec.UnsetType = msgspec.UNSET


class ItemWarned(msgspec.Struct):
    """The same, of one item of a batch."""

    index: int
    id: str | None
    code: str
    path: str
    detail: str


class BatchAnswer(msgspec.Struct):
    """What became of a batch: 202 when anything new was stored, 200 when all were duplicates. Where
    nothing could be accepted, see Problem."""

    accepted: int
    duplicate: int
    rejected: list[RejectedItem]
    warnings: list[ItemWarned] | msgspec.UnsetType = msgspec.UNSET


class Reserved(msgspec.Struct):
    code: str
    state: Literal["reserved"]
    discount_fen: int
    reserved_until: datetime


class Redeemed(msgspec.Struct):
    code: str
    state: Literal["redeemed"]
    discount_fen: int
    order_number: str
    redeemed_at: datetime


class Released(msgspec.Struct):
    released: int
