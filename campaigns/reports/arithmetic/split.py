"""Are the arms as large as was planned? (Sample ratio mismatch, models 30.)"""

from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.reports.arithmetic.distributions import chi_square_tail

RED = 0.001
FEWEST = 2


@dataclass(frozen=True, slots=True)
class Split:
    """`p` is None where there is nothing to ask: fewer than two arms, or too few people."""

    p: float | None
    is_too_few: bool = False

    @property
    def is_red(self) -> bool:
        """Something puts people into the wrong arm, or loses them from one: no figure of this
        experiment can be believed."""
        return self.p is not None and self.p < RED


def split(people: Mapping[str, int], shares: Mapping[str, float]) -> Split:
    """Pearson's chi-square test of the arms' sizes against their planned `shares` (in any unit),
    with arms − 1 degrees of freedom: Pearson, Philosophical Magazine 50 (1900).

    Arms that were planned to be empty are left out unless somebody is in them.
    """
    planned = {arm: share for arm, share in shares.items() if share > 0}
    if any(people.get(arm, 0) for arm in people.keys() - planned.keys()):
        return Split(0.0)
    if len(planned) < 2:
        return Split(None)
    everybody, whole = sum(people.get(arm, 0) for arm in planned), sum(planned.values())
    if (
        any(people.get(arm, 0) < FEWEST for arm in planned)
        and everybody * min(planned.values()) < FEWEST * whole
    ):
        return Split(None, is_too_few=True)
    value = 0.0
    for arm, share in planned.items():
        expected = everybody * share / whole
        value += (people.get(arm, 0) - expected) ** 2 / expected
    return Split(chi_square_tail(value, len(planned) - 1))
