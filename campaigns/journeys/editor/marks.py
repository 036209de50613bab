"""What is wrong with a draft, step by step, in words: shown while somebody writes, and why it
cannot be published."""

from django.utils.translation import gettext as _

from campaigns.journeys import definition as definitions
from campaigns.journeys.definition import InvalidJourney
from campaigns.journeys.editor.blocks import reached
from campaigns.journeys.leaving import EXITS, GOALS
from campaigns.journeys.steps.base import steps
from campaigns.journeys.triggers import triggers

BEGINNING = ""
GOAL, EXIT = "goal", "exit"  # an exit's has its place: exit0, exit1 …


def marks(draft: dict) -> dict[str, list[str]]:
    """By step ("" for the beginning and the whole): what must be mended before it can be published;
    empty where nothing must."""
    found: dict[str, list[str]] = {}
    for step, part in draft["steps"].items():
        note(found, step, lambda part=part: definitions.bound_step(part))
        if step in found and is_untouched(part):
            found[step] = [_("Not filled in yet.")]
    trigger = draft.get("trigger")
    if isinstance(trigger, dict) and not trigger.get("trigger"):
        found[BEGINNING] = [_("Choose how the journey begins.")]
    else:
        note(found, BEGINNING, lambda: definitions.bound(triggers, "trigger", trigger))
    if draft.get("goal"):
        note(found, GOAL, lambda: definitions.bound(GOALS, "by", draft["goal"]))
    for place, one in enumerate(exits_of(draft)):
        note(found, f"{EXIT}{place}", lambda one=one: definitions.bound(EXITS, "by", one))
    if not found:
        note(found, BEGINNING, lambda: definitions.check(draft))
    return found


def beginnings(key: str) -> dict:
    """The fields of a new step of this kind."""
    fields = {
        name: one.initial
        for name, one in steps[key].base_fields.items()
        if one.initial not in (None, "", [], False)
    }
    return {name: value for name, value in fields.items() if isinstance(value, str | int)}


def is_untouched(part) -> bool:
    """Nobody has written anything into it."""
    return (
        isinstance(part, dict)
        and part.get("step") in steps
        and part.get("fields") == beginnings(part["step"])
    )


def exits_of(draft: dict) -> list:
    return draft["leave"] if isinstance(draft.get("leave"), list) else []


def note(found: dict[str, list[str]], step: str, look) -> None:
    try:
        look()
    except InvalidJourney as invalid:
        found[step] = list(invalid.messages)


def lost(draft: dict) -> list[str]:
    """Steps that nobody can come to."""
    return sorted(draft["steps"].keys() - reached(draft))
