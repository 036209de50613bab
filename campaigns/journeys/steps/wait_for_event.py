"""Until something happens, or until its time is over.

A wake is a hint: the step reads the events again. Whoever comes to it looks back in the same
transaction; but an event may be recorded after that look and worked through before our commit, and
wakes nobody then. So the first sleep is a short one: what it looks for next was recorded before our
commit, or wakes it.
"""

from datetime import datetime, timedelta

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys import happened
from campaigns.journeys.happened import Happened
from campaigns.journeys.steps.base import Go, Sleep, Step
from campaigns.models import Run
from customers.segments.conditions.fields import UNIT_SECONDS, UNITS, span
from events import names
from events import words as said
from events.fields import EventNameField
from events.segment_conditions.filters import FiltersField, filtered

LOOK_AGAIN, AFTER = timedelta(seconds=2), timedelta(microseconds=1)
MOST_AT_ONCE = (
    5  # waits that are over before they begin: of a circle through them the rest is another go
)
SINCE = "wait_since"  # in a run's facts: [visit, when it began to wait]


def n_field() -> forms.IntegerField:
    return forms.IntegerField(
        label=gettext_lazy("for at most"), min_value=1, max_value=10_000, initial=1
    )


def unit_field() -> forms.ChoiceField:
    return forms.ChoiceField(label=gettext_lazy("unit"), choices=UNITS[:-1], initial="days")


class Awaits(Step):
    """Base class: until an event, for at most `n` of `unit`. What of it fits, and which way that
    opens, the subclass says."""

    waits = True

    @property
    def longest(self) -> timedelta:
        return timedelta(seconds=self.cleaned_data["n"] * UNIT_SECONDS[self.cleaned_data["unit"]])

    @property
    def awaited(self) -> str:
        """The name of the event."""
        raise NotImplementedError

    def happened(self, runs: list[Run]) -> dict[int, tuple[str, datetime]]:
        """By run: the way that the first fitting event since it came, and within its time, opens,
        and when that occurred or says that it will."""
        raise NotImplementedError

    def watches(self):
        return {self.awaited}

    def run(self, runs, *, now, effects):
        self.begin(runs, now)
        return self.looked(runs, now, LOOK_AGAIN)

    def resume(self, runs, *, now, effects):
        """Whoever was put here by other means than walking begins to wait now."""
        self.begin([run for run in runs if run.facts.get(SINCE, [0])[0] != run.visit], now)
        return self.looked(runs, now, None)

    @staticmethod
    def begin(runs: list[Run], now: datetime) -> None:
        for run in runs:
            run.facts[SINCE] = [run.visit, (run.came_at or now).isoformat()]

    def looked(
        self, runs: list[Run], now: datetime, first: timedelta | None
    ) -> dict[int, Go | Sleep]:
        happened = self.happened(runs)
        awaits = frozenset({names.number(self.awaited)})
        answers: dict[int, Go | Sleep] = {}
        for run in runs:
            way, at = happened.get(run.pk, ("", None))
            until = self.since(run) + self.longest
            if at and at <= now and first and run.hurried >= MOST_AT_ONCE:
                answers[run.pk] = Sleep(now + first, awaits)
            elif at and at <= now:
                run.hurried += 1
                # The next step's time begins with it, and does not count it again.
                run.came_at = at + AFTER
                answers[run.pk] = Go(way)
            elif until <= now:
                answers[run.pk] = Go("timed_out")
            else:
                # What comes from the future has happened when its time has come.
                answers[run.pk] = Sleep(
                    min(filter(None, (until, at, now + first if first else None))), awaits
                )
        return answers

    @staticmethod
    def since(run: Run) -> datetime:
        return datetime.fromisoformat(run.facts[SINCE][1])

    def first(self, runs: list[Run], filters: list, key_of: str) -> dict[int, Happened]:
        return happened.first(
            runs,
            since=self.since,
            event=self.awaited,
            filters=filters,
            key_of=key_of,
            within=self.longest,
            # Each has its own end; looked() tells what is still to come.
            until=max(self.since(run) for run in runs) + self.longest,
        )


class WaitForEvent(Awaits):
    """Whoever waits goes on as soon as the event is recorded; what happened since they came counts,
    in whatever order it is told."""

    key, label, waits = "wait_for_event", gettext_lazy("Wait for an event"), True
    exits = {"happened": gettext_lazy("it happened"), "timed_out": gettext_lazy("time is over")}

    event = EventNameField(
        label=gettext_lazy("event"),
        help_text=gettext_lazy("What has to happen, such as Order Completed."),
    )
    where = FiltersField()
    key_of = forms.ChoiceField(
        label=gettext_lazy("about"),
        choices=happened.KEYS,
        required=False,
        help_text=gettext_lazy(
            "Product and booking are those that the journey began with; who began without one waits"
            " in vain."
        ),
    )
    n, unit = n_field(), unit_field()

    @property
    def awaited(self) -> str:
        return self.cleaned_data["event"]

    def happened(self, runs):
        found = self.first(runs, self.cleaned_data["where"], self.cleaned_data["key_of"])
        return {run: ("happened", one.at) for run, one in found.items()}

    def sentence(self):
        data = self.cleaned_data
        words = {
            "event": filtered(f"“{said.event(data['event'])}”", data["where"]),
            "span": span(data["n"], data["unit"]),
        }
        if data["key_of"] == "booking":
            return _("wait until %(event)s happens for this booking, for at most %(span)s") % words
        if data["key_of"]:
            return (
                _("wait until %(event)s happens for the same product, for at most %(span)s") % words
            )
        return _("wait until %(event)s happens, for at most %(span)s") % words
