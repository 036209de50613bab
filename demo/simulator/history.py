"""The last 60 days of the shop."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from demo.simulator import bodies
from demo.simulator.catalogue import Product
from demo.simulator.past import ZONE, Past
from demo.simulator.people import Person, chance

DAYS = 60
FIRST_NUMBER = 100_001
LAST_BEFORE_OPENING = timedelta(minutes=15)  # then the living shop goes on


class Purchase(NamedTuple):
    at: datetime
    person: Person
    product: Product
    quantity: int


def past(seed: str, people: list[Person], opened_at: datetime) -> Past:
    story, purchases = Past(opened_at), []
    for person in people:
        purchases += _live_through(story, person, chance(seed, "past", person.index), opened_at)
    _number_orders(story, purchases, chance(seed, "orders"))
    return story


def _live_through(
    story: Past, person: Person, dice: Random, opened_at: datetime
) -> Iterator[Purchase]:
    is_known = False
    first_day = dice.choice([0, 0, 0, *range(1, DAYS)])
    for day in range(first_day, DAYS):
        if day > first_day and dice.random() >= person.visits_per_day:
            continue
        at = _moment(person, dice, opened_at - timedelta(days=DAYS - day))
        if at > opened_at - LAST_BEFORE_OPENING:
            continue
        if not is_known:
            story.register(person, at)
            is_known = True
        yield from _visit(story, person, dice, at)


def _moment(person: Person, dice: Random, day: datetime) -> datetime:
    hour = dice.choice(person.hours) if dice.random() < 0.7 else dice.randrange(7, 24)
    midnight = day.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(hours=hour, seconds=dice.randrange(3000))


def _visit(story: Past, person: Person, dice: Random, at: datetime) -> Iterator[Purchase]:
    visit = f"{person.index}:{at:%y%m%d}"
    for look in range(dice.choice([1, 2, 2, 3, 4])):
        product = person.looks_at(dice)
        at += timedelta(seconds=dice.randrange(10, 90))
        story.look(f"view:{visit}:{look}", "Product Viewed", product, at, person)
        if dice.random() < 0.3:
            at += timedelta(seconds=dice.randrange(5, 30))
            story.look(f"cart:{visit}:{look}", "Product Added", product, at, person)
    if person.is_won_by(product, dice):
        yield Purchase(
            at + timedelta(seconds=dice.randrange(20, 120)),
            person,
            product,
            dice.choice([1, 1, 1, 2]),
        )


def _number_orders(story: Past, purchases: list[Purchase], dice: Random) -> None:
    """Numbers rise with time."""
    purchases.sort(key=lambda purchase: (purchase.at, purchase.person.index))
    for number, purchase in enumerate(purchases, start=FIRST_NUMBER):
        _fulfil(story, str(number), purchase, dice.random())


def _fulfil(story: Past, number: str, purchase: Purchase, fate: float) -> None:
    """Most orders are paid and completed after four days; a few are cancelled or refunded, whole or
    half."""
    at, lines = purchase.at, [bodies.line(purchase.product, purchase.quantity)]
    paid_fen = bodies.total_fen(lines)
    states = [("placed", at, {})]
    if fate < 0.04:
        states.append(("cancelled", at + timedelta(minutes=10), {}))
    else:
        states.append(("paid", at + timedelta(seconds=45), {"paid_fen": paid_fen}))
        states.append(("completed", at + timedelta(days=4), {"paid_fen": paid_fen}))
    for status, at_state, money in states:
        story.tell(
            "/orders",
            at_state,
            bodies.order(number, status, purchase.person, lines, at_state, **money),
        )
    if 0.04 <= fate < 0.09:
        refunded_at = at + timedelta(days=6)
        amount_fen = paid_fen if fate < 0.06 else paid_fen // 2
        story.tell(
            "/refunds", refunded_at, bodies.refund(number, amount_fen, refunded_at, "不想要了")
        )
