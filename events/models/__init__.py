from events.models.commerce import Order, OrderLine, Product, Refund
from events.models.event import Event, EventName, Reaction, WatchedName
from events.models.schema import SchemaMark, SeenEvent, SeenProperty

__all__ = [
    "Event",
    "EventName",
    "Order",
    "OrderLine",
    "Product",
    "Reaction",
    "Refund",
    "SchemaMark",
    "SeenEvent",
    "SeenProperty",
    "WatchedName",
]
