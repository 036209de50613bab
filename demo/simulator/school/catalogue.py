"""What the school teaches: a weekly lesson each, in two steps of every subject, so that one course
leads to the next."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from demo.simulator.catalogue import Product
from demo.simulator.past import ZONE

SUBJECTS = {
    "音乐": ("钢琴", "林老师", "3 号琴房", 1),
    "美术": ("创意美术", "苏老师", "画室", 2),
    "科技": ("少儿编程", "何老师", "机房", 3),
    "语言": ("英语口语", "Emma 老师", "201 教室", 4),
    "数学": ("思维数学", "高老师", "202 教室", 5),
    "体育": ("篮球", "马教练", "体育馆", 6),
    "书法": ("硬笔书法", "沈老师", "203 教室", 7),
}
STEPS = (("启蒙", 198000, 16), ("进阶", 268000, 18))  # name, fee for a term, hour of the lesson


@dataclass(frozen=True)
class Course(Product):
    teacher: str = ""
    room: str = ""
    weekday: int = 1  # ISO
    hour: int = 16

    def lesson_after(self, at: datetime) -> datetime:
        """The first lesson that begins after `at`."""
        midnight = at.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
        lesson = midnight + timedelta(
            days=(self.weekday - midnight.isoweekday()) % 7, hours=self.hour
        )
        return lesson if lesson > at else lesson + timedelta(weeks=1)


COURSES = [
    Course(
        f"c{place}{step}", f"{name}{level}", subject, fee, "course", teacher, room, weekday, hour
    )
    for place, (subject, (name, teacher, room, weekday)) in enumerate(SUBJECTS.items(), start=1)
    for step, (level, fee, hour) in enumerate(STEPS, start=1)
]
OF_SUBJECT = {
    subject: [course for course in COURSES if course.category == subject] for subject in SUBJECTS
}
