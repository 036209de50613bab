"""Where those under way on an older version go: proposed, checked, asked.

A step of the same id and kind is the same step, whatever it says by now. Else the first step of the
same kind that is new takes those of the first that is gone, in the order in which people read them.
For whom there is nothing like it, nothing is proposed: they finish on their version.
"""

from collections.abc import Iterator

from campaigns.journeys.editor.outline import Way, outline
from campaigns.journeys.versions.parts import opened, steps_of

STAY, LEAVE, TO = "stay", "leave", "to:"
BEGINNING = ""


def order(stored: dict) -> list[str]:
    """The steps as the list of them reads."""
    if not all(isinstance(one, dict) for one in steps_of(stored).values()):
        return list(steps_of(stored))
    found = dict.fromkeys(walked(outline(stored)))
    return [*found, *(step for step in steps_of(stored) if step not in found)]


def walked(way: Way) -> Iterator[str]:
    for item in way.items:
        if not item.goes_to:
            yield item.step
        for inner in item.ways:
            yield from walked(inner)


def kind(stored: dict, step: str) -> str:
    part = steps_of(stored).get(step)
    said = part.get("step") if isinstance(part, dict) else None
    return said if isinstance(said, str) else ""


def beginning(stored: dict) -> str:
    part = stored.get("trigger")
    said = part.get("trigger") if isinstance(part, dict) else None
    return said if isinstance(said, str) else ""


def proposed(before, now) -> dict[str, str]:
    """By step of the older version, "" the beginning: where to."""
    old, new = opened(before), opened(now)
    same = {
        step for step in steps_of(old) if kind(old, step) and kind(old, step) == kind(new, step)
    }
    fresh = [step for step in order(new) if step not in steps_of(old)]
    found = {BEGINNING: TO if beginning(old) == beginning(new) else STAY}
    for step in order(old):
        alike = [one for one in fresh if kind(new, one) == kind(old, step)]
        if step in same:
            found[step] = f"{TO}{step}"
        elif alike:
            found[step] = f"{TO}{alike[0]}"
            fresh.remove(alike[0])
        else:
            found[step] = STAY
    return found


def is_allowed(where: str, step: str, before, now) -> bool:
    """Whether those of this step of the older version can go there. Whoever has not begun yet stays
    at the beginning, and only where both begin by the same kind of thing."""
    if where in (STAY, LEAVE):
        return True
    old, new = opened(before), opened(now)
    if not where.startswith(TO):
        return False
    target = where.removeprefix(TO)
    if step == BEGINNING:
        return target == BEGINNING and beginning(old) == beginning(new)
    return target in steps_of(new) and target != BEGINNING
