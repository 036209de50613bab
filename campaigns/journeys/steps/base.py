"""The seam to what a journey can do: one file and one line in CRM_JOURNEY_STEPS.

A step is a Django form whose data is the stored JSON: one declaration gives fields, validation,
labels and what is stored. It works on a batch of runs that stand at it, and answers per run: Go
through one of its exits, or Sleep.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from django import forms

from campaigns.journeys.happened import Happened
from campaigns.models import Run
from crm_project.registry import Registry

steps: Registry["Step"] = Registry("CRM_JOURNEY_STEPS", "campaigns.journeys.steps.base.Step")


@dataclass(frozen=True, slots=True)
class Go:
    """The run leaves the step by this exit; `note` stands in its history."""

    exit: str = "next"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sleep:
    """The run stays until then, or until one of these events happens (numbers of EventName), and
    `resume` is asked again."""

    until: datetime
    awaits: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class End:
    """The run leaves the journey here; `is_through` where this is one of the journey's ends."""

    outcome: str
    is_through: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """The run stays where it is until staff try the step again, skip it, or take the run out."""

    error: str


class Effects(Protocol):
    """What a step may do to the world; the dry run puts a sink in its place (decision 14)."""

    def issue_coupons(self, batch, runs: list[Run]) -> dict[int, str]: ...

    def send_messages(
        self,
        runs: list[Run],
        *,
        channel: str,
        purpose: str,
        content: dict,
        batch=None,
        alternatives=(),
        is_urgent: bool = False,
    ) -> None: ...

    def put_tag(self, tag, runs: list[Run], *, days: int | None) -> dict[int, str]: ...

    def take_tag(self, tag, runs: list[Run]) -> dict[int, str]: ...

    def set_attribute(self, key: str, value, runs: list[Run]) -> None: ...

    def put_on_list(self, segment, runs: list[Run]) -> None: ...

    def take_off_list(self, segment, runs: list[Run]) -> None: ...

    def draw(self, runs: list[Run], shares: dict[str, int]) -> dict[int, str]: ...

    def plan_tasks(self, runs: list[Run], *, title: str, staff, role, due_on: datetime) -> None: ...

    def reopen_tasks(self, runs: list[Run], *, to_role: list[Run], due_on: datetime) -> None: ...

    def call(self, runs: list[Run], *, connection, data: str, lasts) -> None: ...

    def reach_goals(self, found: dict[int, Happened]) -> None: ...


class Step(forms.Form):
    """Base class. `exits` are the names under which the stored step says where to go (null: the
    journey ends there).

    A step with ways of its own says them as a property: what is asked for exits is always a bound
    step.
    """

    key = ""
    label = ""
    if_skipped = ""  # the way of those with whom it went wrong, where it is not the first
    is_told = False  # whoever sleeps in it may be woken by others than clock and events
    waits = False  # a loop must come through a step that waits
    at_once: frozenset[str] = (
        frozenset()
    )  # the ways out of such a step that may be taken without having waited

    @property
    def exits(self) -> dict[str, str]:
        return {"next": ""}

    def run(
        self, runs: list[Run], *, now: datetime, effects: Effects
    ) -> dict[int, Go | Sleep | End]:
        """They have just entered the step."""
        raise NotImplementedError

    def resume(
        self, runs: list[Run], *, now: datetime, effects: Effects
    ) -> dict[int, Go | Sleep | End]:
        """Their sleep in the step is over."""
        return {run.pk: Go() for run in runs}

    def taken_over(self, run: Run, before: Self, until: datetime, now: datetime) -> datetime:
        """The run slept in `before`, this step as an older version had it, until then, and sleeps
        on in this one: when `resume` is asked, or `run` where it is not waiting any more."""
        return now

    def watches(self) -> set[str]:
        """Names of the events that it waits for: each leaves a reaction, by which whoever sleeps
        here is woken."""
        return set()

    def gives(self, way: str) -> frozenset[str]:
        """What messages further on, on this way, can speak of because of it: "coupon"."""
        return frozenset()

    def carries(self) -> frozenset[str]:
        """What its own texts can speak of beside that."""
        return frozenset()

    def texts(self) -> list[str]:
        """What it fills in."""
        return []

    def is_marketing(self) -> bool:
        return False

    def sentence(self) -> str:
        raise NotImplementedError
