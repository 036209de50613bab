"""The tables of this room; rules of a single row stand beside it."""

from events.models.booking import Booking
from events.models.commerce import Order, OrderLine, Product, Refund
from events.models.event import Event, EventName, Reaction, WatchedName
from events.models.figure import DayCustomers, Figure, FigureChange, Reach
from events.models.lifecycle import (
    CLASS_OF,
    CustomerStage,
    CustomerValue,
    CycleMeasure,
    LifecycleSettings,
    Stage,
    StageChange,
    ValueClass,
)
from events.models.measurement import Measurement
from events.models.portrait import Interest, InterestSettings, InterestVersion
from events.models.recommend import ProductPair, ProductSales, RecommendClock
from events.models.schema import EventCursor, SeenEvent, SeenProperty, SourceVolume

__all__ = [
    "CLASS_OF",
    "Booking",
    "CustomerStage",
    "CustomerValue",
    "CycleMeasure",
    "DayCustomers",
    "Event",
    "EventCursor",
    "EventName",
    "Figure",
    "FigureChange",
    "Interest",
    "InterestSettings",
    "InterestVersion",
    "LifecycleSettings",
    "Measurement",
    "Order",
    "OrderLine",
    "Product",
    "ProductPair",
    "ProductSales",
    "Reach",
    "Reaction",
    "RecommendClock",
    "Refund",
    "SeenEvent",
    "SeenProperty",
    "SourceVolume",
    "Stage",
    "StageChange",
    "ValueClass",
    "WatchedName",
]
