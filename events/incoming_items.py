"""What a format hands to ingest: one item, decoded, checked and in our units, whoever sent it.

What every event has is a Struct, which is made several times faster than a dataclass; what few have
need not be.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

import msgspec


class Named(msgspec.Struct, gc=False):
    """One identity as the sender spelled it, already normalised (phone in E.164, e-mail
    lower-case)."""

    kind: str  # customers.models.Kind
    value: str
    scope: str = ""  # "" = the namespace's or source's own scope, see identity.scope_of
    verified: bool = False  # a phone the platform verified
    proven: bool = False  # won by our own log-in with the platform: trusted also from a client door


@dataclass(slots=True)
class OrderState:
    number: str
    status: str  # Order.Status
    occurred_at: datetime
    total_fen: int
    paid_fen: int | None = None  # None: total - discount once paid
    discount_fen: int = 0
    version: int | None = None
    placed_at: datetime | None = None
    coupon_code: str = ""
    store: str = ""  # its key
    lines: list[dict] = field(
        default_factory=list
    )  # product_id, name, category, quantity, price_fen


@dataclass(slots=True)
class RefundMade:
    number: str
    order_number: str
    amount_fen: int
    occurred_at: datetime
    reason: str = ""


@dataclass(slots=True)
class BookingState:
    """The whole booking as of `occurred_at`: what is empty here is empty, not unchanged."""

    number: str
    status: str  # Booking.Status
    kind: str  # Booking.Kind
    occurred_at: datetime
    starts_at: datetime
    ends_at: datetime | None = None
    version: int | None = None
    product_id: str = ""
    name: str = ""
    category: str = ""
    place: str = ""
    resource: str = ""
    store: str = ""
    for_key: str = ""
    for_name: str = ""


@dataclass(slots=True)
class Measured:
    number: str
    kind: str
    occurred_at: datetime
    value: float | None = None
    unit: str = ""
    text: str = ""
    product_id: str = ""
    booking_number: str = ""


@dataclass(slots=True)
class ConsentStated:
    channel: str
    purpose: str  # Purpose
    is_granted: bool
    version: str = ""
    proof: str = ""


@dataclass(slots=True)
class ProductListed:
    product_id: str
    name: str
    kind: str = "product"
    category: str = ""
    price_fen: int | None = None
    stock: int | None = None
    picture_url: str = ""
    page: str = ""
    is_active: bool = True
    is_partial: bool = False  # what is not stated stays as it was, instead of becoming empty


class Warned(msgspec.Struct, gc=False):
    """Something in an item that was stored all the same, and that its sender should mend."""

    code: str
    path: str
    detail: str


class Incoming(msgspec.Struct, gc=False):
    """One item of a request.

    `id` dedupes, for ever, within the source; `content` is the bytes whose fingerprint tells a
    repeat from a reuse (without transport fields). `event_id` is set by typed doors to
    `<door>:<number>:<state>` when the event the item writes has a dedupe key of its own; `name` is
    "" when the item writes no event (a product). `customer_id` is set instead of identities where
    we know ourselves whose it is, e.g. a message's receiver; the customer may have been merged away
    since.
    """

    id: str
    content: bytes
    name: str
    occurred_at: datetime
    identities: list[Named] = []
    properties: dict = {}
    context: dict = {}
    event_id: str = ""
    amount_fen: int | None = None
    keys: list[str] | None = None  # products, courses, doctors it is about
    attributes: dict = {}
    order: OrderState | None = None
    refund: RefundMade | None = None
    booking: BookingState | None = None
    measurement: Measured | None = None
    consents: list[ConsentStated] = []
    product: ProductListed | None = None
    customer_id: int | None = None
    warnings: list[Warned] = []


class Outcome(msgspec.Struct, gc=False):
    """What became of one item: stored, duplicate, or reused (the id was taken by other content)."""

    id: str
    status: str
    customer_id: int | None = None
    is_first: bool = False  # nobody knew this customer before

    STORED: ClassVar = "stored"
    DUPLICATE: ClassVar = "duplicate"
    REUSED: ClassVar = "id_reused"
