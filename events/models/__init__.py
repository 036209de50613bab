from events.models.commerce import Order, OrderLine, Product, Refund
from events.models.event import Event, EventName, Reaction, WatchedName

__all__ = ["Event", "EventName", "Order", "OrderLine", "Product", "Reaction", "Refund", "WatchedName"]
