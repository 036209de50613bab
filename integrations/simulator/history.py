"""The last 60 days as if the shop had always sent them: the same items with the same ids, however often they are made."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from integrations.simulator import bodies
from integrations.simulator.catalogue import Product
from integrations.simulator.people import Person, chance

DAYS = 60
BATCH = 500
FIRST_NUMBER = 100_001
SHOP_ZONE = ZoneInfo("Asia/Shanghai")
LAST_BEFORE_OPENING = timedelta(minutes=15)  # then the living shop goes on


class Purchase(NamedTuple):
    at: datetime
    person: Person
    product: Product
    quantity: int


@dataclass
class Past:
    """What each door has to be told, in the order of time."""

    logins: list[dict] = field(default_factory=list)
    looks: list[dict] = field(default_factory=list)
    purchases: list[Purchase] = field(default_factory=list)
    orders: list[dict] = field(default_factory=list)
    refunds: list[dict] = field(default_factory=list)

    def batches(self) -> Iterator[tuple[str, list[dict]]]:
        """Door and items, at most 500 together. Who they are comes first: then every look is known at once."""
        doors = {"/customers": self.logins, "/events": self.looks, "/orders": self.orders, "/refunds": self.refunds}
        for door, items in doors.items():
            for start in range(0, len(items), BATCH):
                yield door, items[start : start + BATCH]


def past(seed: str, people: list[Person], opened_at: datetime) -> Past:
    story = Past()
    for person in people:
        _live_through(story, person, chance(seed, "past", person.index), opened_at)
    story.looks.sort(key=lambda item: item["occurred_at"])
    _number_orders(story, chance(seed, "orders"), opened_at)
    return story


def _live_through(story: Past, person: Person, dice: Random, opened_at: datetime) -> None:
    first_day = dice.choice([0, 0, 0, *range(1, DAYS)])
    for day in range(first_day, DAYS):
        if day > first_day and dice.random() >= person.visits_per_day:
            continue
        at = _moment(person, dice, opened_at - timedelta(days=DAYS - day))
        if at > opened_at - LAST_BEFORE_OPENING:
            continue
        if not story.logins or story.logins[-1]["identities"]["member_id"] != person.member_id:
            story.logins.append(bodies.log_in(f"registered:{person.member_id}", person, at, person.device, registered=True))
        _visit(story, person, dice, at)


def _moment(person: Person, dice: Random, day: datetime) -> datetime:
    hour = dice.choice(person.hours) if dice.random() < 0.7 else dice.randrange(7, 24)
    midnight = day.astimezone(SHOP_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(hours=hour, seconds=dice.randrange(3000))


def _visit(story: Past, person: Person, dice: Random, at: datetime) -> None:
    visit = f"{person.index}:{at:%y%m%d}"
    for look in range(dice.choice([1, 2, 2, 3, 4])):
        product = person.looks_at(dice)
        at += timedelta(seconds=dice.randrange(10, 90))
        story.looks.append(bodies.behaviour(f"view:{visit}:{look}", "Product Viewed", product, at, person.device))
        if dice.random() < 0.3:
            at += timedelta(seconds=dice.randrange(5, 30))
            story.looks.append(bodies.behaviour(f"cart:{visit}:{look}", "Product Added", product, at, person.device))
    if person.is_won_by(product, dice):
        story.purchases.append(Purchase(at + timedelta(seconds=dice.randrange(20, 120)), person, product, dice.choice([1, 1, 1, 2])))


def _number_orders(story: Past, dice: Random, opened_at: datetime) -> None:
    """Numbers rise with time."""
    story.purchases.sort(key=lambda purchase: (purchase.at, purchase.person.index))
    for number, purchase in enumerate(story.purchases, start=FIRST_NUMBER):
        _fulfil(story, str(number), purchase, dice.random(), opened_at)
    story.orders.sort(key=lambda item: item["occurred_at"])


def _fulfil(story: Past, number: str, purchase: Purchase, fate: float, opened_at: datetime) -> None:
    """Most orders are paid and completed after four days; a few are cancelled or refunded, whole or half."""
    at, lines = purchase.at, [bodies.line(purchase.product, purchase.quantity)]
    paid_fen = bodies.total_fen(lines)
    states = [("placed", at, {})]
    if fate < 0.04:
        states.append(("cancelled", at + timedelta(minutes=10), {}))
    else:
        states.append(("paid", at + timedelta(seconds=45), {"paid_fen": paid_fen}))
        states.append(("completed", at + timedelta(days=4), {"paid_fen": paid_fen}))
    story.orders += [bodies.order(number, status, purchase.person, lines, at, **money) for status, at, money in states if at < opened_at]
    refunded_at = at + timedelta(days=6)
    if 0.04 <= fate < 0.09 and refunded_at < opened_at:
        story.refunds.append(bodies.refund(number, paid_fen if fate < 0.06 else paid_fen // 2, refunded_at, "不想要了"))
