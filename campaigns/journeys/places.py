"""What a message at its place in a journey can speak of: what the trigger brings, and what the
steps on some way to it give."""

from campaigns.delivery import needs


def lacking(definition) -> dict[str, list[str]]:
    """By step: the fields that its texts need, and that no way through the journey can bring."""
    reached: dict[str, frozenset[str]] = {}
    seen, waiting = (
        set(),
        [(definition.target("", "next"), needs.EVERYWHERE | definition.trigger.gives)],
    )
    while waiting:
        place = waiting.pop()
        step, given = place
        if place in seen or step not in definition.steps:
            continue
        seen.add(place)
        reached[step] = reached.get(step, frozenset()) | given | definition.steps[step].carries()
        waiting += [
            (definition.target(step, way), given | definition.steps[step].gives(way))
            for way in definition.steps[step].exits
        ]
    found = {
        step: needs.cannot_have(definition.steps[step].texts(), given)
        for step, given in reached.items()
    }
    return {step: fields for step, fields in found.items() if fields}
