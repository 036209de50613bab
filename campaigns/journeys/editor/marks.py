"""What is wrong with a draft, step by step, in words: shown while somebody writes, and why it
cannot be published."""

from django.utils.translation import gettext as _

from campaigns.journeys import definition as definitions
from campaigns.journeys.definition import InvalidJourney
from campaigns.journeys.editor.blocks import reached
from campaigns.journeys.leaving import EXITS, GOALS
from campaigns.journeys.triggers import triggers

BEGINNING = ""
GOAL, EXIT = "goal", "exit"  # an exit's has its place: exit0, exit1 …


def marks(draft: dict) -> dict[str, list[str]]:
    """By step ("" for the beginning and the whole): what must be mended before it can be published;
    empty where nothing must."""
    found: dict[str, list[str]] = {}
    for step, part in draft["steps"].items():
        note(found, step, lambda part=part: definitions.bound_step(part))
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
