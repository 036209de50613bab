"""The last half year of the clinic, and the appointments that are booked already."""

from datetime import datetime, timedelta
from random import Random

from demo.simulator import bodies
from demo.simulator.appointments import Appointment, Fate, fate
from demo.simulator.clinic.catalogue import HYPERTENSION
from demo.simulator.clinic.people import Patient
from demo.simulator.past import ZONE, Past
from demo.simulator.people import chance

DAYS = 180
LAPSED_DAYS = 60  # how long before the opening those stopped coming who lapse
BOOKED_AHEAD = timedelta(days=4)
REGISTER = timedelta(minutes=5)
AT_HOME = timedelta(days=7)  # between two readings that a patient takes at home


def past(seed: str, patients: list[Patient], opened_at: datetime) -> Past:
    story = Past(opened_at)
    for patient in patients:
        dice = chance(seed, "care", patient.index)
        came_at = opened_at - timedelta(
            days=dice.uniform(LAPSED_DAYS + 10 if patient.lapses else 8, DAYS)
        )
        story.register(patient, came_at)
        look_around(story, patient, dice, came_at)
        visits = come(story, patient, dice, came_at)
        if patient.service == HYPERTENSION:
            measure_at_home(story, patient, dice, visits)
    return story


def look_around(story: Past, patient: Patient, dice: Random, came_at: datetime) -> None:
    look, at = 0, came_at + timedelta(minutes=1)
    while at < story.opened_at:
        story.look(
            f"view:{patient.index}:{look}", "Product Viewed", patient.looks_at(dice), at, patient
        )
        look, at = look + 1, at + timedelta(days=max(dice.expovariate(patient.visits_per_day), 0.1))


def come(story: Past, patient: Patient, dice: Random, came_at: datetime) -> list[datetime]:
    """Every so many days; the visits that took place."""
    until = (
        story.opened_at - timedelta(days=LAPSED_DAYS)
        if patient.lapses
        else story.opened_at + BOOKED_AHEAD
    )
    service, visits, number = patient.service, [], 0
    starts_at = surgery_hour(came_at + BOOKED_AHEAD, dice)
    while starts_at < until:
        number += 1
        appointment = Appointment(
            f"A{patient.index:05}-{number:02}",
            patient,
            service,
            "appointment",
            starts_at,
            service.minutes,
            service.room,
            service.doctor,
        )
        planned = fate(dice, patient.reliability)
        booked_at = max(starts_at - BOOKED_AHEAD, came_at + timedelta(minutes=5))
        for status, at, told in appointment.states(
            booked_at, planned, register=REGISTER, put_off=timedelta(days=1)
        ):
            story.tell("/bookings", at, told.item(status, at))
        if status == Fate.ATTENDED:
            visit(story, patient, dice, told, len(visits))
            visits.append(told.starts_at)
        starts_at = surgery_hour(
            starts_at + timedelta(days=service.every_days * dice.uniform(0.9, 1.3)), dice
        )
    return visits


def surgery_hour(day: datetime, dice: Random) -> datetime:
    midnight = day.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(
        hours=dice.choice([9, 10, 11, 14, 15, 16]), minutes=dice.choice([0, 20, 40])
    )


def visit(
    story: Past, patient: Patient, dice: Random, appointment: Appointment, visits: int
) -> None:
    """What is measured, and the fee."""
    for reading in patient.readings(visits, dice):
        at = appointment.starts_at + timedelta(minutes=8)
        item = bodies.measurement(
            f"{appointment.number}:{reading.kind}",
            *reading,
            patient,
            at,
            booking_number=appointment.number,
        )
        story.tell("/measurements", at, item)
    lines = [bodies.line(appointment.product, 1)]
    for status, minutes in (("placed", 1), ("paid", 2)):
        at = appointment.ends_at + timedelta(minutes=minutes)
        money = {"paid_fen": bodies.total_fen(lines)} if status == "paid" else {}
        story.tell(
            "/orders",
            at,
            bodies.order(f"F{appointment.number}", status, patient, lines, at, **money),
        )


def measure_at_home(story: Past, patient: Patient, dice: Random, visits: list[datetime]) -> None:
    """Since their first visit, once a week; the back end passes it on."""
    if not visits:
        return
    at, day = visits[0] + AT_HOME / 2, 0
    while at < story.opened_at:
        been = sum(visited < at for visited in visits)
        for reading in list(patient.readings(been, dice))[:2]:
            item = bodies.measurement(
                f"H{patient.index:05}-{day}:{reading.kind}", *reading, patient, at, text="家中自测"
            )
            story.tell("/measurements", at, item)
        day, at = day + 1, at + AT_HOME
