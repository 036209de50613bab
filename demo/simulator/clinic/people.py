"""The clinic's patients: what they come for, how reliably, and how they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import ClassVar, NamedTuple

from demo.simulator.clinic.catalogue import (
    CHECK_UP,
    HYPERTENSION,
    PHYSIOTHERAPY,
    SERVICES,
    TEETH,
    WEIGHT,
    Service,
)
from demo.simulator.people import FIRST_HOURS, MOST, Somebody, chance, full_name

COUNT = 200
COMES_FOR = [CHECK_UP, HYPERTENSION, HYPERTENSION, WEIGHT, WEIGHT, TEETH, PHYSIOTHERAPY]
FAITHFUL = 0.8  # the share of looks at the service they come for


class Reading(NamedTuple):
    kind: str
    value: float
    unit: str


@dataclass(frozen=True)
class Patient(Somebody):
    phones: ClassVar[str] = "19902"
    openids: ClassVar[str] = "o-clinic"

    birth_year: int
    service: Service
    reliability: float  # the chance that they come to an appointment
    lapses: bool  # stopped coming: due, and nothing booked
    systolic: float
    weight: float
    heart_rate: float
    benefit: float  # the share of what is too much that each visit takes away

    @property
    def attributes(self) -> dict:
        return {"name": self.name, "birth_year": self.birth_year}

    def looks_at(self, dice: Random) -> Service:
        return self.service if dice.random() < FAITHFUL else dice.choice(SERVICES)

    def readings(self, visits: int, dice: Random) -> Iterator[Reading]:
        """What is measured after so many visits: the treatment helps, a little, and no two days are
        the same."""
        left = (1 - self.benefit) ** visits
        if self.service in (HYPERTENSION, CHECK_UP):
            systolic = round(120 + (self.systolic - 120) * left + dice.gauss(0, 5))
            yield Reading("收缩压", systolic, "mmHg")
            yield Reading("舒张压", round(systolic * 0.63 + dice.gauss(0, 3)), "mmHg")
            yield Reading("心率", round(self.heart_rate + dice.gauss(0, 4)), "次/分")
        if self.service in (WEIGHT, CHECK_UP):
            yield Reading(
                "体重", round(65 + (self.weight - 65) * left + dice.gauss(0, 0.4), 1), "kg"
            )


def patient(seed: str, index: int) -> Patient:
    index %= MOST
    dice = chance(seed, "patient", index)
    first_hour = dice.choice(FIRST_HOURS)
    return Patient(
        index=index,
        name=full_name(dice),
        hours=(first_hour, first_hour + 1),
        visits_per_day=dice.choice([0.03, 0.05, 0.1, 0.2]),
        birth_year=dice.randrange(1945, 2003),
        service=dice.choice(COMES_FOR),
        reliability=dice.uniform(0.75, 0.98),
        lapses=dice.random() < 0.2,
        systolic=dice.uniform(125, 175),
        weight=dice.uniform(60, 98),
        heart_rate=dice.uniform(62, 88),
        benefit=dice.uniform(0.0, 0.12),
    )
