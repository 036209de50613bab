"""A living business: people come at their hours, a visit each at a time, until it is told to
stop."""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import ClassVar

from asgiref.sync import sync_to_async

from demo.simulator import bodies, opening
from demo.simulator.catalogue import Product
from demo.simulator.client import Doors
from demo.simulator.guests import Guest, Stay
from demo.simulator.memory import Memory
from demo.simulator.opening import Premises
from demo.simulator.past import ZONE, Past
from demo.simulator.people import Somebody
from demo.simulator.programs import Program, native
from demo.simulator.wechat import MiniProgram

WAIT_AT_THE_DOOR = 36  # people, so that the first chains are there within half a minute
BETWEEN_FIRST_ARRIVALS = 0.5
ARRIVALS_PER_SECOND = 0.25
MOST_INSIDE = 80  # nobody else comes in while the server is away
REMEMBERED_DEVICE = 0.4
STRANGERS = 0.1  # look around and never log in
# register on this visit: members alone would soon have had all the messages that caps and re-entry
# allow them
NEWCOMERS = 0.15
SUMMARY_SECONDS = 10


@dataclass
class Business:
    premises: ClassVar[Premises]
    products: ClassVar[Sequence[Product]]
    stay: ClassVar[type[Stay]]
    programs: ClassVar[Sequence[Program]] = (native,)
    count: ClassVar[int]  # of the people who have a past; newcomers are numbered on from here
    counted: ClassVar[Sequence[str]]  # what its summary names beyond what all have

    seed: str
    doors: Doors
    memory: Memory
    dice: Random
    pace: float
    say: Callable[[str], None]
    wechat: MiniProgram | None = None
    counts: Counter = field(default_factory=Counter)
    inside: dict[int, asyncio.Task] = field(default_factory=dict)

    members: list[Somebody] = field(init=False)

    def __post_init__(self):
        self.members = [self.person(index) for index in range(self.count)]

    # -- what each business says of itself

    def person(self, index: int) -> Somebody:
        raise NotImplementedError

    def past(self, opened_at: datetime) -> Past:
        raise NotImplementedError

    async def after_the_past(self) -> None:
        """What is switched on only now: nobody gets a coupon for a look of last week."""
        await sync_to_async(opening.switch_on_journeys)(self.premises, self.memory)
        await sync_to_async(opening.tell_campaigns)(self.premises, self.memory)

    # -- its life

    async def live(self) -> None:
        """Never ends by itself."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.summarise())
            if self.wechat:
                group.create_task(self.wechat.open(self.premises, self.doors.url))
            past = self.past(datetime.fromisoformat(self.memory["opened_at"]))
            await self.tell_the_past(past)
            await self.after_the_past()
            group.create_task(self.keep_the_agenda(past))
            await self.let_in(group)

    async def tell_the_past(self, past: Past) -> None:
        """From where an earlier start left off; a batch told twice changes nothing, its ids are the
        same."""
        told = self.memory["batches_told"] or 0
        if told == 0:
            await self.doors.back_end(
                "/products",
                {
                    "batch": [
                        product.listed(bodies.moment(past.opened_at)) for product in self.products
                    ]
                },
            )
        for number, (door, items) in enumerate(past.batches(), start=1):
            if number > told:
                sender = self.doors.mini_program if door == "/events" else self.doors.back_end
                await sender(door, {"batch": items})
                self.counts["history"] += len(items)
                self.memory.put(batches_told=number)

    async def keep_the_agenda(self, past: Past) -> None:
        """What was planned is told when its time has come; what came while nobody was here, at
        once. Told twice it changes nothing."""
        for at, door, item in past.agenda():
            await asyncio.sleep(
                (at - datetime.now(UTC)).total_seconds()
            )  # of a time that is past: not at all
            await self.doors.back_end(door, item)
            self.counts["agenda"] += 1

    async def let_in(self, group: asyncio.TaskGroup) -> None:
        came = 0
        while True:
            if len(self.inside) < MOST_INSIDE * max(self.pace, 1):
                self.welcome(group)
                came += 1
            seconds = (
                BETWEEN_FIRST_ARRIVALS
                if came < WAIT_AT_THE_DOOR
                else self.dice.expovariate(ARRIVALS_PER_SECOND)
            )
            await asyncio.sleep(seconds / self.pace)

    def welcome(self, group: asyncio.TaskGroup) -> None:
        guest = self.who_comes(datetime.now(ZONE).hour)
        program = self.programs[self.counts["visits"] % len(self.programs)]
        task = group.create_task(
            self.stay(
                guest, self.doors, self.memory, self.counts, self.dice, program, self.wechat
            ).happen()
        )
        self.inside[guest.person.index] = task
        task.add_done_callback(lambda _task: self.inside.pop(guest.person.index))
        self.counts["visits"] += 1

    def who_comes(self, hour: int) -> Guest:
        """A stranger, a newcomer, or a member with the phone they always had or another one."""
        kind = self.dice.random()
        if kind < NEWCOMERS:
            person = self.person(self.memory.next("people", len(self.members)))
            return Guest(person, person.device, is_new=True)
        outside = [person for person in self.members if person.index not in self.inside]
        person = self.dice.choices(outside, [person.comes_at(hour) for person in outside])[0]
        if kind < NEWCOMERS + STRANGERS:
            return Guest(person, f"stranger-{uuid.uuid4().hex[:16]}", logs_in=False)
        return Guest(
            person,
            (
                person.device
                if self.dice.random() < REMEMBERED_DEVICE
                else f"device-{uuid.uuid4().hex[:16]}"
            ),
        )

    async def summarise(self) -> None:
        started = time.monotonic()
        while True:
            await asyncio.sleep(SUMMARY_SECONDS)
            if self.wechat:
                self.wechat.tidy()
            self.say(self.summary(time.monotonic() - started))

    def summary(self, seconds: float) -> str:
        counts, business = self.counts + self.doors.counts, self.premises.key
        names = [
            "history",
            "agenda",
            "visits",
            *(f"by {program.__name__}" for program in self.programs),
            "Product Viewed",
            "Product Added",
        ]
        names += [
            "logins",
            "placed",
            "paid",
            "cancelled",
            *self.counted,
            "unanswered",
            "later",
            "refused",
        ]
        told = ", ".join(f"{name} {counts[name]}" for name in names if counts[name])
        line = (
            f"{business}: {seconds:.0f} s, {counts['requests']} requests"
            f" ({counts['requests'] / seconds:.1f}/s), {len(self.inside)} inside, {told}"
        )
        return (
            f"{line}; last refusal: {self.doors.last_refusal}" if self.doors.last_refusal else line
        )
