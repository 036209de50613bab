from events.models.booking import Booking
from events.models.commerce import Order, OrderLine, Product, Refund
from events.models.event import Event, EventName, Reaction, WatchedName
from events.models.measurement import Measurement
from events.models.schema import SeenEvent, SeenProperty, SettledMark

__all__ = [
    "Booking",
    "Event",
    "EventName",
    "Measurement",
    "Order",
    "OrderLine",
    "Product",
    "Reaction",
    "Refund",
    "SeenEvent",
    "SeenProperty",
    "SettledMark",
    "WatchedName",
]
