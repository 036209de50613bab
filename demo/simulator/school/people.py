"""The school's families: how reliable, how able, and whether they are drifting away."""

from dataclasses import dataclass
from random import Random
from typing import ClassVar

from demo.simulator.people import FIRST_HOURS, MOST, Somebody, chance, full_name
from demo.simulator.school.catalogue import COURSES, OF_SUBJECT, SUBJECTS, Course

COUNT = 200
GRADES = ["一年级", "二年级", "三年级", "四年级", "五年级", "六年级"]
FAITHFUL = 0.8  # the share of looks at the favourite subject


@dataclass(frozen=True)
class Family(Somebody):
    phones: ClassVar[str] = "19901"
    openids: ClassVar[str] = "o-school"

    grade: str
    subject: str  # of lasting interest
    step: int  # of the course they begin with
    enrols: bool  # the others only look around
    diligence: float  # the chance that they come to a lesson
    drifts_away: bool  # came well until three weeks ago, and then hardly ever
    ability: float  # the mark they begin with
    progress: float  # marks per lesson

    @property
    def attributes(self) -> dict:
        return {"name": self.name, "grade": self.grade, "subject": self.subject}

    @property
    def course(self) -> Course:
        return OF_SUBJECT[self.subject][self.step]

    @property
    def reliability(self) -> float:
        return self.diligence

    def looks_at(self, dice: Random) -> Course:
        return dice.choice(OF_SUBJECT[self.subject] if dice.random() < FAITHFUL else COURSES)

    def mark(self, lesson: int, dice: Random) -> float:
        return round(min(max(self.ability + self.progress * lesson + dice.gauss(0, 4), 20), 100), 1)


def family(seed: str, index: int) -> Family:
    index %= MOST
    dice = chance(seed, "family", index)
    first_hour = dice.choice(FIRST_HOURS)
    return Family(
        index=index,
        name=full_name(dice),
        hours=(first_hour, first_hour + 1),
        visits_per_day=dice.choice([0.1, 0.2, 0.2, 0.4, 0.6]),
        grade=dice.choice(GRADES),
        subject=dice.choice(list(SUBJECTS)),
        step=dice.choice([0, 0, 0, 1]),
        enrols=dice.random() < 0.75,
        diligence=dice.uniform(0.7, 0.98),
        drifts_away=dice.random() < 0.15,
        ability=dice.uniform(55, 85),
        progress=dice.uniform(-0.4, 1.2),
    )
