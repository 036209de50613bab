"""Typed rows are read by many: where a text of theirs is somebody's number as a whole, it stands
there masked. The event keeps it sealed."""

from customers.privacy.personal import covered
from events.incoming_items import Incoming


def cover(item: Incoming) -> None:
    """The item's order, refund, booking, measurement and product hold nobody's number in clear.
    Asked again it changes nothing."""
    if item.order:
        item.order.lines = [
            line | {field: covered(line.get(field, "")) for field in ("name", "category")}
            for line in item.order.lines
        ]
    if item.refund:
        cover_texts(item.refund, "reason")
    if item.booking:
        cover_texts(item.booking, "name", "category", "place", "resource")
    if item.measurement:
        cover_texts(item.measurement, "text")
    if item.product:
        cover_texts(item.product, "name", "category")


def cover_texts(row, *fields: str) -> None:
    for field in fields:
        setattr(row, field, covered(getattr(row, field)))
