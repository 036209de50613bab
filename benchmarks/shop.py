"""Who sends to the product under measurement, and what: events of the demo's people and of
newcomers."""

import uuid
from datetime import UTC, datetime
from random import Random

from django.contrib.auth import get_user_model

from benchmarks.inside import connect
from campaigns.journeys import definition
from campaigns.models import Cap, Journey, QuietHours
from crm_project.queue.due import database_now
from customers.models import Namespace, Source, Workspace
from demo.past.visits import ABOUT_PRODUCTS, NAMES
from demo.simulator.catalogue import PRODUCTS

WATCHED = "Coupon Viewed"
WEIGHTS = [1 / rank for rank in range(1, len(NAMES) + 1)]
NEW_PEOPLE, REPEATED = 0.10, 0.05
WAITING = {"step": "wait", "n": 30, "unit": "days", "next": None}


def a_source(name: str = "Benchmark") -> Source:
    """A server of the demo's shop, with a secret."""
    known = {
        "namespace": Namespace.objects.get_or_create(key="shop")[0],
        "trust": Source.Trust.SERVER,
        "app_id": "wx-demo-shop",
    }
    source, is_new = Source.objects.get_or_create(name=name, defaults=known)
    if is_new:
        source.issue_secrets()
    return source


def a_boss():
    """Somebody of the staff who may do everything."""
    users = get_user_model().objects
    return users.filter(username="benchmark").first() or users.create_superuser("benchmark")


def a_journey(name: str, trigger: dict, step: dict) -> Journey:
    """Live, for everybody and every time."""
    draft = {
        "trigger": trigger,
        "reentry": {"kind": "always"},
        "start": "one",
        "steps": {"one": step},
    }
    journey, is_new = Journey.objects.get_or_create(name=name, defaults={"draft": draft})
    if is_new:
        definition.publish(journey, by=None, now=database_now())
        journey.refresh_from_db()
    return journey


def nobody_is_held_back() -> None:
    """No holdout, no caps, no quiet hours: what is measured is the work, and not how much of it is
    left out, at whatever time."""
    Workspace.get()
    Workspace.objects.update(holdout_percent=0)
    Cap.objects.all().delete()
    QuietHours.objects.all().delete()


def members(count: int) -> list[tuple[str, str, int]]:
    """Member id, openid and number of so many people, from all over the table."""
    with connect() as database:
        return database.execute(
            "SELECT m.value, o.value, m.customer_id FROM customers_identity m JOIN"
            " customers_identity o USING (customer_id) WHERE m.kind = 'member_id' AND o.kind ="
            " 'wx_openid' AND m.value LIKE 'M%%' ORDER BY hashint4(m.customer_id) LIMIT %s",
            [count],
        ).fetchall()


class Writer:
    """Makes events as the shop's server would send them."""

    def __init__(self, dice: Random, people: int):
        self.dice, self.people = dice, members(people)
        self.sent: list[dict] = []

    def event(self, name: str = "", **identities) -> dict:
        name = name or self.dice.choices(NAMES, WEIGHTS)[0]
        event = {
            "id": str(uuid.UUID(int=self.dice.getrandbits(128), version=4)),
            "name": name,
            "occurred_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "identities": identities or self.somebody(),
            "properties": self.properties(name),
            "context": {
                "platform": "ios",
                "scene": 1011,
                "version": "3.2.0",
                "session": f"{self.dice.getrandbits(48):012x}",
            },
        }
        self.sent.append(event)
        return event

    def properties(self, name: str) -> dict:
        if name not in ABOUT_PRODUCTS:
            return {"page": "/pages/index", "seconds": self.dice.randrange(90)}
        product = self.dice.choice(PRODUCTS)
        return {
            "product_id": product.id,
            "name": product.name,
            "category": product.category,
            "price_fen": product.price_fen,
        }

    def somebody(self) -> dict:
        if self.dice.random() < NEW_PEOPLE:
            number = f"{self.dice.getrandbits(48):012x}"
            return {"member_id": f"N{number}", "openid": f"o-new-{number}"}
        member, openid, _number = self.dice.choice(self.people)
        return {"member_id": member, "openid": openid}

    def batch(self, size: int) -> dict:
        """Some of it was sent before."""
        repeated = (
            self.dice.sample(self.sent, int(size * REPEATED)) if len(self.sent) >= size else []
        )
        fresh = [self.event() for _n in range(size - len(repeated))]
        items = fresh + repeated
        self.dice.shuffle(items)
        return {"batch": items}
