"""What a message at its place in a journey can speak of: what the trigger brings, and what the
steps on some way to it give."""

from campaigns.delivery import needs


def given(definition) -> dict[str, frozenset[str]]:
    """By step: the roots that its texts can speak of on some way to it."""
    reached: dict[str, frozenset[str]] = {}
    seen, waiting = (
        set(),
        [(definition.target("", "next"), needs.EVERYWHERE | definition.trigger.gives)],
    )
    while waiting:
        place = waiting.pop()
        step, had = place
        if place in seen or step not in definition.steps:
            continue
        seen.add(place)
        reached[step] = reached.get(step, frozenset()) | had | definition.steps[step].carries()
        waiting += [
            (definition.target(step, way), had | definition.steps[step].gives(way))
            for way in definition.steps[step].exits
        ]
    return reached


def lacking(definition) -> dict[str, list[str]]:
    """By step: the fields that its texts need, and that no way through the journey can bring."""
    found = {
        step: needs.cannot_have(definition.steps[step].texts(), roots)
        for step, roots in given(definition).items()
    }
    return {step: fields for step, fields in found.items() if fields}
