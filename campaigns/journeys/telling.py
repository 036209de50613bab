"""A journey in words and as the nodes of a picture."""

from django.utils.translation import gettext as _

from campaigns.delivery import reasons
from campaigns.journeys import leaving
from campaigns.journeys.definition import Definition, InvalidJourney, of_version, read
from campaigns.journeys.editor.blocks import END, meets
from campaigns.journeys.reading import of_same
from campaigns.journeys.steps.base import Step


def position(version_id: int, step: str) -> str:
    """Where a run stands, in words: what it waits for at the beginning, or its step."""
    journey = of_version(version_id)
    if step == "":
        return capitalised(journey.trigger.sentence())
    return capitalised(journey.steps[step].sentence()) if step in journey.steps else step


def outcome(version_id: int, text: str) -> str:
    """What came of a run or a step, in words; an exit's by what it says."""
    if text == leaving.GOAL:
        return _("has reached the goal")
    if text.startswith(leaving.LEFT):
        try:
            why = of_version(version_id).ways_out.exits[int(text.removeprefix(leaving.LEFT)) - 1]
        except (InvalidJourney, ValueError, IndexError):
            return text
        return _("left, because %(why)s") % {"why": why.sentence()}
    return reasons.word(text)


def sentence(stored) -> str:
    """The journey in words: the trigger, then the steps, the ways of a branch in brackets up to
    where they meet; who may enter, its goal and its exits."""
    try:
        definition = read(stored)
    except InvalidJourney as error:
        return _("(cannot be read: %(why)s)") % {"why": error.messages[0]}
    text = _("%(trigger)s: %(steps)s") % {
        "trigger": capitalised(definition.trigger.sentence()),
        "steps": told(definition, definition.stored.get("start")),
    }
    return with_conditions(text, definition)


def with_conditions(text: str, definition: Definition) -> str:
    more = map(capitalised, definition.entry.sentences())
    for said in [*more, *leaving.sentences(definition.ways_out, capitalised)]:
        text = _("%(journey)s. %(more)s") % {"journey": text.rstrip(".。"), "more": said}
    has_more = definition.ways_out.all or definition.entry.sentences()
    return _("%(text)s.") % {"text": text} if has_more else text


def capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


@of_same
def of_step(step: Step) -> str:
    return step.sentence()


def told(definition: Definition, key: str | None) -> str:
    joins = meets(definition.stored)
    return told_until(definition, joins, key, END, set()) or _("end")


def told_until(
    definition: Definition, joins: dict[str, str], key: str | None, stop: str, seen: set[str]
) -> str:
    """From this step on to where the ways around it meet; nothing if that is here. What follows
    after several ways is told once."""
    parts: list[str] = []
    while (key or END) != stop:
        if key is None or key not in definition.steps:
            parts.append(_("end"))
            break
        if key in seen:
            parts.append(_("back to “%(step)s”") % {"step": definition.steps[key].label})
            break
        step, seen = definition.steps[key], seen | {key}
        text = of_step(step)
        first, *others = step.exits or [""]
        if not others or first == "next":
            following = definition.target(key, first) if first else None
            is_last = following is None and not others
            parts.append(text)
            if is_last:
                break
            key = following
            continue
        join = joins[key]
        ways = [
            f"{label}: {way_told(definition, joins, definition.target(key, way), join, seen)}"
            for way, label in step.exits.items()
        ]
        parts.append(f"{text} ({'; '.join(ways)})")
        if join == END:
            break
        key = join
    return _(", then ").join(parts)


def way_told(
    definition: Definition, joins: dict[str, str], to: str | None, join: str, seen: set[str]
) -> str:
    if to is not None and to == join:
        return _("straight on")
    return told_until(definition, joins, to, join, seen) or _("end")


def graph(stored) -> list[dict]:
    """The journey as a picture's nodes: id, kind, label, and where each way leads.

    The trigger's id is "", the end's None.
    """
    definition = read(stored)
    begin = {"label": "", "to": named(definition.stored.get("start"))}
    label = capitalised(definition.trigger.sentence())
    nodes = [{"id": "", "kind": "trigger", "label": label, "next": [begin]}]
    for key, step in definition.steps.items():
        ways = [(way, str(words), definition.target(key, way)) for way, words in step.exits.items()]
        exits = [
            {"way": way, "label": words, "to": named(target)}
            for way, words, target in ways or [("", "", None)]
        ]
        label = capitalised(step.sentence())
        nodes.append({"id": key, "kind": step.key, "label": label, "next": exits})
    return [*nodes, {"id": None, "kind": "end", "label": _("End"), "next": []}]


def named(target) -> str | None:
    """A step's id, whatever a draft holds; None for the end."""
    return str(target) if target else None
