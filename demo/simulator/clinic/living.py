"""The living clinic: patients look at services, come at once or do not, are measured, and pay."""

from dataclasses import dataclass
from datetime import datetime

from demo.simulator import opening
from demo.simulator.appointments import TRIAL_STARTS, Appointment, Coming
from demo.simulator.business import Business
from demo.simulator.clinic import past, people
from demo.simulator.clinic.catalogue import DOCTORS, SERVICES, Service
from demo.simulator.clinic.people import Patient
from demo.simulator.guests import now
from demo.simulator.past import Past

BOOKS = 0.7  # the chance that a look at a service ends in an appointment


@dataclass
class Consultation(Coming):
    async def decide(self, service: Service) -> None:
        if self.dice.random() >= BOOKS:
            return
        await self.pause(1, 4)
        number, starts_at = self.memory.booking_number(), now() + TRIAL_STARTS
        appointment = Appointment(
            number,
            self.person,
            service,
            "appointment",
            starts_at,
            service.minutes,
            service.room,
            service.doctor,
        )
        if await self.keep(appointment) is None:
            return
        for reading in self.person.readings(1, self.dice):
            await self.measure(f"{number}:{reading.kind}", *reading, booking_number=number)
        await self.pay(service)


@dataclass
class Clinic(Business):
    premises = opening.CLINIC
    products, stay, count = [*DOCTORS, *SERVICES], Consultation, people.COUNT
    counted = ("booked", "rescheduled", "confirmed", "attended", "no_show", "measured")

    def person(self, index: int) -> Patient:
        return people.patient(self.seed, index)

    def past(self, opened_at: datetime) -> Past:
        return past.past(self.seed, self.members, opened_at)
