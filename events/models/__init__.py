from events.models.booking import Booking
from events.models.commerce import Order, OrderLine, Product, Refund
from events.models.event import Event, EventName, Reaction, WatchedName
from events.models.figure import DayCustomers, Figure, FigureChange, Reach
from events.models.measurement import Measurement
from events.models.schema import SeenEvent, SeenProperty, SettledMark

__all__ = [
    "Booking",
    "DayCustomers",
    "Event",
    "EventName",
    "Figure",
    "FigureChange",
    "Measurement",
    "Order",
    "OrderLine",
    "Product",
    "Reach",
    "Reaction",
    "Refund",
    "SeenEvent",
    "SeenProperty",
    "SettledMark",
    "WatchedName",
]
