"""The past as if a business had always sent it, and what it has planned: the same items with the
same ids, however often they are made."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from demo.simulator import bodies
from demo.simulator.catalogue import Product
from demo.simulator.people import Somebody

ZONE = ZoneInfo("Asia/Shanghai")
BATCH = 500
# Who they are comes first: then every look is known at once.
DOORS = ("/customers", "/events", "/orders", "/refunds", "/bookings", "/measurements")


class Told(NamedTuple):
    at: datetime
    door: str
    item: dict


class Past:
    """What each door has to be told. What lies after the opening is not the past but the agenda: it
    is told when its time has come."""

    def __init__(self, opened_at: datetime):
        self.opened_at = opened_at
        self.told: list[Told] = []

    def tell(self, door: str, at: datetime, item: dict) -> None:
        self.told.append(Told(at, door, item))

    def register(self, person: Somebody, at: datetime) -> None:
        self.tell(
            "/customers",
            at,
            bodies.log_in(
                f"registered:{person.member_id}", person, at, person.device, registered=True
            ),
        )

    def look(
        self, event_id: str, name: str, product: Product, at: datetime, person: Somebody
    ) -> None:
        self.tell("/events", at, bodies.behaviour(event_id, name, product, at, person.device))

    def of(self, door: str) -> list[dict]:
        """What this door is told of the past, in the order of time."""
        return [
            told.item
            for told in sorted(self.told, key=lambda told: told.at)
            if told.door == door and told.at < self.opened_at
        ]

    def batches(self) -> Iterator[tuple[str, list[dict]]]:
        """Door and items, at most 500 together."""
        for door in DOORS:
            items = self.of(door)
            for start in range(0, len(items), BATCH):
                yield door, items[start : start + BATCH]

    def agenda(self) -> list[Told]:
        """What is planned, in the order of time."""
        return sorted(
            (told for told in self.told if told.at >= self.opened_at), key=lambda told: told.at
        )
