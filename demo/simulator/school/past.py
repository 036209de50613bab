"""The last twelve weeks of the school, and the lessons of the next two."""

from datetime import datetime, timedelta
from random import Random

from demo.simulator import bodies
from demo.simulator.appointments import Appointment, Fate, fate
from demo.simulator.past import Past
from demo.simulator.people import chance
from demo.simulator.school.people import Family

WEEKS, WEEKS_AHEAD = 12, 2
DRIFTING = timedelta(weeks=3)
ABSENT = 0.05  # how often those come who drift away
LESSON_MINUTES = 60
LESSONS_PER_TEST = 3
LESSONS_PER_REPORT = 4
BOOKED_AHEAD = timedelta(days=6)
REGISTER = timedelta(minutes=10)


def past(seed: str, families: list[Family], opened_at: datetime) -> Past:
    story = Past(opened_at)
    for family in families:
        dice = chance(seed, "term", family.index)
        came_at = opened_at - timedelta(
            days=dice.uniform(40 if family.drifts_away else 10, WEEKS * 7)
        )
        story.register(family, came_at)
        look_around(story, family, dice, came_at)
        if family.enrols:
            enrol(story, family, came_at + timedelta(hours=dice.uniform(1, 48)))
            come_to_lessons(story, family, dice, came_at + timedelta(days=2))
    return story


def look_around(story: Past, family: Family, dice: Random, came_at: datetime) -> None:
    day, at = 0, came_at
    while at < story.opened_at:
        for look in range(dice.choice([1, 2, 3])):
            seen_at = at + timedelta(minutes=look)
            if seen_at < story.opened_at:
                story.look(
                    f"view:{family.index}:{day}:{look}",
                    "Product Viewed",
                    family.looks_at(dice),
                    seen_at,
                    family,
                )
        days = dice.expovariate(family.visits_per_day)
        day, at = day + 1, at + timedelta(days=max(days, 0.2))


def enrol(story: Past, family: Family, at: datetime) -> None:
    """The term's fee, paid at once."""
    lines, number = [bodies.line(family.course, 1)], f"E{family.index:05}"
    for status, seconds in (("placed", 0), ("paid", 50)):
        told_at = at + timedelta(seconds=seconds)
        money = {"paid_fen": bodies.total_fen(lines)} if status == "paid" else {}
        story.tell(
            "/orders", told_at, bodies.order(number, status, family, lines, told_at, **money)
        )


def come_to_lessons(story: Past, family: Family, dice: Random, since: datetime) -> None:
    course, starts_at, came = family.course, family.course.lesson_after(since), []
    while starts_at < story.opened_at + timedelta(weeks=WEEKS_AHEAD):
        lesson = len(came) + 1
        is_away = family.drifts_away and starts_at > story.opened_at - DRIFTING
        planned = (
            Fate.NO_SHOW if is_away and dice.random() > ABSENT else fate(dice, family.diligence)
        )
        appointment = Appointment(
            f"L{family.index:05}-{lesson:02}",
            family,
            course,
            "class",
            starts_at,
            LESSON_MINUTES,
            course.room,
            course.teacher,
        )
        states = appointment.states(
            max(starts_at - BOOKED_AHEAD, since),
            planned,
            register=REGISTER,
            put_off=timedelta(days=2),
        )
        for status, at, told in states:
            story.tell("/bookings", at, told.item(status, at))
        came.append(status == Fate.ATTENDED)
        if came[-1] and lesson % LESSONS_PER_TEST == 0:
            test(story, family, dice, told, lesson)
        if lesson % LESSONS_PER_REPORT == 0:
            report(story, family, told, came)
        starts_at += timedelta(weeks=1)


def test(story: Past, family: Family, dice: Random, lesson: Appointment, number: int) -> None:
    about = {"product_id": lesson.product.id, "booking_number": lesson.number}
    mark = bodies.measurement(
        f"{lesson.number}:mark",
        "测验成绩",
        family.mark(number, dice),
        "分",
        family,
        lesson.ends_at,
        **about,
    )
    story.tell("/measurements", lesson.ends_at, mark)


def report(story: Past, family: Family, lesson: Appointment, came: list[bool]) -> None:
    share = round(100 * sum(came[-LESSONS_PER_REPORT:]) / LESSONS_PER_REPORT, 1)
    at = lesson.ends_at + timedelta(hours=1)
    rate = bodies.measurement(
        f"{lesson.number}:attendance",
        "出勤率",
        share,
        "%",
        family,
        at,
        product_id=lesson.product.id,
    )
    story.tell("/measurements", at, rate)
