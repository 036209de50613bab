"""A definition, taken apart: its beginning, who may enter, goal, exits and steps, each with the
form that reads it, where anybody knows it. Also of a definition that is wrong or was never one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms

from campaigns.journeys.entry_rules import EntryRule
from campaigns.journeys.format import current
from campaigns.journeys.leaving import EXITS, GOALS
from campaigns.journeys.steps.base import steps
from campaigns.journeys.triggers import triggers

BEGINNING, ENTRY, GOAL, EXIT, STEP = "trigger", "entry", "goal", "exit", "step"
NAMED = {BEGINNING: "trigger", GOAL: "by", EXIT: "by", STEP: "step"}  # which key names its kind


@dataclass(frozen=True, slots=True)
class Part:
    """`role` is one of the words above; `id` is the step's own, or which exit it is."""

    role: str
    id: str
    kind: type[forms.Form] | None
    stored: Any

    @property
    def fields(self) -> dict:
        found = self.stored.get("fields") if isinstance(self.stored, dict) else None
        if self.role == ENTRY:
            found = self.stored
        return found if isinstance(found, dict) else {}


def opened(stored) -> dict:
    """As version 2 where it can be read so; else as if nothing was in it."""
    found = current(stored)
    return found if isinstance(found, dict) else {}


def steps_of(stored: dict) -> dict:
    found = stored.get("steps")
    return found if isinstance(found, dict) else {}


def exits_of(stored: dict) -> list:
    found = stored.get("leave")
    return found if isinstance(found, list) else []


def parts(stored: dict) -> Iterator[Part]:
    """Of a definition as `opened` gives it."""
    yield part(BEGINNING, "", triggers, stored.get("trigger"))
    yield Part(ENTRY, "", EntryRule, stored.get("entry"))
    yield part(GOAL, "", GOALS, stored.get("goal"))
    for number, one in enumerate(exits_of(stored), 1):
        yield part(EXIT, str(number), EXITS, one)
    for step, one in steps_of(stored).items():
        yield part(STEP, step, steps, one)


def part(role: str, ident: str, kinds, stored) -> Part:
    name = stored.get(NAMED[role]) if isinstance(stored, dict) else None
    known = isinstance(name, str) and name in kinds
    return Part(role, ident, kinds[name] if known else None, stored)


def named(stored: dict) -> list[tuple[type[forms.Form], dict]]:
    """What `reading.once` asks for."""
    return [(one.kind, one.fields) for one in parts(stored) if one.kind]
