"""A journey's draft as a document."""

from collections.abc import Callable

from django.db.models import Model
from django.utils.translation import gettext as _

from campaigns.journeys.portable import terms
from campaigns.journeys.portable.document import FORMAT, VERSION, CannotRead, sections
from campaigns.journeys.portable.references import (
    INCLUDED,
    KINDS,
    MISSING,
    of_definition,
    reference,
    word_of,
)
from campaigns.journeys.versions.mapping import order
from campaigns.journeys.versions.parts import opened, parts, steps_of
from campaigns.models import Journey
from crm_project.bounds import whole_in
from crm_project.web import viewer
from customers.models import Segment
from customers.segments import rules


class Refused(CannotRead):
    """It is not exported, in words."""


def export(journey: Journey) -> dict:
    """The document. Raises Refused where a rule in it asks for what the viewer may not see."""
    stored = renumbered(opened(journey.draft))
    if not may_see(stored):
        raise Refused(_("Its rules ask for data that you may not see, so you cannot export it."))
    writing = Writing()
    definition = of_definition(stored, writing.refer)
    return {
        FORMAT: VERSION,
        "name": journey.name,
        "description": journey.description,
        "journey": definition,
        **{sections(word): writing.included[word] for word in INCLUDED},
    }


def may_see(stored: dict) -> bool:
    found = [value for part in parts(stored) for value in part.fields.values()]
    return all(viewer.may(*rules.needs(one)) for one in found if is_rule(one))


def is_rule(value) -> bool:
    return isinstance(value, dict) and ("op" in value or "condition" in value)


def renumbered(stored: dict) -> dict:
    """Its steps are s1, s2 … in the order in which they read: ids mean nothing elsewhere."""
    ids = {step: f"s{number}" for number, step in enumerate(order(stored), 1)}
    return with_ids(stored, ids)


def with_ids(stored: dict, ids: dict[str, str]) -> dict:
    known = steps_of(stored)
    return {
        **stored,
        "start": ids.get(str(stored.get("start"))),
        "steps": {new: leading(known[old], ids.get) for old, new in ids.items()},
    }


def leading(part, target: Callable[[str], str | None]):
    """The step, its ways leading to the new ids."""
    if not isinstance(part, dict) or not isinstance(part.get("exits"), dict):
        return part
    exits = {way: target(to) if isinstance(to, str) else None for way, to in part["exits"].items()}
    return {**part, "exits": exits}


class Writing:
    """What is named on the way is brought along, once each, and what that names too."""

    def __init__(self) -> None:
        self.included: dict[str, dict] = {word: {} for word in INCLUDED}
        self.names: dict[tuple[str, int], str] = {}

    def refer(self, model: type[Model], number, path: str):
        word, pk = word_of(model), whole_in(number)
        row = model._default_manager.filter(pk=pk).first() if word and pk is not None else None
        if row is None:
            return reference(word, f"{MISSING}{number}"[:60]) if word else None
        if (word, row.pk) not in self.names:
            self.add(word, row, path)
        return reference(word, self.names[word, row.pk])

    def add(self, word: str, row: Model, path: str) -> None:
        name = str(getattr(row, KINDS[word][1]))
        if word not in INCLUDED:
            self.names[word, row.pk] = name
            return
        if not viewer.may(f"{row._meta.app_label}.view_{row._meta.model_name}"):
            raise Refused(_("It names what you may not see, so you cannot export it."))
        given, n = name, 1
        while given in self.included[word]:  # batches may have one name
            given, n = f"{name} ({n + 1})", n + 1
        self.names[word, row.pk] = given
        self.included[word][given] = {}  # its place, also where it names itself
        if isinstance(row, Segment) and not viewer.may(*rules.needs(row.definition)):
            raise Refused(
                _("Its rules ask for data that you may not see, so you cannot export it.")
            )
        self.included[word][given] = terms.described(row, self.refer, f"{path} › {given}")
