"""What every visit has in common: somebody looks around in the mini-program, logs in, and pays what
they order."""

import asyncio
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING

from demo.simulator import bodies
from demo.simulator.catalogue import Product
from demo.simulator.client import Doors
from demo.simulator.memory import Memory
from demo.simulator.people import Somebody
from demo.simulator.programs import Program, native

if TYPE_CHECKING:
    from demo.simulator.wechat import MiniProgram


@dataclass(frozen=True)
class Guest:
    """A person, and as whom they come."""

    person: Somebody
    anonymous_id: str
    logs_in: bool = True
    is_new: bool = False


@dataclass
class Stay:
    """A guest, and the business around them."""

    guest: Guest
    doors: Doors
    memory: Memory
    counts: Counter
    dice: Random
    program: Program = native
    wechat: "MiniProgram | None" = None  # where the business has one there

    @property
    def person(self) -> Somebody:
        return self.guest.person

    async def happen(self) -> None:
        product = await self.browse()
        if self.guest.logs_in:
            await self.log_in()
            await self.decide(product)

    async def decide(self, product: Product) -> None:
        """What they do about the product that they looked at last."""
        raise NotImplementedError

    async def pause(self, least: float, most: float) -> None:
        await asyncio.sleep(self.dice.uniform(least, most))

    async def browse(self) -> Product:
        """The product they looked at last, which is the one they think about."""
        for _look in range(self.dice.choice([1, 1, 2])):
            product = self.person.looks_at(self.dice)
            await self.behave("Product Viewed", product)
            await self.pause(0.5, 2)
        return product

    async def behave(self, name: str, product: Product) -> None:
        await self.program(self.doors, name, product, now(), self.guest.anonymous_id)
        self.counts[name] += 1
        self.counts[f"by {self.program.__name__}"] += 1

    async def log_in(self) -> None:
        login_id = (
            f"registered:{self.person.member_id}"
            if self.guest.is_new
            else f"login:{uuid.uuid4().hex}"
        )
        item = bodies.log_in(
            login_id, self.person, now(), self.guest.anonymous_id, registered=self.guest.is_new
        )
        await self.doors.back_end("/customers", item)
        self.counts["logins"] += 1

    async def tell_order(self, number: str, status: str, lines: list[dict], **money) -> None:
        await self.doors.back_end(
            "/orders", bodies.order(number, status, self.person, lines, now(), **money)
        )
        self.counts[status] += 1


def now() -> datetime:
    return datetime.now(UTC)
