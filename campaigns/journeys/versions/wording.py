"""What is stored in a journey, as people read it: the value of a field, a part as a whole; and
which words of a text are others than before."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from campaigns.delivery.channels import channels
from campaigns.journeys import definition, telling
from campaigns.journeys.definition import InvalidJourney
from campaigns.journeys.steps.branch import RuleField, sentence_of
from campaigns.journeys.steps.send_message import ContentField
from campaigns.journeys.versions.parts import Part
from customers.workspace.schedule_field import ScheduleField
from customers.workspace.schedule_field import sentence as schedule_sentence
from events.segment_conditions.filters import FiltersField, where_words

UNREADABLE = (InvalidJourney, ValidationError, KeyError, TypeError, ValueError, AttributeError)
WORD = re.compile(r"[A-Za-z0-9_]+|\s+|.", re.DOTALL)  # of Chinese, each sign
MOST_WORDS = 3_000  # of a text: beyond, the whole of it was replaced


@dataclass(frozen=True, slots=True)
class Piece:
    """Of two texts side by side: "same", "gone" or "new"."""

    kind: str
    text: str


def sentence(part: Part) -> str:
    """The part in words; what nobody can read by the name of its kind."""
    label = str(getattr(part.kind, "label", "")) or _("unknown")
    if part.kind is None:
        return label
    try:
        return telling.capitalised(definition.bound_fields(part.kind, part.fields).sentence())
    except UNREADABLE:
        return label


def ways(part: Part) -> dict[str, str]:
    """The labels of a step's ways."""
    if part.kind is None:
        return {}
    form = part.kind(data=part.fields)
    try:
        form.is_valid()
        return {way: str(label) for way, label in getattr(form, "exits", {}).items()}
    except UNREADABLE:
        return {}


def field_values(part: Part) -> Iterator[tuple[str, str, Any]]:
    """(its key, its label, its value) of each field that says something; the texts of a message one
    by one."""
    for name, value in part.fields.items():
        if value in (None, "", [], {}, False):
            continue
        field = part.kind.base_fields.get(name) if part.kind else None
        if isinstance(field, ContentField) and isinstance(value, dict):
            channel = channels.by_key.get(str(part.fields.get("channel")))
            told = channel().labelled(value) if channel else [(k, k, v) for k, v in value.items()]
            for text, label, said in told:
                if said not in (None, "", [], {}):
                    yield f"{name}.{text}", label, said
        else:
            yield name, str(field.label or name) if field else name, value


def value_words(part: Part, key: str, value) -> str:
    """The value of a field as `field_values` names it."""
    field = part.kind.base_fields.get(key) if part.kind else None
    try:
        return words(field, value)
    except UNREADABLE:
        return raw(value)


def words(field, value) -> str:
    for kind, say in SAID:
        if isinstance(field, kind):
            return say(field, value)
    return _("yes") if value is True else raw(value)


def rule_words(_field, value) -> str:
    return sentence_of(value) if isinstance(value, dict) else raw(value)


def row_words(field: forms.ModelChoiceField, value) -> str:
    try:
        return str(field.to_python(value))
    except ValidationError:
        return _("gone (no. %(number)s)") % {"number": raw(value)[:20]}


def choices_words(field: forms.MultipleChoiceField, value) -> str:
    labels = {str(key): str(label) for key, label in field.choices}
    said = value if isinstance(value, list) else [value]
    return ", ".join(labels.get(str(one), str(one)) for one in said)


# The first that fits: several choices are one of the kinds of choice.
SAID: list[tuple[type[forms.Field], Callable[..., str]]] = [
    (RuleField, rule_words),
    (FiltersField, lambda field, value: where_words(field.clean(value))),
    (ScheduleField, lambda field, value: schedule_sentence(field.clean(value))),
    (forms.ModelChoiceField, row_words),
    (forms.MultipleChoiceField, choices_words),
    (forms.ChoiceField, lambda field, value: str(dict(field.choices).get(value, value))),
]


def raw(value) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def pieces(before: str, now: str) -> list[Piece]:
    """Which words went and which came."""
    old, new = WORD.findall(before), WORD.findall(now)
    if len(old) > MOST_WORDS or len(new) > MOST_WORDS:
        return [Piece("gone", before), Piece("new", now)]
    found = []
    for what, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            found.append(Piece("same", "".join(old[i:j])))
            continue
        if i < j:
            found.append(Piece("gone", "".join(old[i:j])))
        if k < m:
            found.append(Piece("new", "".join(new[k:m])))
    return found
