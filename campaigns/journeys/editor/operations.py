"""What can be done to a draft. Each operation takes a definition (format.py) and gives another one;
the old one stays as it was.

A place is where something can be put in: {"at": [step or "", way]} is on that way ("" stands for
the beginning), {"before": step} is where several ways have met. Ids of new steps are given by
whoever calls: they are never used twice in a journey.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy

from django.utils.translation import gettext as _

from campaigns.journeys.definition import MOST_STEPS, ON_ERROR
from campaigns.journeys.editor.blocks import END, block, first, reached, ways
from campaigns.journeys.leaving import MOST_EXITS
from campaigns.journeys.steps.base import steps

NOTHING = ""


class CannotDo(ValueError):
    """The operation does not fit the draft, in words for a marketer."""


def insert(definition: dict, place: dict, part: dict, mint: Callable[[], str]) -> tuple[dict, str]:
    """The step stands at the place, and all of its ways lead on to what came there. Its id."""
    return put_in(definition, place, {"steps": {"new": part}, "first": "new"}, mint)


def put_in(definition: dict, place: dict, clip: dict, mint: Callable[[], str]) -> tuple[dict, str]:
    """The steps of a clip stand at the place under new ids; ways that led out of them lead on to
    what came there. The first one's id."""
    found = deepcopy(definition)
    if len(found["steps"]) + len(clip["steps"]) > MOST_STEPS:
        raise CannotDo(_("The journey has too many steps (more than %(n)d).") % {"n": MOST_STEPS})
    ids = {old: mint() for old in clip["steps"]}
    following = target(found, place)
    for old, part in clip["steps"].items():
        new = deepcopy(part)
        new["exits"] = {
            way: ids.get(to, following) for way, to in (new.get("exits") or exits_of(new)).items()
        }
        found["steps"][ids[old]] = new
    lead(found, place, ids[clip["first"]], but=set(ids.values()))
    refuse_cut_off(found, definition)
    return found, ids[clip["first"]]


def exits_of(part: dict) -> dict[str, None]:
    """The ways of a step that has none yet."""
    kind = steps.by_key.get(part.get("step", ""))
    form = kind(data=part.get("fields") or {}) if kind else None
    if form is not None:
        form.is_valid()
    return dict.fromkeys(form.exits) if form is not None else {}


def change(definition: dict, step: str, fields: dict) -> dict:
    """The step says this. Ways that it has now and had not before lead to where the others meet."""
    found = with_step(definition, step)
    part, join = found["steps"][step], block(found, step)[1] or None
    part["fields"] = fields
    before = part.get("exits") or {}
    part["exits"] = {way: before.get(way, join) for way in exits_of(part)}
    return without_lost(found, definition)


def begin_with(definition: dict, said: dict) -> dict:
    """The trigger, who may enter and how often, and the share that is held out."""
    found = deepcopy(definition)
    for name in ("trigger", "entry", "reentry", "holdout_percent"):
        if name in said:
            found[name] = said[name]
    return found


def aim(definition: dict, goal: dict | None) -> dict:
    """What the journey is for."""
    return {**deepcopy(definition), "goal": goal}


def leave_by(definition: dict, place: int, why: dict | None) -> dict:
    """The exit at this place says this, or is gone; one beyond the last is added."""
    found = deepcopy(definition)
    stored = found.get("leave")
    exits = stored if isinstance(stored, list) else []
    if not 0 <= place <= len(exits):
        raise CannotDo(_("There is no such place any more."))
    found["leave"] = exits[:place] + ([why] if why else []) + exits[place + 1 :]
    if len(found["leave"]) > MOST_EXITS:
        raise CannotDo(_("A journey has at most %(n)d ways to leave it early.") % {"n": MOST_EXITS})
    return found


def on_error(definition: dict, step: str, choice: str) -> dict:
    """What becomes of those with whom the step goes wrong."""
    if choice not in ON_ERROR:
        raise CannotDo(_("This cannot be done."))
    found = with_step(definition, step)
    found["steps"][step]["on_error"] = choice
    return found


def copied(definition: dict, step: str) -> dict:
    """The step, with its ways up to where they meet, as a clip that can be put in here or in
    another journey."""
    inside, _join = block(with_step(definition, step), step)
    return {
        "steps": {one: deepcopy(definition["steps"][one]) for one in sorted(inside)},
        "first": step,
    }


def move(definition: dict, step: str, place: dict) -> dict:
    """The step, with its ways up to where they meet, stands at the place; where it stood, what came
    after it follows."""
    found = with_step(definition, step)
    inside, join = block(found, step)
    if place.get("before") in inside or (place.get("at") or [None])[0] in inside:
        raise CannotDo(_("A step cannot be moved into its own ways."))
    # What stands right before where it goes may be what follows it now: the place is looked up once
    # it is out.
    for source, way in list(edges(found, step)):
        if source not in inside:
            set_way(found, source, way, join or None)
    following = target(found, place)
    for one in inside:
        exits = found["steps"][one].get("exits") or {}
        found["steps"][one]["exits"] = {
            way: to if to in inside else following for way, to in exits.items()
        }
    lead(found, place, step, but=inside)
    refuse_cut_off(found, definition)
    return found


def delete(definition: dict, step: str, keep: str = NOTHING) -> dict:
    """The step is gone. `keep` names the way whose steps stay in its place; with none, what only it
    led to is gone as well."""
    if step not in definition["steps"]:
        raise CannotDo(_("There is no such step."))
    found = deepcopy(definition)  # also of a step that nobody can read
    kept = ways(found, step).get(keep, END) if keep else block(found, step)[1]
    if kept == step:
        kept = END
    for source, way in list(edges(found, step)):
        if source != step:
            set_way(found, source, way, kept or None)
    del found["steps"][step]
    return without_lost(found, definition)


def lead_to(definition: dict, step: str, way: str, to: str | None) -> dict:
    """This way leads there, or ends the journey."""
    found = with_step(definition, step)
    if way not in ways(found, step):
        raise CannotDo(_("There is no such way."))
    if to is not None and to not in found["steps"]:
        raise CannotDo(_("There is no such step."))
    set_way(found, step, way, to)
    return without_lost(found, definition)


def switch(definition: dict, step: str, *, is_off: bool) -> dict:
    """Whoever comes to a step that is off goes on by its first way."""
    found = with_step(definition, step)
    if is_off:
        found["steps"][step]["off"] = True
    else:
        found["steps"][step].pop("off", None)
    return found


def refuse_cut_off(found: dict, before: dict) -> None:
    """What is put in leads on. Only a circle does not."""
    if reached(before) & found["steps"].keys() - reached(found):
        raise CannotDo(
            _("This goes round in a circle: what comes after it could not be reached any more.")
        )


# -- places and ways


def with_step(definition: dict, step: str) -> dict:
    """A copy, in which the step is. Raises CannotDo."""
    if step not in definition["steps"] or not isinstance(definition["steps"][step], dict):
        raise CannotDo(_("There is no such step."))
    return deepcopy(definition)


def target(definition: dict, place: dict) -> str | None:
    """The step that comes at this place; None at the end. Raises CannotDo where there is no such
    place."""
    if "before" in place:
        if place["before"] not in definition["steps"]:
            raise CannotDo(_("There is no such place any more."))
        return place["before"]
    source, way = place["at"]
    if source == "":
        return first(definition) or None
    if source not in definition["steps"] or way not in ways(definition, source):
        raise CannotDo(_("There is no such place any more."))
    return ways(definition, source)[way] or None


def lead(definition: dict, place: dict, to: str, *, but: set[str]) -> None:
    """Whoever comes to the place comes to this step first; ways of `but` stay as they are."""
    if "before" in place:
        for source, way in list(edges(definition, place["before"])):
            if source not in but:
                set_way(definition, source, way, to)
    else:
        source, way = place["at"]
        set_way(definition, source, way, to)


def edges(definition: dict, to: str) -> Iterator[tuple[str, str]]:
    """The ways that lead to this step."""
    if definition.get("start") == to:
        yield "", ""
    for source in definition["steps"]:
        yield from ((source, way) for way, where in ways(definition, source).items() if where == to)


def set_way(definition: dict, source: str, way: str, to: str | None) -> None:
    if source == "":
        definition["start"] = to
    else:
        definition["steps"][source]["exits"][way] = to


def without_lost(definition: dict, before: dict) -> dict:
    """Without the steps that somebody could come to before and nobody can now."""
    lost = reached(before) - reached(definition)
    definition["steps"] = {
        step: part for step, part in definition["steps"].items() if step not in lost
    }
    for step in definition["steps"]:
        if isinstance(definition["steps"][step], dict) and isinstance(
            definition["steps"][step].get("exits"), dict
        ):
            exits = definition["steps"][step]["exits"]
            definition["steps"][step]["exits"] = {
                way: None if to in lost else to for way, to in exits.items()
            }
    return definition
