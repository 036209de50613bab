"""What the rows of a mapped table can be: the fields that each kind has here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from integrations.models import TableMapping
from integrations.sync.tables import values

TEXT, MONEY, MOMENT, WHOLE, FLAG, STATUS = "text", "money", "moment", "whole", "flag", "status"
Kind = TableMapping.Kind


@dataclass(frozen=True, slots=True)
class Field:
    """`key` is stored in mappings: never renamed."""

    key: str
    label: str
    type: str = TEXT
    is_needed: bool = False


# Who it is; their order is that of the form.
PEOPLE = (
    Field("member_id", _("member id")),
    Field("openid", "openid"),
    Field("unionid", "unionid"),
    Field("phone", _("phone")),
    Field("email", _("e-mail")),
)
IDENTITIES = tuple(one.key for one in PEOPLE)
CHANGED = Field("occurred_at", _("changed at"), MOMENT)
# A column that says that the row counts as deleted though it is there.
DELETED = Field("deleted", _("deleted (a column that says so)"), FLAG)
STATUS_FIELD = Field("status", pgettext_lazy("of an order", "state"), STATUS, is_needed=True)


class TableKind:
    """One kind of row. `states`: what its states are called here, "" where it has none."""

    key: str
    fields: ClassVar[tuple[Field, ...]] = ()
    states: ClassVar[tuple[str, ...]] = ()
    has_people = False
    kept: ClassVar[tuple[str, ...]] = ()  # fields that stay with the captured row: nobody's name
    either: ClassVar[tuple[str, ...]] = ()  # one of these is needed


class Customers(TableKind):
    key, has_people, either = Kind.CUSTOMERS, True, IDENTITIES
    fields = (
        *PEOPLE,
        Field("name", _("name")),
        Field("registered_at", _("registered at"), MOMENT),
        CHANGED,
        DELETED,
    )


class Orders(TableKind):
    key, has_people, either = Kind.ORDERS, True, IDENTITIES
    fields = (
        Field("number", _("order number"), is_needed=True),
        STATUS_FIELD,
        Field("total", _("total"), MONEY, is_needed=True),
        Field("paid", _("paid"), MONEY),
        Field("discount", _("discount"), MONEY),
        Field("placed_at", _("placed at"), MOMENT),
        CHANGED,
        *PEOPLE,
        Field("coupon_code", _("coupon code")),
        Field("store", _("store")),
        DELETED,
    )
    states = ("placed", "paid", "shipped", "completed", "cancelled")
    kept = ("number", "status", "total", "paid", "discount", "placed_at", "occurred_at", "store")


class Lines(TableKind):
    key, either = Kind.LINES, ("order_key", "order_number")
    fields = (
        Field("order_key", _("key of its order")),
        Field("order_number", _("order number")),
        Field("product_id", _("product id"), is_needed=True),
        Field("name", _("name")),
        Field("category", _("category")),
        Field("quantity", _("quantity"), WHOLE),
        Field("price", _("unit price"), MONEY),
        DELETED,
    )
    kept = ("product_id", "name", "category", "quantity", "price")


class Refunds(TableKind):
    key, either = Kind.REFUNDS, ("order_key", "order_number")
    fields = (
        Field("number", _("refund number"), is_needed=True),
        Field("order_key", _("key of its order")),
        Field("order_number", _("order number")),
        Field("amount", _("amount"), MONEY, is_needed=True),
        Field("status", pgettext_lazy("of an order", "state"), STATUS),
        CHANGED,
        Field("reason", _("reason")),
        DELETED,
    )
    states = ("refunded",)
    kept = ("number", "amount", "status", "occurred_at", "reason")


class Products(TableKind):
    key = Kind.PRODUCTS
    fields = (
        Field("product_id", _("product id"), is_needed=True),
        Field("name", _("name"), is_needed=True),
        Field("category", _("category")),
        Field("price", _("price"), MONEY),
        Field("stock", _("stock"), WHOLE),
        Field("picture_url", _("picture")),
        Field("is_active", _("on sale"), FLAG),
        CHANGED,
        DELETED,
    )
    kept = ("product_id", "name", "category", "price", "stock", "picture_url", "is_active")


class Bookings(TableKind):
    key, has_people, either = Kind.BOOKINGS, True, IDENTITIES
    fields = (
        Field("number", _("number"), is_needed=True),
        STATUS_FIELD,
        Field("starts_at", _("begins"), MOMENT, is_needed=True),
        Field("ends_at", _("ends"), MOMENT),
        *PEOPLE,
        Field("product_id", _("product id")),
        Field("name", _("name")),
        Field("category", _("category")),
        Field("place", _("place")),
        Field("resource", _("who or what is booked")),
        Field("store", _("store")),
        CHANGED,
        DELETED,
    )
    states = ("booked", "rescheduled", "confirmed", "cancelled", "no_show", "attended")
    kept = (
        *("number", "status", "starts_at", "ends_at", "product_id", "name", "category", "place"),
        *("resource", "store", "occurred_at"),
    )


KINDS: Mapping[str, type[TableKind]] = {
    str(kind.key): kind for kind in (Customers, Orders, Lines, Refunds, Products, Bookings)
}
READ = {
    TEXT: lambda value, _mapping, path: values.text(value, path),
    MONEY: values.money,
    MOMENT: values.moment,
    WHOLE: lambda value, _mapping, path: values.whole(value, path),
    FLAG: lambda value, _mapping, path: values.flag(value, path),
    STATUS: lambda value, _mapping, path: values.text(value, path),
}


def missing(kind: type[TableKind], columns: Iterable[str]) -> list[str]:
    """Fields that a mapping of this kind must name and does not."""
    named = set(columns)
    needed = [one.key for one in kind.fields if one.is_needed and one.key not in named]
    return needed if not kind.either or named & set(kind.either) else [*needed, kind.either[0]]
