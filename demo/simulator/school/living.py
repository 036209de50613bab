"""The living school: families look at courses, come to a trial lesson, and enrol."""

from dataclasses import dataclass
from datetime import datetime

from demo.simulator import opening
from demo.simulator.appointments import TRIAL_STARTS, Appointment, Coming
from demo.simulator.business import Business
from demo.simulator.guests import now
from demo.simulator.past import Past
from demo.simulator.school import past, people
from demo.simulator.school.catalogue import COURSES, Course
from demo.simulator.school.people import Family

TRIES = 0.6  # the chance that a look at a course ends in a trial lesson
ENROLS = 0.3  # and a trial lesson in an enrolment


@dataclass
class Trial(Coming):
    async def decide(self, course: Course) -> None:
        if self.dice.random() >= TRIES:
            return
        await self.pause(1, 4)
        number, starts_at = self.memory.booking_number(), now() + TRIAL_STARTS
        lesson = Appointment(
            number,
            self.person,
            course,
            "class",
            starts_at,
            past.LESSON_MINUTES,
            course.room,
            course.teacher,
        )
        if await self.keep(lesson) is None:
            return
        about = {"product_id": course.id, "booking_number": number}
        await self.measure(
            f"{number}:mark", "测验成绩", self.person.mark(0, self.dice), "分", **about
        )
        if self.dice.random() < ENROLS:
            await self.pay(course)


@dataclass
class School(Business):
    premises = opening.SCHOOL
    products, stay, count = COURSES, Trial, people.COUNT
    counted = ("booked", "rescheduled", "confirmed", "attended", "no_show", "measured")

    def person(self, index: int) -> Family:
        return people.family(self.seed, index)

    def past(self, opened_at: datetime) -> Past:
        return past.past(self.seed, self.members, opened_at)
