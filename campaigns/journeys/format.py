"""How a journey is stored, and how older ones are read.

{"v": 2,
 "trigger": {"trigger": key, "fields": {…}},
 "reentry": {"kind": "once" | "days" | "key" | "always", "days": n},
 "holdout_percent": n,
 "entry": {"segment": its number, "per_hour": n},
 "goal": {"by": "event" | "segment", "fields": {…}} or null,
 "leave": [{"by": "event" | "segment" | "rule", "fields": {…}}, …],
 "start": step id or null,
 "steps": {step id: {"step": key, "fields": {…}, "exits": {way: step id or null},
                     "on_error": "retry" | "skip" | "hold", "off": false}}}

Fields and exits stand apart, so that no name of a field can ever be that of an exit, and a step may
have exits of its own (a split's ways). An id of a step is never used again within its journey; a
way that leads to null ends the journey there. Published versions never change, so those of version
1, where fields and exits stood side by side, and those with a time instead of a schedule, are read
as they would be stored today whenever they are met.
"""

VERSION = 2
# What version 1 knew: the exits of each kind of step. Everything else beside its key was a field.
EXITS_OF_VERSION_1: dict[object, tuple[str, ...]] = {
    "branch": ("yes", "no"),
    "issue_coupon": ("next", "none"),
}


def current(stored):
    """The same journey as version 2. What is no journey at all comes back as it is, for whoever
    reads it to refuse."""
    if not isinstance(stored, dict) or not isinstance(stored.get("steps"), dict):
        return stored
    if "v" not in stored:
        steps = {key: step_of_version_1(part) for key, part in stored["steps"].items()}
        stored = {
            "v": VERSION,
            **stored,
            "trigger": trigger_of_version_1(stored.get("trigger")),
            "steps": steps,
        }
    return with_schedule(stored)


def with_schedule(stored: dict) -> dict:
    """A moment or a time of day, as triggers had them before there was one form of schedule."""
    trigger = stored.get("trigger")
    if not isinstance(trigger, dict):
        return stored
    fields = trigger.get("fields")
    if not isinstance(fields, dict) or not fields.keys() & {"once_at", "daily_at"}:
        return stored
    kept = {key: value for key, value in fields.items() if key not in ("once_at", "daily_at")}
    schedule = (
        {"kind": "once", "at": fields["once_at"], "missed": "last"}
        if fields.get("once_at")
        else {"kind": "daily", "time": fields["daily_at"], "missed": "last"}
    )
    return {
        **stored,
        "trigger": {**trigger, "fields": {**kept, "schedule": schedule}},
    }


def trigger_of_version_1(part):
    if not isinstance(part, dict):
        return part
    return {
        "trigger": part.get("trigger"),
        "fields": {name: value for name, value in part.items() if name != "trigger"},
    }


def step_of_version_1(part):
    if not isinstance(part, dict):
        return part
    ways = EXITS_OF_VERSION_1.get(part.get("step"), ("next",))
    fields = {name: value for name, value in part.items() if name not in ("step", *ways)}
    return {
        "step": part.get("step"),
        "fields": fields,
        "exits": {way: part.get(way) for way in ways},
    }
