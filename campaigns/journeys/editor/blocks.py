"""Which steps belong together: a step with its ways up to where they meet again.

Where the ways of a step meet is its immediate post-dominator: the first step that everybody who
comes by must pass (Lengauer and Tarjan's notion, worked out by plain iteration, since a journey has
a hundred steps at most). END stands for the journey's end.
"""

from collections import defaultdict

from campaigns.journeys.reading import of_same

END = ""


def ways(definition: dict, step: str) -> dict[str, str]:
    """Where each way of the step leads; END where it leads nowhere, or to a step that is not
    there."""
    steps = definition["steps"]
    exits = steps[step].get("exits") if isinstance(steps[step], dict) else None
    return (
        {way: to if to in steps else END for way, to in exits.items()}
        if isinstance(exits, dict)
        else {}
    )


@of_same
def meets(definition: dict) -> dict[str, str]:
    """For each step: where all of its ways have met again, or END."""
    steps, everything = definition["steps"], {*definition["steps"], END}
    passed = dict.fromkeys(steps, everything) | {END: {END}}
    following = {step: set(ways(definition, step).values()) or {END} for step in steps}
    changed = True
    while changed:
        changed = False
        # Backwards: as a rule a step stands before those that follow it.
        for step in reversed(steps):
            now = {step} | set.intersection(*(passed[one] for one in following[step]))
            if now != passed[step]:
                passed[step], changed = now, True
    ending = that_end(following)
    # Of those that everybody passes later, the next is the one from which the most of the others
    # are still to come.
    return {
        step: (
            max(passed[step] - {step}, key=lambda one: (len(passed[one]), one))
            if step in ending
            else END
        )
        for step in steps
    }


def that_end(following: dict[str, set[str]]) -> set[str]:
    """The steps from which some way leads to the end; the others go round in a circle for ever."""
    before = defaultdict(list)
    for step, those in following.items():
        for one in those:
            before[one].append(step)
    found, waiting = set[str](), [END]
    while waiting:
        more = [step for step in before[waiting.pop()] if step not in found]
        found.update(more)
        waiting += more
    return found


def block(definition: dict, step: str) -> tuple[set[str], str]:
    """The step and everything on its ways before they meet; and where they meet."""
    join, found, waiting = meets(definition)[step], {step}, list(ways(definition, step).values())
    while waiting:
        one = waiting.pop()
        if one not in (END, join) and one not in found:
            found.add(one)
            waiting += ways(definition, one).values()
    return found, join


def first(definition: dict) -> str:
    """The step that the trigger leads to; END where it leads to none that exists."""
    start = definition.get("start")
    return start if isinstance(start, str) and start in definition["steps"] else END


def reached(definition: dict) -> set[str]:
    """The steps that somebody can come to."""
    found, waiting = set[str](), [first(definition)]
    while waiting:
        one = waiting.pop()
        if one != END and one not in found:
            found.add(one)
            waiting += ways(definition, one).values()
    return found
