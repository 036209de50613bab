"""Rows that stand for themselves: customers, products, bookings."""

from collections.abc import Callable

from events.incoming_items import Incoming
from events.models import Booking
from integrations.doors.formats import Rejected
from integrations.models import TableMapping
from integrations.sync.tables.items import native
from integrations.sync.tables.reading import Row

Kind = TableMapping.Kind
CANCELS = TableMapping.Deleted.CANCELLED


def items(taking, row: Row) -> list[Incoming | Rejected]:
    """What the row says here, as items of the native doors."""
    if row.is_ignored:
        return []
    return [one for one in BY_KIND[row.kind.key](taking, row) if one is not None]


def customers(taking, row: Row) -> list[Incoming | Rejected | None]:
    """What is known of somebody, and, where the table says since when, their registration. A
    deleted row changes nothing: who wants to be forgotten is erased here on purpose."""
    if row.is_deleted:
        return []
    attributes = dict(row.attributes)
    if "name" in row.said:
        attributes["name"] = row.said["name"]
    said = {"identities": row.identities(), "occurred_at": row.stated_at}
    profile = native(
        "customers",
        {**said, "attributes": attributes},
        row,
        taking.source,
        taking.now,
        ident=taking.ident(row),
    )
    if isinstance(profile, Rejected) or "registered_at" not in row.said:
        return [profile]
    registered = native(
        "customers",
        {**said, "registered": True, "occurred_at": row.said["registered_at"]},
        row,
        taking.source,
        taking.now,
        ident=taking.ident(row, "registered"),
    )
    return [registered, profile]


def products(taking, row: Row) -> list[Incoming | Rejected | None]:
    is_active = row.said.get("is_active", True)
    said = row.said
    if row.is_deleted:
        if row.mapping.deleted != CANCELS:
            return []
        is_active, said = False, row.before | row.said
    item = {
        "product_id": said.get("product_id"),
        "name": said.get("name"),
        "category": said.get("category"),
        "price_fen": said.get("price"),
        "stock": said.get("stock"),
        "picture_url": said.get("picture_url"),
        "is_active": is_active,
        "occurred_at": row.stated_at,
    }
    return [native("products", item, row, taking.source, taking.now, ident=taking.ident(row))]


def bookings(taking, row: Row) -> list[Incoming | Rejected | None]:
    said = row.said
    if row.is_deleted:
        if row.mapping.deleted != CANCELS:
            return []
        said = row.before | row.said | {"status": "cancelled"}
    fields = ("number", "status", "starts_at", "ends_at", "product_id", "name", "category")
    item = {
        **{key: said.get(key) for key in (*fields, "place", "resource", "store")},
        "occurred_at": row.change.at if row.is_deleted else row.at,
        "version": row.version,
    }
    if not said.get("status"):
        return []
    if row.is_deleted:
        known = Booking.objects.filter(
            namespace=taking.source.namespace_id, number=said.get("number")
        ).first()
        if known is None:
            return []
        item["customer_id"] = known.origin_customer_id
    else:
        item["identities"] = row.identities()
    return [native("bookings", item, row, taking.source, taking.now, ident=taking.ident(row))]


BY_KIND: dict[str, Callable] = {
    Kind.CUSTOMERS: customers,
    Kind.PRODUCTS: products,
    Kind.BOOKINGS: bookings,
}
