"""A text against a template of a vendor: whether it says nothing else than the template, and what
stands in the places of its variables. Works on texts that are filled in and on those that are not,
since a field to fill in is text as any other.

The constant parts are looked for from left to right, each at its first place: that finds a way
wherever there is one, in time proportional to the text.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

# ${name} of Aliyun, {1} of Tencent.
_variable = re.compile(r"\$\{(\w{1,40})\}|\{(\d{1,2})\}")
MOST_VARIABLES = 30


@dataclass(frozen=True, slots=True)
class Pattern:
    names: tuple[str, ...]  # of the variables, in the order of their places
    constants: tuple[str, ...]  # before, between and after them: one more than variables

    def values(self, text: str) -> tuple[str, ...] | None:
        """What stands in each place; None where the text says something else."""
        first, last = self.constants[0], self.constants[-1]
        if not self.names:
            return () if text == first else None
        end = len(text) - len(last)
        if not text.startswith(first) or not text.endswith(last) or end < len(first):
            return None
        found, at = [], len(first)
        for constant in self.constants[1:-1]:
            place = text.find(constant, at + 1, end)  # a value has a character at least
            if place < 0:
                return None
            found.append(text[at:place])
            at = place + len(constant)
        if at >= end:
            return None
        values = (*found, text[at:end])
        return values if self.agree(values) else None

    def agree(self, values: tuple[str, ...]) -> bool:
        """A variable that stands twice has one value."""
        if len(set(self.names)) == len(self.names):
            return True
        by_name: dict[str, str] = {}
        return all(
            by_name.setdefault(name, value) == value
            for name, value in zip(self.names, values, strict=True)
        )

    def departure(self, text: str) -> str:
        """The first constant part that the text does not say."""
        at = 0
        for constant in self.constants:
            place = text.find(constant, at) if constant else at
            if place < 0:
                return constant
            at = place + len(constant)
        return ""

    @property
    def weight(self) -> int:
        """How much of the text is the vendor's."""
        return sum(map(len, self.constants))


@lru_cache(maxsize=2000)
def pattern(template: str) -> Pattern:
    names, constants, at = [], [], 0
    for found in _variable.finditer(template):
        names.append(found[1] or found[2])
        constants.append(template[at : found.start()])
        at = found.end()
    return Pattern(tuple(names), (*constants, template[at:]))


def variables(template: str) -> list[str]:
    """The names, each once, in the order of their first places."""
    return list(dict.fromkeys(pattern(template).names))
