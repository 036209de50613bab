"""The living shop."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from demo.simulator import history, opening, people
from demo.simulator.business import Business
from demo.simulator.catalogue import PRODUCTS
from demo.simulator.past import Past
from demo.simulator.people import Person
from demo.simulator.programs import PROGRAMS
from demo.simulator.sms import Texts
from demo.simulator.visits import Visit


@dataclass
class Shop(Business):
    premises = opening.SHOP
    products, stay, programs, count = PRODUCTS, Visit, PROGRAMS, people.COUNT
    counted = (
        *("refunds", "messages read", "redeemed", "coupons refused", "chains"),
        *("WeChat log-ins", "WeChat accepts", "WeChat refusals", "WeChat clicks"),
        *("WeChat refusals later", "WeChat revocations"),
    )

    texts: Texts | None = None  # where it sends short messages

    async def after_the_past(self) -> None:
        await super().after_the_past()
        if self.texts:
            opened = asyncio.create_task(self.texts.open(self.premises, self.doors.url))
            opened.add_done_callback(self.texts_closed)

    def texts_closed(self, opened: asyncio.Task) -> None:
        """Whatever is wrong with them, the shop stays open."""
        if not opened.cancelled() and (wrong := opened.exception()):
            self.say(f"{self.premises.key}: no short messages: {wrong!r}")

    def person(self, index: int) -> Person:
        return people.person(self.seed, index)

    def past(self, opened_at: datetime) -> Past:
        return history.past(self.seed, self.members, opened_at)
