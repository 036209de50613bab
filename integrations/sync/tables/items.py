"""What the native doors make of a row: the same checks, normalising and refusals as of what comes
by HTTP."""

from datetime import datetime

import msgspec
from msgspec import ValidationError

from customers.models import Source
from events.incoming_items import Incoming
from integrations.doors.formats import Rejected
from integrations.doors.reading.free_json import Unfit
from integrations.models import TableMapping
from integrations.native.complaints import close_looks, of_validation
from integrations.native.format import NativeFormat
from integrations.native.orders import Line
from integrations.sync.tables.reading import Row, place

PLACEHOLDER = {"member_id": "row"}  # where we know ourselves whose it is
FIELDS = {"product_id": "product_id", "total_fen": "total", "paid_fen": "paid"}
FIELDS |= {"discount_fen": "discount", "price_fen": "price", "amount_fen": "amount"}
FIELDS |= {"order_number": "order_number"}


def native(
    door: str, said: dict, row: Row, source: Source, now: datetime, *, ident: str
) -> Incoming | Rejected:
    """The item of this door, named by `ident`; what is wrong is said of the row's own column."""
    whose = said.pop("customer_id", None)
    if whose is not None:
        said["identities"] = PLACEHOLDER
    raw = msgspec.json.encode({key: value for key, value in said.items() if value is not None})
    item = NativeFormat.served[f"api/v1/{door}"].one(0, raw, close_looks(raw), source, now)
    if isinstance(item, Rejected):
        item.id, item.path, item.raw = ident, column_of(item.path, row.mapping), row.change.raw
        return item
    item.id, item.content = ident, ident.encode()
    if whose is not None:
        item.identities, item.customer_id = [], whose
    return item


def column_of(path: str, mapping: TableMapping) -> str:
    """The column behind a field of ours; the field itself where no column is."""
    name = path.rpartition(".")[2]
    column = mapping.columns.get(FIELDS.get(name, name))
    return place(mapping, column) if column else path


def check_line(row: Row) -> None:
    """A line that no order may have is refused by itself, and not with its order. Raises Unfit."""
    try:
        msgspec.convert(line_of(row.said), Line)
    except ValidationError as error:
        bad = of_validation(str(error))
        raise Unfit(bad.code, column_of(bad.path, row.mapping), str(bad)) from None


def line_of(said: dict) -> dict:
    """A line as the door of orders takes it."""
    line = {
        "product_id": said.get("product_id"),
        "name": said.get("name"),
        "category": said.get("category"),
        "quantity": said.get("quantity"),
        "price_fen": said.get("price"),
    }
    return {key: value for key, value in line.items() if value is not None}
