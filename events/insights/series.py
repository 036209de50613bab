"""Measurements as lines over time: what the customer's page draws."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from events.models import Measurement
from events.models.measurement import figure

WIDTH, HEIGHT, EDGE = 120, 28, 3


@dataclass(frozen=True)
class Series:
    """The measurements of one kind in one unit, oldest first."""

    kind: str
    unit: str
    rows: list[Measurement]

    @property
    def latest(self) -> Measurement:
        return self.rows[-1]

    @property
    def change(self) -> str:
        """The step to the latest value from the one before it: +1.5."""
        values = [row.value for row in self.rows[-2:]]
        if len(values) < 2 or None in values:
            return ""
        step = round(values[1] - values[0], 6)
        return f"+{figure(step)}" if step > 0 else figure(step) if step else "±0"

    @property
    def points(self) -> list[tuple[float, float]]:
        """Where the values stand in a picture of WIDTH by HEIGHT: left is old, high is much. Grades
        in words are not drawn."""
        drawn = [
            (row.occurred_at.timestamp(), row.value) for row in self.rows if row.value is not None
        ]
        times, values = [at for at, _ in drawn], [value for _, value in drawn]
        return [
            (place(at, times, WIDTH), HEIGHT - place(value, values, HEIGHT)) for at, value in drawn
        ]

    @property
    def line(self) -> str:
        return " ".join(f"{x},{y}" for x, y in self.points)


def place(one: float, all_: list[float], length: int) -> float:
    """`one` between the least and the most of them, on a line of this length; in the middle where
    all are the same."""
    least, span = min(all_), max(all_) - min(all_)
    share = (one - least) / span if span else 0.5
    return round(EDGE + share * (length - 2 * EDGE), 1)


def series(rows: Iterable[Measurement]) -> list[Series]:
    """Kilograms and pounds are two lines."""
    rows = sorted(rows, key=lambda row: (row.kind, row.unit, row.occurred_at, row.pk))
    return [
        Series(kind, unit, list(group))
        for (kind, unit), group in groupby(rows, key=lambda row: (row.kind, row.unit))
    ]
