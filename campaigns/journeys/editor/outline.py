"""A definition as a nested list: a step, its ways side by side, and on after where they meet."""

from dataclasses import dataclass, field

from campaigns.journeys.editor.blocks import END, first, meets, ways


@dataclass
class Item:
    """A step at its place; `ways` where it has several, else empty. `goes_to` names a step that is
    told elsewhere."""

    step: str
    place: dict
    ways: list["Way"] = field(default_factory=list)
    goes_to: str = ""


@dataclass
class Way:
    """One way of a step: its items, and the place at its end."""

    name: str
    items: list[Item]
    end: dict
    goes_on: bool  # to where the ways meet; else the journey ends here


def outline(definition: dict) -> Way:
    """The whole journey as one way that begins with the trigger. Steps that nobody can come to are
    not in it."""
    return told(
        definition,
        meets(definition),
        first(definition),
        END,
        {"at": ["", ""]},
        set(),
        "",
    )


def told(
    definition: dict,
    joins: dict[str, str],
    step: str,
    stop: str,
    place: dict,
    seen: set[str],
    name: str,
) -> Way:
    items: list[Item] = []
    while step not in (END, stop):
        if step in seen:
            items.append(Item(step, place, goes_to=step))
            return Way(name, items, {}, goes_on=False)
        seen.add(step)
        own = ways(definition, step)
        if len(own) < 2:
            items.append(Item(step, place))
            way, following = next(iter(own.items()), ("", END))
            place, step = {"at": [step, way]} if way else {}, following
            continue
        join = joins[step]
        inner = [
            told(definition, joins, to, join, {"at": [step, way]}, seen, way)
            for way, to in own.items()
        ]
        items.append(Item(step, place, inner))
        if join in (END, stop) or join in seen:
            # There is no place after the ways that is not the end of one of them.
            return Way(name, items, {}, goes_on=join != END and join == stop)
        place, step = {"before": join}, join
    return Way(name, items, place, goes_on=step == stop and stop != END)
