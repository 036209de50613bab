"""What stands at a journey's head in its editor beside the trigger: its goal, and the reasons to
leave it early."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from campaigns.admin.journey_forms import StepPage, asks_too_much
from campaigns.journeys import telling
from campaigns.journeys.definition import InvalidJourney, bound
from campaigns.journeys.editor import operations
from campaigns.journeys.editor.marks import EXIT, GOAL, exits_of
from campaigns.journeys.entry_rules import EntryRule
from campaigns.journeys.leaving import EXITS, GOALS, MOST_EXITS, as_exit, as_goal
from crm_project.bounds import whole_in


@dataclass
class HeadCard:
    """The goal or one exit, as the list shows it."""

    id: str
    icon: str
    sentence: str
    problems: list[str]
    kinds: list
    chosen: str
    is_there: bool
    is_open: bool
    is_hidden: bool
    page: StepPage | None = None


def place_of(step: str) -> int | None:
    """Which exit is meant by "exit0"; None where none is."""
    return whole_in(step.removeprefix(EXIT)) if step.startswith(EXIT) else None


def is_in_head(step: str) -> bool:
    return step == GOAL or place_of(step) is not None


def part_at(draft: dict, step: str) -> dict:
    """What is stored there; {} where nothing is."""
    exits, place = exits_of(draft), place_of(step)
    part = draft.get("goal") if step == GOAL else None
    if place is not None and 0 <= place < len(exits):
        part = exits[place]
    return part if isinstance(part, dict) else {}


def kinds_of(step: str) -> dict:
    return GOALS if step == GOAL else EXITS


def parts(draft: dict) -> list[tuple[type, dict]]:
    """The kind and the fields of the entry rule, the goal and each exit that can be read at all."""
    entry = draft.get("entry")
    steps = [GOAL, *(f"{EXIT}{place}" for place in range(len(exits_of(draft))))]
    found = [(kinds_of(step), part_at(draft, step)) for step in steps]
    return ([(EntryRule, entry)] if isinstance(entry, dict) else []) + [
        (kinds[part["by"]], part["fields"])
        for kinds, part in found
        if isinstance(part.get("by"), str)
        and part["by"] in kinds
        and isinstance(part.get("fields"), dict)
    ]


def cards(draft: dict, problems: dict, request, opened: str, typed) -> list[HeadCard]:
    """The goal, each exit, and the place for one more where it is open."""
    number = len(exits_of(draft))
    steps = [GOAL, *(f"{EXIT}{place}" for place in range(number))]
    if opened == f"{EXIT}{number}" and number < MOST_EXITS:
        steps.append(opened)
    return [card(draft, step, problems.get(step, []), request, opened, typed) for step in steps]


def next_exit(draft: dict) -> str:
    """Where one more would stand; "" where there are enough."""
    number = len(exits_of(draft))
    return f"{EXIT}{number}" if number < MOST_EXITS else ""


def card(draft: dict, step: str, problems: list[str], request, opened: str, typed) -> HeadCard:
    part, kinds = part_at(draft, step), kinds_of(step)
    is_open = step == opened
    asked = (request.GET.get("kind") or (typed or {}).get("kind")) if is_open else ""
    chosen = asked or part.get("by")
    kind = kinds.get(chosen) if isinstance(chosen, str) else None
    stored = (part.get("fields") or {}) if part.get("by") == chosen else {}
    hidden = asks_too_much(kind, stored)
    return HeadCard(
        id=step,
        icon="flag_circle" if step == GOAL else "logout",
        sentence=words(kinds, part, step),
        problems=problems,
        kinds=list(kinds.values()),
        chosen=chosen if kind else "",
        is_there=bool(part),
        is_open=is_open,
        is_hidden=hidden,
        page=StepPage(kind, stored, request.user, typed)
        if is_open and kind and not hidden
        else None,
    )


def words(kinds: dict, part: dict, step: str) -> str:
    if not part:
        return _("No goal yet") if step == GOAL else _("One more reason to leave early")
    try:
        said = bound(kinds, "by", part).sentence()
    except (InvalidJourney, KeyError, TypeError, ValueError, AttributeError):
        said = _("this cannot be read yet")
    return telling.capitalised(as_goal(said) if step == GOAL else as_exit(said))


def set_part(draft: dict, step: str, request) -> dict:
    """The goal or the exit says what was posted. Raises CannotDo."""
    kinds, part = kinds_of(step), part_at(draft, step)
    if asks_too_much(kinds.get(part.get("by")), part.get("fields")):
        raise operations.CannotDo(
            _("Its rule asks for what you may not see, so you cannot change it here.")
        )
    kind = kinds.get(request.POST.get("kind", ""))
    if kind is None:
        raise operations.CannotDo(_("Choose what it goes by."))
    said = {"by": kind.key, "fields": StepPage(kind, {}, request.user, request.POST).stored}
    return put(draft, step, said)


def put(draft: dict, step: str, said: dict | None) -> dict:
    if step == GOAL:
        return operations.aim(draft, said)
    return operations.leave_by(draft, place_of(step), said)
