"""Two definitions side by side, part by part: what was added, taken away, changed, and how.

Nothing is said to differ exactly where both mean the same as they are stored (`plain`).
"""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys import reading
from campaigns.journeys.definition import ON_ERROR
from campaigns.journeys.format import VERSION
from campaigns.journeys.versions.parts import (
    BEGINNING,
    ENTRY,
    EXIT,
    GOAL,
    NAMED,
    STEP,
    Part,
    named,
    opened,
    parts,
    steps_of,
)
from campaigns.journeys.versions.wording import (
    Piece,
    field_values,
    pieces,
    raw,
    sentence,
    value_words,
    ways,
)

ADDED, GONE, CHANGED, SAME = "added", "removed", "changed", "same"
STATES = {
    ADDED: gettext_lazy("added"),
    GONE: gettext_lazy("removed"),
    CHANGED: gettext_lazy("changed"),
    SAME: gettext_lazy("unchanged"),
}
ICONS = {ADDED: "add_circle", GONE: "remove_circle", CHANGED: "change_circle", SAME: "check"}
ROLES = {
    BEGINNING: gettext_lazy("how it begins"),
    ENTRY: gettext_lazy("who may enter"),
    GOAL: gettext_lazy("goal"),
    EXIT: gettext_lazy("a reason to leave early"),
    STEP: gettext_lazy("step"),
}
REENTRIES = {
    "once": gettext_lazy("once ever"),
    "days": gettext_lazy("once in so many days"),
    "key": gettext_lazy("once per product"),
    "always": gettext_lazy("every time"),
}
ON_ERRORS = {
    "retry": gettext_lazy("try again, later and later"),
    "skip": gettext_lazy("skip the step and go on"),
    "hold": gettext_lazy("hold it for staff"),
}
LONGEST_WORD = 10
COUNTED = (STEP, EXIT)  # there is one, though nothing is said in it
OWN = {"fields", "exits", "on_error", "off"}
WHOLE = {"v", "trigger", "reentry", "holdout_percent", "entry", "goal", "leave", "start", "steps"}


@dataclass(frozen=True, slots=True)
class Difference:
    """Of one field; `pieces` where both are texts."""

    label: str
    before: str
    now: str
    pieces: list[Piece] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Compared:
    """One part: what became of it, how it reads, and what of it differs."""

    state: str
    role: str
    sentence: str
    differences: list[Difference]

    @property
    def word(self) -> str:
        return str(STATES[self.state])

    @property
    def icon(self) -> str:
        return ICONS[self.state]


@dataclass(frozen=True, slots=True)
class Comparison:
    parts: list[Compared]

    @property
    def is_empty(self) -> bool:
        return all(one.state == SAME for one in self.parts)

    def count(self, state: str) -> int:
        return sum(one.state == state for one in self.parts)

    def counts(self) -> list[tuple[str, str, int]]:
        """(an icon, what became of them, how many), of those that there are."""
        return [
            (ICONS[state], str(word), n)
            for state, word in STATES.items()
            if (n := self.count(state))
        ]


def plain(value) -> Any:
    """Without what says nothing, so that an empty field and a missing one are the same."""
    if isinstance(value, dict):
        kept = {key: plain(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if not is_empty(inner)}
    return [plain(one) for one in value] if isinstance(value, list) else value


def is_empty(value) -> bool:
    return value is None or value is False or value in ("", [], {})


def compare(before, now) -> Comparison:
    """In the order of the newer one; what is gone from it stands at the end."""
    old, new = opened(before), opened(now)
    with reading.once([*named(old), *named(new)]):
        left = {(one.role, one.id): one for one in parts(old)}
        right = {(one.role, one.id): one for one in parts(new)}
        found = []
        for key in [*right, *(key for key in left if key not in right)]:
            one = compared(left.get(key), right.get(key), old, new)
            if one is not None:
                found.append(one)
    return Comparison(found)


def compared(before: Part | None, now: Part | None, old: dict, new: dict) -> Compared | None:
    """None where there is nothing on either side."""
    first = described(before, old) if before else {}
    second = described(now, new) if now else {}
    shown = now if second else before
    if shown is None or not (first or second):
        return None
    if not first or not second:
        state, whole = (ADDED, second) if second else (GONE, first)
        lines = [
            Difference(label, "" if second else said, said if second else "")
            for label, said, _value in whole.values()
        ]
        return Compared(state, str(ROLES[shown.role]), sentence(shown), lines)
    lines = [
        difference(first.get(key), second.get(key))
        for key in [*second, *(key for key in first if key not in second)]
        if (first.get(key) or NOTHING)[2] != (second.get(key) or NOTHING)[2]
    ]
    state = CHANGED if lines else SAME
    return Compared(state, str(ROLES[shown.role]), sentence(shown), lines)


Line = tuple[str, str, Any]  # label, in words, as it is stored
NOTHING: Line = ("", "", None)


def difference(before: Line | None, now: Line | None) -> Difference:
    label = (now or before or NOTHING)[0]
    first, second = (before or NOTHING), (now or NOTHING)
    told = pieces(first[1], second[1]) if is_text(first) and is_text(second) else []
    return Difference(label, first[1], second[1], told)


def is_text(line: Line) -> bool:
    """Written by somebody, not chosen: it reads as it is stored, and is more than a word."""
    return line[1] == line[2] and len(line[1]) > LONGEST_WORD


def described(part: Part, whole: dict) -> dict[str, Line]:
    """By key: the label, the words and the stored value of everything that it says."""
    found = beginning(whole) if part.role == BEGINNING else {}
    if part.role == ENTRY or isinstance(part.stored, dict):
        found |= own(part, whole)
    elif not is_empty(part.stored) or part.role in COUNTED:
        found["?"] = _("not readable"), raw(part.stored), plain(part.stored)
    for key, label, value in field_values(part):
        said = plain(value)
        if not is_empty(said):
            found[f"field {key}"] = label, value_words(part, key, said), said
    return found


def own(part: Part, whole: dict) -> dict[str, Line]:
    """What it says beside its fields."""
    found: dict[str, Line] = {}
    if part.role == ENTRY:
        if not isinstance(part.stored, dict):
            note(found, "?", _("not readable"), part.stored)
        return found
    kind = part.stored.get(NAMED[part.role])
    if not is_empty(kind) or part.role in COUNTED:
        label = str(getattr(part.kind, "label", "")) or raw(kind)
        found["kind"] = _("kind"), label, kind
    if part.role == STEP:
        found |= of_step(part, whole)
    for key in sorted(part.stored.keys() - OWN - {NAMED[part.role]}):
        note(found, f"?{key}", str(key), part.stored[key])
    if not isinstance(part.stored.get("fields"), dict):
        note(found, "?fields", _("not readable"), part.stored.get("fields"))
    return found


def note(found: dict[str, Line], key: str, label: str, value) -> None:
    value = plain(value)
    if not is_empty(value):
        found[key] = label, raw(value), value


def beginning(whole: dict) -> dict[str, Line]:
    """What is said of the journey as a whole."""
    found: dict[str, Line] = {}
    reentry = whole.get("reentry")
    kind = reentry.get("kind") if isinstance(reentry, dict) else reentry
    known = REENTRIES.get(kind) if isinstance(kind, str) else None
    if not is_empty(value := plain(reentry)):
        days = reentry.get("days") if isinstance(reentry, dict) else None
        words = f"{known} ({raw(days)})" if known and kind == "days" else str(known or raw(value))
        found["reentry"] = _("how often may one customer enter?"), words, value
    share = whole.get("holdout_percent")
    if not is_empty(plain(share)):
        found["holdout"] = _("held out, to measure the effect (%)"), raw(share), plain(share)
    start = whole.get("start")
    if not is_empty(plain(start)):
        found["start"] = _("first step"), target(whole, start), plain(start)
    for key in sorted(whole.keys() - WHOLE):
        note(found, f"?{key}", str(key), whole[key])
    if whole.get("v", VERSION) != VERSION:
        note(found, "?v", _("version"), whole["v"])
    if not isinstance(whole.get("steps"), dict):
        note(found, "?steps", _("not readable"), whole.get("steps"))
    if not isinstance(whole.get("leave"), list):
        note(found, "?leave", _("not readable"), whole.get("leave"))
    return found


def of_step(part: Part, whole: dict) -> dict[str, Line]:
    """Its ways, what happens when it goes wrong, whether it is off."""
    found: dict[str, Line] = {}
    choice = part.stored.get("on_error")
    if not is_empty(choice) and choice != ON_ERROR[0]:
        known = ON_ERRORS.get(choice) if isinstance(choice, str) else None
        found["on_error"] = _("if it goes wrong"), str(known or raw(choice)), plain(choice)
    if not is_empty(plain(off := part.stored.get("off"))):
        found["off"] = _("step is off"), _("yes") if off is True else raw(off), plain(off)
    exits = part.stored.get("exits")
    if not isinstance(exits, dict):
        note(found, "?exits", _("not readable"), exits)
        return found
    labels = ways(part)
    for way in sorted(exits):
        if not is_empty(plain(exits[way])):
            label = _("way “%(name)s” leads to") % {"name": labels.get(way) or way}
            if not labels.get(way) and way == "next":
                label = _("goes on at")
            found[f"way {way}"] = label, target(whole, exits[way]), plain(exits[way])
    return found


def target(whole: dict, step) -> str:
    """A step by its sentence; ids mean nothing to people."""
    known = steps_of(whole)
    if not isinstance(step, str) or step not in known:
        return raw(step)
    return next(sentence(one) for one in parts({"steps": {step: known[step]}}) if one.id == step)
