"""What school and clinic share: somebody is to come to a time, and comes, puts it off, calls it off
or stays away."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import NamedTuple

from demo.simulator import bodies
from demo.simulator.catalogue import Product
from demo.simulator.guests import Stay, now
from demo.simulator.people import Somebody

ONE_DAY = timedelta(days=1)
TRIAL_STARTS = timedelta(
    seconds=12
)  # the living simulation shows a whole booking within half a minute


class Fate(StrEnum):
    ATTENDED = "attended"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    RESCHEDULED = "rescheduled"  # and attended then


def fate(dice: Random, reliability: float) -> Fate:
    """What becomes of a booking of somebody who comes with this probability."""
    luck = dice.random()
    if luck < 0.05:
        return Fate.CANCELLED
    if luck < 0.1:
        return Fate.RESCHEDULED
    return Fate.ATTENDED if dice.random() < reliability else Fate.NO_SHOW


class State(NamedTuple):
    status: str
    at: datetime
    appointment: "Appointment"


@dataclass(frozen=True)
class Appointment:
    number: str
    person: Somebody
    product: Product
    kind: str  # of booking: class, appointment, service
    starts_at: datetime
    minutes: int
    place: str
    resource: str

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)

    def item(self, status: str, at: datetime) -> dict:
        """One state as /bookings takes it."""
        return bodies.booking(
            self.number,
            status,
            self.person,
            at,
            self.starts_at,
            self.ends_at,
            kind=self.kind,
            product_id=self.product.id,
            name=self.product.name,
            category=self.product.category,
            place=self.place,
            resource=self.resource,
        )

    def states(
        self, booked_at: datetime, fate: Fate, *, register: timedelta, put_off: timedelta
    ) -> Iterator[State]:
        """Everything that is told of it. The register is taken so long after the start; who puts it
        off does so by this much."""
        waiting = self.starts_at - booked_at
        yield State("booked", booked_at, self)
        if fate == Fate.CANCELLED:
            yield State("cancelled", booked_at + waiting * 0.6, self)
        elif fate == Fate.RESCHEDULED:
            later = replace(self, starts_at=self.starts_at + put_off)
            yield State("rescheduled", booked_at + waiting * 0.5, later)
            yield State("attended", later.starts_at + register, later)
        else:
            yield State("confirmed", booked_at + waiting * 0.7, self)
            yield State(fate.value, self.starts_at + register, self)


@dataclass
class Coming(Stay):
    """A visit in which somebody (who has a `reliability`) books what begins at once, and comes or
    does not."""

    async def keep(self, appointment: Appointment) -> Appointment | None:
        """The booking's states as their times come; what was attended, if it was."""
        planned = fate(self.dice, self.person.reliability)
        for status, at, told in appointment.states(
            now(), planned, register=timedelta(seconds=2), put_off=TRIAL_STARTS
        ):
            await asyncio.sleep((at - now()).total_seconds())
            await self.doors.back_end("/bookings", told.item(status, now()))
            self.counts[status] += 1
        return told if status == Fate.ATTENDED else None

    async def pay(self, product: Product) -> None:
        """A fee, at once and in full."""
        number, lines = self.memory.order_number(), [bodies.line(product, 1)]
        await self.tell_order(number, "placed", lines)
        await self.pause(0.5, 2)
        await self.tell_order(number, "paid", lines, paid_fen=bodies.total_fen(lines))

    async def measure(
        self, measurement_id: str, kind: str, value: float, unit: str, **more
    ) -> None:
        await self.doors.back_end(
            "/measurements",
            bodies.measurement(measurement_id, kind, value, unit, self.person, now(), **more),
        )
        self.counts["measured"] += 1
