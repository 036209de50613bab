"""A document as it comes in: read, and refused with words and the place where it is none of ours.

Only its shape is looked at here. A step that nobody knows, a circle, something that is missing may
come in: the draft shows it in red, and cannot be published.
"""

import json
from dataclasses import dataclass

from django.utils.translation import gettext as _

from campaigns.journeys.definition import MOST_STEPS
from campaigns.journeys.editor.drafts import MOST_CHARACTERS
from campaigns.journeys.format import VERSION as JOURNEY_VERSION
from campaigns.journeys.leaving import MOST_EXITS
from campaigns.journeys.portable.references import INCLUDED

FORMAT, VERSION = "hutong_journey", 1
MOST_BYTES = 1 << 20
MOST_OF_A_KIND, LONGEST_NAME, DEEPEST = 200, 100, 60
LONGEST_ID = 40


class CannotRead(ValueError):
    """The document is refused, in words, with its place."""

    def __init__(self, words: str, path: str = ""):
        super().__init__(f"{path}: {words}" if path else words)


@dataclass(frozen=True, slots=True)
class Document:
    name: str
    description: str
    definition: dict
    included: dict[str, dict[str, dict]]  # by word, by name


def sections(word: str) -> str:
    return "batches" if word == "batch" else f"{word}s"


def read(content: bytes) -> Document:
    """Raises CannotRead."""
    if len(content) > MOST_BYTES:
        raise CannotRead(_("It is larger than 1 MB."))
    try:
        said = json.loads(content.decode("utf-8-sig"), parse_constant=no_number)
    except (ValueError, RecursionError):
        raise CannotRead(_("This is no JSON.")) from None
    if not isinstance(said, dict) or FORMAT not in said:
        raise CannotRead(_("This is no journey that was exported here."))
    if said[FORMAT] != VERSION:
        raise CannotRead(
            _("Version %(v)s of the format is unknown here.") % {"v": str(said[FORMAT])[:20]}
        )
    refuse_unstorable(said)
    known = {FORMAT, "name", "description", "journey", *map(sections, INCLUDED)}
    if unknown := said.keys() - known:
        raise CannotRead(_("This part is unknown."), str(min(unknown))[:60])
    return Document(
        text(said, "name"),
        text(said, "description", 10_000),
        definition(said.get("journey")),
        {word: included(said, sections(word)) for word in INCLUDED},
    )


def no_number(said: str):
    raise ValueError(said)


def refuse_unstorable(said) -> None:
    """What PostgreSQL cannot hold, and what is nested deeper than anybody can follow."""
    waiting = [(said, 0)]
    while waiting:
        part, depth = waiting.pop()
        if depth > DEEPEST:
            raise CannotRead(_("It is nested too deeply."))
        if isinstance(part, str) and not is_storable(part):
            raise CannotRead(_("It holds signs that cannot be stored."))
        if isinstance(part, float | int) and abs(part) > 1e18:
            raise CannotRead(_("It holds numbers that are too large."))
        if isinstance(part, dict):
            waiting += [(one, depth + 1) for pair in part.items() for one in pair]
        elif isinstance(part, list):
            waiting += [(one, depth + 1) for one in part]


def is_storable(said: str) -> bool:
    return "\x00" not in said and not any("\ud800" <= sign <= "\udfff" for sign in said)


def text(said: dict, name: str, most: int = LONGEST_NAME) -> str:
    value = said.get(name, "")
    if not isinstance(value, str) or len(value) > most:
        raise CannotRead(_("This is no text, or too long."), name)
    return value.strip()


def included(said: dict, name: str) -> dict[str, dict]:
    found = said.get(name, {})
    if not isinstance(found, dict) or len(found) > MOST_OF_A_KIND:
        raise CannotRead(_("This cannot be read, or there are too many."), name)
    for key, value in found.items():
        if not key.strip() or len(key) > LONGEST_NAME or not isinstance(value, dict):
            raise CannotRead(_("This cannot be read."), f"{name} › {key[:40]}")
    return found


def definition(said) -> dict:
    if not isinstance(said, dict) or not isinstance(said.get("steps"), dict):
        raise CannotRead(_("This cannot be read."), "journey")
    if said.get("v") != JOURNEY_VERSION:
        raise CannotRead(_("This version of journeys is unknown here."), "journey › v")
    if len(said["steps"]) > MOST_STEPS:
        raise CannotRead(
            _("The journey has too many steps (more than %(n)d).") % {"n": MOST_STEPS},
            "journey › steps",
        )
    if len(json.dumps(said)) > MOST_CHARACTERS:
        raise CannotRead(_("The journey says too much: shorten its texts or rules."), "journey")
    for step, part in said["steps"].items():
        refuse_step(step, part)
    refuse_head(said)
    return said


def refuse_head(said: dict) -> None:
    """What stands beside its steps."""
    for name in ("trigger", "entry", "reentry", "goal"):
        if not isinstance(said.get(name), dict | None):
            raise CannotRead(_("This cannot be read."), f"journey › {name}")
    fields = [("trigger", said.get("trigger")), ("goal", said.get("goal"))]
    leave = said.get("leave") or []
    if not isinstance(leave, list) or len(leave) > MOST_EXITS:
        raise CannotRead(_("This cannot be read, or there are too many."), "journey › leave")
    for name, part in [*fields, *((f"leave › {n}", one) for n, one in enumerate(leave, 1))]:
        refuse_part(part, f"journey › {name}")
    if not isinstance(said.get("start"), str | None):
        raise CannotRead(_("This cannot be read."), "journey › start")
    share = said.get("holdout_percent", 0)
    if type(share) is not int or not 0 <= share <= 90:
        raise CannotRead(_("Give a share between 0 and 90."), "journey › holdout_percent")


def refuse_step(step: str, part) -> None:
    path = f"journey › steps › {step[:40]}"
    if not step or len(step) > LONGEST_ID:
        raise CannotRead(_("This cannot be read."), path)
    refuse_part(part, path)
    exits = (part or {}).get("exits", {})
    is_map = isinstance(exits, dict) and all(isinstance(to, str | None) for to in exits.values())
    if not isinstance(part, dict) or not isinstance(part.get("step"), str) or not is_map:
        raise CannotRead(_("This cannot be read."), path)


def refuse_part(part, path: str) -> None:
    if part is None:
        return
    if not isinstance(part, dict) or not isinstance(part.get("fields", {}), dict):
        raise CannotRead(_("This cannot be read."), path)
