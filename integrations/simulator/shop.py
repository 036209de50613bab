"""The living shop: people come at their hours, a visit each at a time, until it is told to stop."""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from asgiref.sync import sync_to_async

from integrations.simulator import bodies, history, opening, people
from integrations.simulator.catalogue import PRODUCTS
from integrations.simulator.client import Doors
from integrations.simulator.memory import Memory
from integrations.simulator.people import Person
from integrations.simulator.programs import PROGRAMS
from integrations.simulator.visits import Guest, Visit

WAIT_AT_THE_DOOR = 36  # people, so that the first chains are there within half a minute
BETWEEN_FIRST_ARRIVALS = 0.5
ARRIVALS_PER_SECOND = 0.25
MOST_INSIDE = 80  # nobody else comes in while the server is away
REMEMBERED_DEVICE = 0.4
STRANGERS = 0.1  # look around and never log in
NEWCOMERS = 0.15  # register on this visit: members alone would soon have had all the messages that caps and re-entry allow them
SUMMARY_SECONDS = 10


@dataclass
class Shop:
    seed: str
    members: list[Person]
    doors: Doors
    memory: Memory
    dice: Random
    pace: float
    say: Callable[[str], None]
    counts: Counter = field(default_factory=Counter)
    inside: dict[int, asyncio.Task] = field(default_factory=dict)

    async def live(self) -> None:
        """Never ends by itself. The past is told before the journey is on: nobody gets a coupon for a look of last week."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.summarise())
            await self.tell_the_past()
            await sync_to_async(opening.switch_on_journey)(self.memory)
            await self.let_in(group)

    async def tell_the_past(self) -> None:
        """From where an earlier start left off; a batch told twice changes nothing, its ids are the same."""
        opened_at = datetime.fromisoformat(self.memory["opened_at"])
        told = self.memory["batches_told"] or 0
        if told == 0:
            await self.doors.back_end("/products", {"batch": [product.listed(bodies.moment(opened_at)) for product in PRODUCTS]})
        for number, (door, items) in enumerate(history.past(self.seed, self.members, opened_at).batches(), start=1):
            if number > told:
                sender = self.doors.mini_program if door == "/events" else self.doors.back_end
                await sender(door, {"batch": items})
                self.counts["history"] += len(items)
                self.memory.put(batches_told=number)

    async def let_in(self, group: asyncio.TaskGroup) -> None:
        came = 0
        while True:
            if len(self.inside) < MOST_INSIDE * max(self.pace, 1):
                self.welcome(group)
                came += 1
            seconds = BETWEEN_FIRST_ARRIVALS if came < WAIT_AT_THE_DOOR else self.dice.expovariate(ARRIVALS_PER_SECOND)
            await asyncio.sleep(seconds / self.pace)

    def welcome(self, group: asyncio.TaskGroup) -> None:
        guest = self.who_comes(datetime.now(history.SHOP_ZONE).hour)
        program = PROGRAMS[self.counts["visits"] % len(PROGRAMS)]
        task = group.create_task(Visit(guest, self.doors, self.memory, self.counts, self.dice, program).happen())
        self.inside[guest.person.index] = task
        task.add_done_callback(lambda _task: self.inside.pop(guest.person.index))
        self.counts["visits"] += 1

    def who_comes(self, hour: int) -> Guest:
        """A stranger, a newcomer, or a member with the phone they always had or another one."""
        kind = self.dice.random()
        if kind < NEWCOMERS:
            person = people.person(self.seed, self.memory.next("people", people.COUNT))
            return Guest(person, person.device, is_new=True)
        outside = [person for person in self.members if person.index not in self.inside]
        person = self.dice.choices(outside, [person.comes_at(hour) for person in outside])[0]
        if kind < NEWCOMERS + STRANGERS:
            return Guest(person, f"stranger-{uuid.uuid4().hex[:16]}", logs_in=False)
        return Guest(person, person.device if self.dice.random() < REMEMBERED_DEVICE else f"device-{uuid.uuid4().hex[:16]}")

    async def summarise(self) -> None:
        started = time.monotonic()
        while True:
            await asyncio.sleep(SUMMARY_SECONDS)
            self.say(self.summary(time.monotonic() - started))

    def summary(self, seconds: float) -> str:
        counts = self.counts + self.doors.counts
        names = ["history", "visits", *(f"by {program.__name__}" for program in PROGRAMS), "Product Viewed", "Product Added"]
        names += ["logins", "placed", "paid", "cancelled", "refunds"]
        names += ["messages read", "redeemed", "coupons refused", "chains", "unanswered", "later", "refused"]
        told = ", ".join(f"{name} {counts[name]}" for name in names if counts[name])
        line = f"shop: {seconds:.0f} s, {counts['requests']} requests ({counts['requests'] / seconds:.1f}/s), {len(self.inside)} inside, {told}"
        return f"{line}; last refusal: {self.doors.last_refusal}" if self.doors.last_refusal else line
