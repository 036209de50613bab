"""What the demo's people did in one hour: visits of a few events each, and orders, as rows in
COPY's text form."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

import msgspec

from demo.simulator.catalogue import PRODUCTS, Product

ABOUT_PRODUCTS = [
    "Product Viewed",
    "Product Added",
    "Product Searched",
    "Product Shared",
    "Product Favourited",
    "Product Removed",
]
OTHERS = [
    "Page Viewed",
    "App Launched",
    "Banner Clicked",
    "Cart Viewed",
    "Coupon Viewed",
    "Video Played",
    "Live Entered",
    "Checkout Started",
]
OTHERS += [
    "Signed In",
    "Profile Viewed",
    "Points Viewed",
    "Notice Opened",
    "Form Submitted",
    "Store Viewed",
    "Map Opened",
    "Chat Started",
]
OTHERS += [
    "Review Written",
    "Help Viewed",
    "Invite Sent",
    "Address Viewed",
    "Theme Changed",
    "Feedback Given",
]
NAMES = [name for pair in zip(ABOUT_PRODUCTS, OTHERS, strict=False) for name in pair] + OTHERS[
    len(ABOUT_PRODUCTS) :
]
PLACED, COMPLETED = "Order Placed", "Order Completed"
CONTEXTS = [
    f'{{"platform": "{platform}", "scene": {scene}, "version": "3.{minor}.0"}}'
    for platform in ("ios", "android", "devtools")
    for scene in (1001, 1007, 1011, 1047)
    for minor in range(4)
]
CLOCK = [f"{second // 60:02}:{second % 60:02}" for second in range(3600)]
VISIT = [1, 2, 3, 3, 4, 5, 6, 9]  # events of one visit
DECK = (
    1 << 16
)  # prepared events that are dealt in turn: choosing each anew would cost as much as all the rest


@dataclass
class Told:
    events: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


class Storyteller:
    """Numbers of events and orders go up with time, as they would have."""

    def __init__(
        self,
        people: Sequence[int],
        numbers: dict[str, int],
        source,
        dice: Random,
        *,
        event_id: int,
        order_id: int,
    ):
        self.people, self.numbers, self.source, self.dice = people, numbers, source, dice
        self.event_id, self.order_id = event_id, order_id
        chosen = dice.choices(NAMES, [1 / rank for rank in range(1, len(NAMES) + 1)], k=DECK)
        self.deck = [self.prepared(name) for name in chosen]

    def prepared(self, name: str) -> tuple[int, str]:
        """The number of the name, and the part of the row that does not depend on who and when."""
        context = self.dice.choice(CONTEXTS)
        if name not in ABOUT_PRODUCTS:
            return (
                self.numbers[name],
                f'\\N\t\\N\t{{"page": "/pages/{name.partition(" ")[0].lower()}"}}\t{context}\n',
            )
        product = self.dice.choice(PRODUCTS)
        properties = {
            "product_id": product.id,
            "name": product.name,
            "category": product.category,
            "price_fen": product.price_fen,
        }
        return (
            self.numbers[name],
            f"{product.price_fen}\t{{{product.id}}}\t{as_text(properties)}\t{context}\n",
        )

    def somebody(self) -> int:
        """A few come often, most of them now and then."""
        return self.people[int(len(self.people) * self.dice.random() ** 2)]

    def hour(self, begin: datetime, events: int, orders: int) -> Told:
        told = Told()
        day_and_hour = f"{begin:%Y-%m-%d %H}:"
        for _order in range(orders):
            self.order(day_and_hour, told)
        while events > 0:
            events -= self.visit(day_and_hour, min(self.dice.choice(VISIT), events), told)
        return told

    def visit(self, day_and_hour: str, count: int, told: Told) -> int:
        who, second, bits = self.somebody(), int(self.dice.random() * 3400), self.dice.getrandbits
        place = bits(16)
        for n in range(count):
            name, tail = self.deck[(place + n) % DECK]
            at = day_and_hour + CLOCK[second + 20 * n]
            told.events.append(
                f"{self.event_id}\t{self.source.pk}\t{name}\t{who}\t{who}\t{at}+00\t{at}.5+00\tf\t0\t{bits(128):032x}\t{tail}"
            )
            self.event_id += 1
        return count

    def order(self, day_and_hour: str, told: Told) -> None:
        who, at = self.somebody(), day_and_hour + self.dice.choice(CLOCK) + "+00"
        bought = [
            (product, self.dice.choice([1, 1, 1, 2]))
            for product in self.dice.sample(PRODUCTS, self.dice.choice([1, 1, 2]))
        ]
        total = sum(product.price_fen * quantity for product, quantity in bought)
        is_paid = self.dice.random() < 0.93
        number, paid = f"H{self.order_id:09}", total if is_paid else 0
        status = "paid" if is_paid else "cancelled"
        told.orders.append(
            f"{self.order_id}\t{who}\t{who}\t{self.source.namespace_id}\t{number}\t{self.source.pk}\t{status}\t{at}\t{at}\t"
            f"{at if is_paid else chr(92) + 'N'}\t{total}\t0\t{paid}\t0\t\n"
        )
        told.lines += [line(self.order_id, product, quantity) for product, quantity in bought]
        self.order_id += 1
        for kind in [(PLACED, "placed")] + [(COMPLETED, "paid")] * is_paid:
            told.events.append(self.order_event(kind, number, who, at, bought))

    def order_event(
        self, kind: tuple[str, str], number: str, who: int, at: str, bought: list
    ) -> str:
        (name, state), total = (
            kind,
            sum(product.price_fen * quantity for product, quantity in bought),
        )
        goods = [
            {
                "product_id": p.id,
                "name": p.name,
                "category": p.category,
                "quantity": q,
                "price_fen": p.price_fen,
            }
            for p, q in bought
        ]
        properties = as_text(
            {"order_number": number, "status": state, "total_fen": total, "products": goods}
        )
        keys = ",".join(product.id for product, _quantity in bought)
        self.event_id += 1
        return (
            f"{self.event_id - 1}\t{self.source.pk}\t{self.numbers[name]}\t{who}\t{who}\t{at}\t{at}\tf\t0\torders:{number}:{state}\t"  # noqa: E501
            f"{total}\t{{{keys}}}\t{properties}\t{{}}\n"
        )


def line(order: int, product: Product, quantity: int) -> str:
    return f"{order}\t{product.id}\t{product.name}\t{product.category}\t{quantity}\t{product.price_fen}\n"  # noqa: E501


def as_text(value: dict) -> str:
    return msgspec.json.encode(value).decode()
