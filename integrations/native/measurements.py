"""POST /api/v1/measurements: a value of a customer at a time."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from customers.models import Source
from events.commerce.measurements import EVENT
from events.incoming_items import Incoming, Measured
from integrations.native.complaints import BadItem
from integrations.native.door import Door
from integrations.native.fields import Id, Identities, Item, Moment, Text, moment, nonblank

MOST = 1e15


class MeasurementItem(Item, kw_only=True):
    """`value`, `text` (a grade, a finding), or both."""

    id: Id
    kind: Annotated[str, Meta(min_length=1, max_length=60)]
    value: Annotated[float, Meta(ge=-MOST, le=MOST)] | None = None
    unit: Annotated[str, Meta(max_length=30)] = ""
    text: Text = ""
    product_id: Annotated[str, Meta(max_length=128)] = ""
    booking_number: Annotated[str, Meta(max_length=100)] = ""
    occurred_at: Moment
    identities: Identities


class Measurements(Door):
    item = MeasurementItem
    is_server_only = True

    def incoming(
        self, item: MeasurementItem, content: bytes, source: Source, now: datetime
    ) -> Incoming:
        measured = Measured(
            number=item.id,
            kind=nonblank(item.kind, "$.kind"),
            occurred_at=moment(item.occurred_at, now),
            value=item.value,
            unit=item.unit.strip(),
            text=item.text.strip(),
            product_id=item.product_id,
            booking_number=item.booking_number,
        )
        if measured.value is None and not measured.text:
            raise BadItem("missing_field", "$.value", "A measurement has a value, a text, or both.")
        return Incoming(
            id=item.id,
            content=content,
            name=EVENT,
            occurred_at=measured.occurred_at,
            identities=item.identities.named(),
            properties=properties_of(measured),
            event_id=f"measurements:{item.id}:recorded",
            keys=[item.product_id] if item.product_id else None,
            measurement=measured,
        )


def properties_of(measured: Measured) -> dict:
    """The value stays out: events are seen by many, and go out to other systems."""
    return {
        "measurement_id": measured.number,
        "kind": measured.kind,
        "unit": measured.unit,
        "product_id": measured.product_id,
        "booking_number": measured.booking_number,
    }
