"""What a journey and its rules name: rows by number here, by name in a document."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Model
from django.forms import Form, ModelChoiceField
from django.utils.translation import gettext_lazy

from campaigns.journeys.steps.branch import RuleField
from campaigns.journeys.versions.parts import parts
from campaigns.models import Campaign, CouponBatch, Journey, Template
from customers.models import Connection, Segment, Store, Tag
from customers.segments import rules

# By the word of the document: the rows, and by what they are known.
KINDS: dict[str, tuple[type[Model], str]] = {
    "segment": (Segment, "name"),
    "tag": (Tag, "name"),
    "batch": (CouponBatch, "name"),
    "template": (Template, "name"),
    "connection": (Connection, "name"),
    "staff": (get_user_model(), "username"),
    "role": (Group, "name"),
    "store": (Store, "key"),
    "campaign": (Campaign, "name"),
    "journey": (Journey, "name"),
}
WORDS = {
    "segment": gettext_lazy("segment"),
    "tag": gettext_lazy("tag"),
    "batch": gettext_lazy("coupon batch"),
    "template": gettext_lazy("template"),
    "connection": gettext_lazy("connection"),
    "staff": gettext_lazy("member of staff"),
    "role": gettext_lazy("role"),
    "store": gettext_lazy("store"),
    "campaign": gettext_lazy("campaign"),
    "journey": gettext_lazy("journey"),
}
INCLUDED = ("segment", "tag", "batch", "template")  # what a document brings with it
REF = "$"
MISSING = "?"  # before the name of what is not there: no row has such a number

Change = Callable[[type[Model], Any, str], Any]  # of one value, at its path


def word_of(model: type[Model]) -> str:
    return next((word for word, (kind, _by) in KINDS.items() if kind is model), "")


def of_definition(stored: dict, change: Change) -> dict:
    """The same journey, with what it names changed. It is one that `opened` gave."""
    found = deepcopy(stored)
    for part in parts(found):
        if part.kind:
            of_fields(
                part.kind, part.fields, change, " › ".join(filter(None, (part.role, part.id)))
            )
    return found


def of_fields(kind: type[Form], fields: dict, change: Change, path: str) -> None:
    for name, field in kind.base_fields.items():
        value = fields.get(name)
        if value in (None, "", [], {}):
            continue
        at = f"{path} › {name}"
        if isinstance(field, RuleField):
            fields[name] = of_rule(value, change, at)
        elif isinstance(field, ModelChoiceField):
            fields[name] = of_value(field.queryset.model, value, change, at)


def of_value(model: type[Model], value, change: Change, path: str):
    if isinstance(value, list):
        return [change(model, one, path) for one in value]
    return change(model, value, path)


def of_rule(rule, change: Change, path: str):
    """The rule with what it names changed; one that nobody could follow stays as it is."""
    if rules.is_too_large(rule):
        return rule
    found = deepcopy(rule)
    for part, _depth in list(rules.parts(found)):
        key = part.get("condition") if isinstance(part, dict) else None
        if isinstance(key, str) and key in rules.conditions:
            of_fields(rules.conditions[key], part, change, f"{path} › {key}")
    return found


def reference(word: str, name: str) -> dict:
    return {REF: word, "name": name}


def referred(value) -> tuple[str, str] | None:
    """The kind and the name that a reference of a document says."""
    if not isinstance(value, dict) or value.keys() != {REF, "name"}:
        return None
    word, name = value[REF], value["name"]
    is_one = isinstance(word, str) and word in KINDS and isinstance(name, str) and name
    return (word, name) if is_one else None
