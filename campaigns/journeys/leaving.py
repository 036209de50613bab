"""Why somebody leaves a journey before its end: its goal is reached, or one of its exits fits.

Both are looked at whenever a run wakes, and once more when a message of it is about to leave. By an
event or a segment they wake the run themselves; by a free rule they are only looked at then.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django import forms
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys import happened
from campaigns.journeys.happened import Happened
from campaigns.journeys.reading import RowField
from campaigns.journeys.steps.branch import RuleField, sentence_of, whom_it_fits
from campaigns.models import Run
from customers.models import Segment, Transition
from customers.segments.conditions.fields import UNIT_SECONDS, UNITS, span
from events import words as said
from events.fields import EventNameField
from events.segment_conditions.filters import FiltersField, filtered
from events.timing import FUTURE as AHEAD

MOST_EXITS = 5
GOAL, LEFT = "goal", "left:"  # outcomes of runs; an exit's has its number, from 1
BEGUN = "begun"  # in a run's facts: when its customer came to the first step
FOR_EVER = timedelta(days=36500)
# Whoever entered (or left) the segment since their run began, and since when.
MOVED = """
SELECT r.run, min(t.at) FROM unnest(%(runs)s::bigint[], %(customers)s::int[], %(begun)s::timestamptz[])
    AS r(run, customer, begun)
  JOIN customers_transition t ON t.customer_id = r.customer
 WHERE t.segment_id = %(segment)s AND t.entered = %(entered)s AND t.reason = %(reason)s
   AND t.at >= r.begun AND t.at <= %(until)s
 GROUP BY r.run
"""  # noqa: E501
STANDS = """
SELECT r.run FROM unnest(%(runs)s::bigint[], %(customers)s::int[]) AS r(run, customer)
 WHERE EXISTS (SELECT FROM customers_membership m
    WHERE m.segment_id = %(segment)s AND m.customer_id = r.customer) = %(entered)s
"""


def begun_at(run: Run) -> datetime:
    """When its customer came to the journey's first step."""
    if BEGUN in run.facts:
        return datetime.fromisoformat(run.facts[BEGUN])
    return run.event_occurred_at or run.entered_at


class Why(forms.Form):
    """Base class: one reason to leave. Its data is the stored JSON."""

    key = ""
    label = ""

    def watches(self) -> set[str]:
        """Events by which whoever it may concern is woken."""
        return set()

    def segments(self) -> set[int]:
        """Segments whose transitions wake whoever they may concern."""
        return set()

    def found(self, runs: list[Run], now: datetime) -> dict[int, Happened]:
        """Those of the runs whose customers have this reason now."""
        raise NotImplementedError

    def sentence(self) -> str:
        raise NotImplementedError


class ByEvent(Why):
    key, label = "event", gettext_lazy("an event happens")

    event = EventNameField(
        label=gettext_lazy("event"),
        help_text=gettext_lazy("What happens, such as Order Completed."),
    )
    where = FiltersField()
    key_of = forms.ChoiceField(
        label=gettext_lazy("about"),
        choices=happened.KEYS,
        required=False,
        help_text=gettext_lazy("Product and booking are those that the journey began with."),
    )

    @property
    def longest(self) -> timedelta:
        return FOR_EVER

    def watches(self):
        return {self.cleaned_data["event"]}

    def found(self, runs, now):
        return happened.first(
            runs,
            since=begun_at,
            event=self.cleaned_data["event"],
            filters=self.cleaned_data["where"],
            key_of=self.cleaned_data["key_of"],
            within=self.longest,
            until=now + AHEAD,
        )

    def sentence(self):
        event = said.event(self.cleaned_data["event"])
        words = {"event": filtered(f"“{event}”", self.cleaned_data["where"])}
        if self.cleaned_data["key_of"] == "booking":
            return _("%(event)s happens for this booking") % words
        if self.cleaned_data["key_of"]:
            return _("%(event)s happens for the same product") % words
        return _("%(event)s happens") % words


class BySegment(Why):
    key, label = "segment", gettext_lazy("a segment is entered or left")

    segment = RowField(label=gettext_lazy("segment"), queryset=Segment.objects.order_by("name"))
    change = forms.ChoiceField(
        label=gettext_lazy("what happens"),
        choices=[
            ("entered", gettext_lazy("the customer is in it")),
            ("left", gettext_lazy("the customer is not in it any more")),
        ],
        initial="entered",
        required=False,
    )

    def clean_change(self):
        return self.cleaned_data["change"] or "entered"

    @property
    def enters(self) -> bool:
        return self.cleaned_data["change"] == "entered"

    def segments(self):
        return {self.cleaned_data["segment"].pk}

    def found(self, runs, now):
        """Whoever stands so now, and whoever stood so in between."""
        stand = self.asked(STANDS, runs, now)
        return {run: Happened(now) for (run,) in stand} | self.moved(runs, now)

    def moved(self, runs: list[Run], now: datetime) -> dict[int, Happened]:
        return {run: Happened(at) for run, at in self.asked(MOVED, runs, now)}

    def asked(self, sql: str, runs: list[Run], now: datetime) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(
                sql,
                {
                    "runs": [run.pk for run in runs],
                    "customers": [run.customer_id for run in runs],
                    "begun": [begun_at(run) for run in runs],
                    "segment": self.cleaned_data["segment"].pk,
                    "entered": self.enters,
                    "reason": Transition.Reason.CHANGE,
                    "until": now,
                },
            )
            return cursor.fetchall()

    def sentence(self):
        words = {"name": self.cleaned_data["segment"].name}
        return (
            _("the customer is in “%(name)s”")
            if self.enters
            else _("the customer is not in “%(name)s” any more")
        ) % words


class ByRule(Why):
    key, label = "rule", gettext_lazy("a rule fits")

    rule = RuleField(
        label=gettext_lazy("rule"),
        help_text=gettext_lazy(
            "Looked at whenever a step is taken and before each message, not in between."
        ),
    )

    def found(self, runs, now):
        """Nobody, where one of its conditions fails: it is looked at again at the next wake."""
        fit = whom_it_fits(self.cleaned_data["rule"], runs, now) or ()
        return {run.pk: Happened(now) for run in runs if run.customer_id in fit}

    def sentence(self):
        return _("this rule fits: %(rule)s") % {"rule": sentence_of(self.cleaned_data["rule"])}


def within_field() -> forms.IntegerField:
    return forms.IntegerField(
        label=gettext_lazy("counts for so long"),
        min_value=1,
        max_value=10_000,
        initial=7,
        help_text=gettext_lazy(
            "From the first step on, also after the journey has come to its end."
        ),
    )


def unit_field() -> forms.ChoiceField:
    return forms.ChoiceField(label=gettext_lazy("unit"), choices=UNITS[:-1], initial="days")


class Goal(Why):
    """Base class: what the journey is for. It counts for a time, beyond the journey's end too."""

    @property
    def longest(self) -> timedelta:
        return timedelta(seconds=self.cleaned_data["n"] * UNIT_SECONDS[self.cleaned_data["unit"]])

    def sentence(self):
        return _("%(what)s, within %(span)s") % {
            "what": super().sentence(),
            "span": span(self.cleaned_data["n"], self.cleaned_data["unit"]),
        }


class GoalByEvent(Goal, ByEvent):
    n, unit = within_field(), unit_field()


class GoalBySegment(Goal, BySegment):
    """Only who came into it on the way: whoever was there before has not reached anything."""

    label = gettext_lazy("a segment is entered or left")

    n, unit = within_field(), unit_field()

    def found(self, runs, now):
        begun = {run.pk: begun_at(run) for run in runs}
        return {
            run: one
            for run, one in self.moved(runs, now).items()
            if one.at <= begun[run] + self.longest
        }


GOALS: dict[str, type[Goal]] = {kind.key: kind for kind in (GoalByEvent, GoalBySegment)}
EXITS: dict[str, type[Why]] = {kind.key: kind for kind in (ByEvent, BySegment, ByRule)}


class WaysOut:
    """Of one journey: its goal, where it has one, and its exits."""

    def __init__(self, goal: Goal | None, exits: list[Why]):
        self.goal, self.exits = goal, exits
        self.all = [*([goal] if goal else []), *exits]

    def watches(self) -> set[str]:
        return set().union(*(why.watches() for why in self.all))

    def segments(self) -> set[int]:
        return set().union(*(why.segments() for why in self.all))

    def found(self, runs: list[Run], now: datetime) -> dict[int, tuple[str, Happened]]:
        """By run that has to leave: its outcome, and what happened. The goal goes first, then the
        exits in order."""
        answers: dict[int, tuple[str, Happened]] = {}
        asked = [(GOAL, self.goal)] if self.goal else []
        asked += [(f"{LEFT}{number}", why) for number, why in enumerate(self.exits, 1)]
        for outcome, why in asked:
            left = [run for run in runs if run.pk not in answers]
            if left:
                answers |= {run: (outcome, one) for run, one in why.found(left, now).items()}
        return answers


def begin(runs: Iterable[Run], ways_out: WaysOut) -> None:
    """They stand at the first step: from here on it counts what they do."""
    for run in runs:
        if BEGUN not in run.facts:
            run.facts[BEGUN] = (run.came_at or run.entered_at).isoformat()
            if ways_out.goal:
                run.watched_until = begun_at(run) + ways_out.goal.longest


def as_goal(text: str) -> str:
    return _("goal: %(what)s") % {"what": text}


def as_exit(text: str) -> str:
    return _("leaves as soon as %(what)s") % {"what": text}


def sentences(ways_out: WaysOut, capitalised: Callable[[str], str]) -> list[str]:
    """The goal and each exit as a sentence of its own."""
    told = [as_goal(ways_out.goal.sentence())] if ways_out.goal else []
    told += [as_exit(why.sentence()) for why in ways_out.exits]
    return [capitalised(text) for text in told]
