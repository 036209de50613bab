"""A journey as data (format.py): read, checked, published."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.journeys import forbidden, places
from campaigns.journeys import format as stored_format
from campaigns.journeys.entry_rules import EntryRule
from campaigns.journeys.leaving import EXITS, GOALS, MOST_EXITS, WaysOut
from campaigns.journeys.reading import of_same, remembered
from campaigns.journeys.steps.base import Step, steps
from campaigns.journeys.triggers import Trigger, triggers
from campaigns.models import Journey, JourneyVersion
from crm_project.registry import UnknownKey
from customers.approval import deciding
from customers.models import AuditEntry, WatchedSegment
from events import names
from events.models import WatchedName

MOST_STEPS = 100
APPROVAL = "journey"  # campaigns/journeys/approval.py
REENTRIES = ("once", "days", "key", "always")
ON_ERROR = ("retry", "skip", "hold")
KNOWN = {"v", "trigger", "reentry", "holdout_percent", "entry", "goal", "leave", "start", "steps"}


class InvalidJourney(ValueError):
    """The journey cannot run as it is drawn; `messages` say why, in words for a marketer."""

    def __init__(self, *messages: str):
        super().__init__("; ".join(messages))
        self.messages = list(messages)


@dataclass(frozen=True, slots=True)
class Definition:
    trigger: Trigger
    steps: dict[str, Step]
    entry: EntryRule
    ways_out: WaysOut
    stored: dict

    @property
    def is_marketing(self) -> bool:
        """One marketing step makes it so; the global holdout is for marketing only (semantics
        7)."""
        return any(step.is_marketing() for step in self.steps.values())

    def target(self, step_id: str, way: str) -> str | None:
        """Where this way leads; None: the journey ends there."""
        return (
            self.stored["start"]
            if step_id == ""
            else self.stored["steps"][step_id]["exits"].get(way)
        )

    def is_off(self, step_id: str) -> bool:
        """Whoever comes to the step goes on by its first way, and nothing is done."""
        return bool(self.stored["steps"][step_id].get("off"))

    def on_error(self, step_id: str) -> str:
        """What becomes of a run with which the step goes wrong."""
        return self.stored["steps"][step_id].get("on_error") or ON_ERROR[0]

    def watches(self) -> set[str]:
        """Names of the events that begin it, that one of its steps waits for, or by which it is
        left."""
        return (self.trigger.watches() | self.ways_out.watches()).union(
            *(step.watches() for step in self.steps.values())
        )

    def segments(self) -> set[int]:
        """Whose transitions begin it, or may end it."""
        return self.trigger.segments() | self.ways_out.segments()

    def awaits(self, of_step: frozenset[int] = frozenset(), *, is_over: bool = False) -> list[int]:
        """The events that concern whoever is under way, by number, with those of their step; once
        it is over for them, those by which its goal is still reached."""
        goal = self.ways_out.goal
        said = (goal.watches() if goal else set()) if is_over else self.ways_out.watches()
        return sorted(of_step.union(map(names.number, said)))


@of_same
def read(stored) -> Definition:
    """The definition with its forms bound and valid, in the present format. Raises
    InvalidJourney."""
    stored = stored_format.current(stored)
    if (
        not isinstance(stored, dict)
        or not isinstance(stored.get("steps"), dict)
        or not stored["steps"]
    ):
        raise InvalidJourney(_("A journey needs a trigger and at least one step."))
    if len(stored["steps"]) > MOST_STEPS:
        raise InvalidJourney(
            _("The journey has too many steps (more than %(n)d).") % {"n": MOST_STEPS}
        )
    if stored["v"] != stored_format.VERSION or (unknown := stored.keys() - KNOWN):
        what = (
            _("version %(v)s") % {"v": str(stored["v"])[:20]}
            if stored["v"] != stored_format.VERSION
            else str(min(unknown))[:60]
        )
        raise InvalidJourney(_("This part of the journey is unknown: %(part)s") % {"part": what})
    if "" in stored["steps"]:  # a run that stands at "" is at the beginning
        raise InvalidJourney(_("This part of the journey is unknown: %(part)s") % {"part": "“”"})
    trigger = bound(triggers, "trigger", stored.get("trigger"))
    steps_read = {key: bound_step(part) for key, part in stored["steps"].items()}
    entry = bound_fields(EntryRule, stored.get("entry") or {})
    return Definition(trigger, steps_read, entry, bound_ways_out(stored), stored)


def bound_ways_out(stored: dict) -> WaysOut:
    goal, exits = stored.get("goal"), stored.get("leave") or []
    if not isinstance(exits, list) or len(exits) > MOST_EXITS:
        raise InvalidJourney(
            _("A journey has at most %(n)d ways to leave it early.") % {"n": MOST_EXITS}
        )
    return WaysOut(
        bound(GOALS, "by", goal) if goal else None, [bound(EXITS, "by", one) for one in exits]
    )


@of_same
def bound_step(part) -> Step:
    step, exits = bound(steps, "step", part), part.get("exits")
    if (
        not isinstance(exits, dict)
        or exits.keys() - step.exits.keys()
        or not all(isinstance(to, str | None) for to in exits.values())
    ):
        raise InvalidJourney(
            _("%(label)s: its ways are not those of such a step.") % {"label": step.label}
        )
    if part.get("on_error") not in (None, *ON_ERROR):
        raise InvalidJourney(
            _("%(label)s: say what happens when it goes wrong.") % {"label": step.label}
        )
    return step


def bound(registry, name: str, part):
    try:
        kind = registry[part[name]]
        fields = part.get("fields", {})
    except (UnknownKey, KeyError, TypeError, AttributeError):
        raise InvalidJourney(
            _("This part of the journey is unknown: %(part)s") % {"part": str(part)[:80]}
        ) from None
    return bound_fields(kind, fields)


def bound_fields(kind, fields):
    """The kind's form, with its stored fields."""
    if not isinstance(fields, dict):
        raise InvalidJourney(
            _("This part of the journey is unknown: %(part)s") % {"part": str(fields)[:80]}
        )
    if unknown := fields.keys() - kind.base_fields.keys():
        raise InvalidJourney(
            _("%(label)s: unknown field “%(field)s”.")
            % {
                "label": kind.label,
                "field": str(min(unknown))[:60],
            }
        )
    form = remembered(kind, fields, lambda: kind(data=fields))
    if not form.is_valid():
        raise InvalidJourney(
            *(f"{kind.label}: {text}" for name in form.errors for text in in_words(form, name))
        )
    return form


def in_words(form, name: str) -> list[str]:
    """What is wrong with a field of a form, with the field's name."""
    about = f"{form.fields[name].label}: " if name in form.fields else ""
    return [f"{about}{text}" for text in form.errors[name]]


def check(stored) -> Definition:
    """As read, and it can be walked: every way leads somewhere, nothing is cut off, no loop runs
    without waiting."""
    definition = read(stored)
    stored = definition.stored
    reentry = stored.get("reentry") if isinstance(stored.get("reentry"), dict) else {}
    if reentry.get("kind") not in REENTRIES or (
        reentry["kind"] == "days"
        and not (isinstance(reentry.get("days"), int) and 0 < reentry["days"] <= 3650)
    ):
        raise InvalidJourney(_("Say how often somebody may enter."))
    known = set(definition.steps)
    targets = {
        definition.target(key, way) for key, step in definition.steps.items() for way in step.exits
    } - {None}
    if stored.get("start") not in known or targets - known:
        raise InvalidJourney(_("A step leads to one that does not exist."))
    if known - targets - {stored["start"]}:
        raise InvalidJourney(
            _("Nothing leads to the step “%(step)s”.")
            % {"step": min(known - targets - {stored["start"]})}
        )
    refuse_restless_loops(definition)
    refuse_empty_fields(definition)
    if refused := forbidden.refused(definition):
        raise InvalidJourney(*refused)
    return definition


def refuse_empty_fields(definition: Definition) -> None:
    """What a message speaks of can be had where it stands."""
    wrong = places.lacking(definition)
    if wrong:
        raise InvalidJourney(
            *(
                _(
                    "%(label)s: a message at this place has no %(fields)s. Give a fallback, like |"
                    " default: '…', or a coupon before it."
                )
                % {"label": definition.steps[step].label, "fields": ", ".join(fields)}
                for step, fields in sorted(wrong.items())
            )
        )


def refuse_restless_loops(definition: Definition) -> None:
    """Steps that wait may be come back to; a circle without one would never end."""
    clear: set[str] = set()
    for first in definition.steps:
        path: list[str] = []
        waiting = [(first, 0)]
        while waiting:
            key, depth = waiting.pop()
            del path[depth:]
            if key in path:
                raise InvalidJourney(
                    _("The journey can run in a circle without ever waiting: %(steps)s.")
                    % {"steps": " → ".join([*path[path.index(key) :], key])}
                )
            step = definition.steps[key]
            if key in clear:
                continue
            path.append(key)
            at_once = [way for way in step.exits if not step.waits or way in step.at_once]
            waiting += [
                (target, depth + 1) for way in at_once if (target := definition.target(key, way))
            ]
        clear.add(first)


@lru_cache(maxsize=500)
def of_version(version_id: int) -> Definition:
    """A published version never changes, so it is read once per process."""
    return read(JourneyVersion.objects.get(pk=version_id).definition)


def described(journey: Journey, stored: dict) -> dict:
    """What is approved of it."""
    return {"name": journey.name, "definition": stored}


def publish(journey: Journey, *, by, now: datetime) -> JourneyVersion:
    """The draft is the journey's published version, and its events and segments are watched from
    now on. Raises InvalidJourney, and NotApproved where somebody else has to look at it first."""
    definition = check(journey.draft)
    watched = names.numbers(definition.watches())
    with transaction.atomic():
        journey = Journey.objects.select_for_update().get(pk=journey.pk)
        if journey.status == Journey.Status.ARCHIVED:
            raise InvalidJourney(_("It is archived: bring it back first."))
        content = described(journey, definition.stored)
        deciding.use(APPROVAL, journey, content, by=by, now=now)
        number = journey.versions.count() + 1
        version = JourneyVersion.objects.create(
            journey=journey,
            number=number,
            definition=definition.stored,
            published_at=now,
            published_by=by,
        )
        Journey.objects.filter(pk=journey.pk).update(published=version, status=Journey.Status.LIVE)
        WatchedName.objects.bulk_create(
            [WatchedName(name_id=n, watcher=f"journey:{journey.pk}") for n in watched.values()],
            ignore_conflicts=True,
        )
        WatchedSegment.objects.bulk_create(
            [
                WatchedSegment(segment_id=pk, watcher=f"journey:{journey.pk}")
                for pk in definition.segments()
            ],
            ignore_conflicts=True,
        )
        AuditEntry.objects.create(
            by=by,
            act="journey.publish",
            subject=f"journey:{journey.pk}",
            details={"version": number},
        )
    return version
