"""The rule of a segment: a tree of all / any / none over conditions; to sets, and to words
(semantics 3).

Stored as {"op": "all"|"any"|"none", "of": [...]} and, for a leaf, {"condition": key, **fields}.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from django.db.models import Model
from django.forms import ModelChoiceField
from django.utils.translation import gettext as _
from pyroaring import BitMap

from crm_project.bounds import whole_in
from crm_project.db.sets import among
from crm_project.registry import Registry, UnknownKey
from crm_project.web import viewer
from customers.segments.conditions.base import Condition, asked, asking
from customers.segments.copies import copied
from customers.segments.shards import WHOLE, Shard

conditions: Registry["Condition"] = Registry(
    "CRM_SEGMENT_CONDITIONS", "customers.segments.conditions.base.Condition"
)

OPS = ("all", "any", "none")
DEEPEST = 12
MOST_LEAVES = 300
MOST_CHARACTERS = 200_000


class InvalidRule(ValueError):
    """The rule cannot be understood; `messages` say why, in words for a marketer."""

    def __init__(self, *messages: str):
        super().__init__("; ".join(messages))
        self.messages = list(messages)


@dataclass(frozen=True, slots=True)
class Group:
    op: str
    of: tuple


def parse(definition, *, depth: int = 0, inside: frozenset = frozenset()):
    """The tree as Groups and bound Conditions, nested segments put in place. Raises InvalidRule."""
    if depth > DEEPEST:
        raise InvalidRule(
            _("The rule is nested too deeply (more than %(n)d levels).") % {"n": DEEPEST}
        )
    if not isinstance(definition, dict):
        raise InvalidRule(_("This part of the rule cannot be read."))
    if "condition" in definition:
        return parse_leaf(definition, depth, inside)
    op, of = definition.get("op"), definition.get("of")
    if op not in OPS or not isinstance(of, list) or set(definition) - {"op", "of"}:
        raise InvalidRule(_("This part of the rule cannot be read."))
    if not of:
        raise InvalidRule(_("A group needs at least one condition."))
    return Group(op, tuple(parse(part, depth=depth + 1, inside=inside) for part in of))


def parse_leaf(leaf: dict, depth: int, inside: frozenset):
    condition = bound(leaf)
    if not condition.is_valid():
        raise InvalidRule(
            *(
                f"{condition.label}: {message}"
                for messages in condition.errors.values()
                for message in messages
            )
        )
    nested = condition.expand()
    if nested is None:
        return condition
    if condition.names_segment in inside:
        raise InvalidRule(_("Segments may not contain each other in a circle."))
    encoded(nested)
    return parse(nested, depth=depth + 1, inside=inside | {condition.names_segment})


def bound(leaf: dict) -> Condition:
    """The condition of a leaf, as a bound form. Raises InvalidRule when nobody knows its key or a
    field of it."""
    try:
        kind = conditions[leaf["condition"]]
    except UnknownKey:
        raise InvalidRule(
            _("Unknown condition “%(key)s”.") % {"key": str(leaf["condition"])[:60]}
        ) from None
    unknown = leaf.keys() - kind.base_fields.keys() - {"condition"}
    if unknown:
        raise InvalidRule(
            _("%(label)s: unknown field “%(field)s”.")
            % {
                "label": kind.label,
                "field": str(min(unknown))[:60],
            }
        )
    return kind(data=leaf)


def leaves(tree) -> list[Condition]:
    return (
        [leaf for part in tree.of for leaf in leaves(part)] if isinstance(tree, Group) else [tree]
    )


def check(definition, *, inside: int | None = None) -> None:
    """Raises InvalidRule unless the definition can be evaluated; `inside` is the segment it is
    for."""
    encoded(definition)
    parse(definition, inside=frozenset({inside} if inside else ()))
    if inside in behind(definition)[0]:
        raise InvalidRule(
            _("A segment may not ask for a tag that follows from the segment itself.")
        )


def behind(definition) -> tuple[set[int], list[Condition]]:
    """The segments on whose members this rule hangs, nested or by a tag they give, through any
    number of steps; and all conditions met."""
    segments, met, waiting = set(), [], [definition]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, dict):
            continue
        if "condition" not in part:
            waiting += part["of"] if isinstance(part.get("of"), list) else []
        elif part["condition"] in conditions and (leaf := bound(part)).is_valid():
            met.append(leaf)
            for segment in leaf.follows():
                if segment.pk not in segments:
                    segments.add(segment.pk)
                    waiting.append(segment.definition)
    return segments, met


def count_leaves(definition) -> int:
    return sum(
        not isinstance(part, dict) or not isinstance(part.get("of"), list)
        for part, _depth in parts(definition)
    )


def is_too_deep(definition) -> bool:
    return any(depth > DEEPEST for _part, depth in parts(definition))


def is_too_large(definition) -> bool:
    """Too deep or too long to be evaluated, and to be shown part by part: a page of thousands of
    forms holds a process for half a minute."""
    return is_too_deep(definition) or count_leaves(definition) > MOST_LEAVES


def parts(definition) -> Iterator[tuple[Any, int]]:
    """Every part with its depth, without recursion: a hostile rule may be nested deeper than Python
    can follow."""
    waiting = [(definition, 0)]
    while waiting:
        part, depth = waiting.pop()
        yield part, depth
        if isinstance(part, dict) and isinstance(part.get("of"), list):
            waiting.extend((inner, depth + 1) for inner in part["of"])


def encoded(definition) -> bytes:
    """The same for rules that say the same. Raises InvalidRule for what JSON of ours cannot hold,
    or nobody could follow."""
    if count_leaves(definition) > MOST_LEAVES:
        raise InvalidRule(
            _("The rule has too many conditions (more than %(n)d).") % {"n": MOST_LEAVES}
        )
    if is_too_deep(definition):
        raise InvalidRule(
            _("The rule is nested too deeply (more than %(n)d levels).") % {"n": DEEPEST}
        )
    try:
        found = msgspec.json.encode(definition, order="sorted")
    except (ValueError, OverflowError, TypeError, RecursionError):
        raise InvalidRule(_("This part of the rule cannot be read.")) from None
    if len(found) > MOST_CHARACTERS:
        raise InvalidRule(_("The rule is too long."))
    return found


def references(definition) -> dict[type[Model], set[int]]:
    """The rows that the conditions of a stored rule name: tags, batches, other segments. Also of a
    rule that cannot be read."""
    found: dict[type[Model], set[int]] = {}
    for part, _depth in parts(definition):
        key = str(part.get("condition")) if isinstance(part, dict) else ""
        if key not in conditions:
            continue
        for name, field in conditions[key].base_fields.items():
            if isinstance(field, ModelChoiceField):
                found[field.queryset.model] = found.get(field.queryset.model, set()) | numbers(
                    part.get(name)
                )
    return found


def numbers(said) -> set[int]:
    """The rows that a stored choice names."""
    return {
        pk
        for one in (said if isinstance(said, list) else [said])
        if (pk := whole_in(one)) is not None
    }


def existing(definitions: Iterable) -> dict[type[Model], set[int]]:
    """Which of the rows that these rules name there are."""
    named: dict[type[Model], set[int]] = {}
    for definition in definitions:
        for model, those in references(definition).items():
            named[model] = named.get(model, set()) | those
    return {
        model: set(model.objects.filter(among("pk", those)).values_list("pk", flat=True))
        for model, those in named.items()
    }


def is_complete(definition, there: dict[type[Model], set[int]]) -> bool:
    """Are all rows there that the rule names?"""
    return all(those <= there[model] for model, those in references(definition).items())


@lru_cache(maxsize=2000)
def _parsed(encoded: bytes):
    return parse(msgspec.json.decode(encoded))


def parsed(definition):
    """As parse, remembered by content where nothing outside the definition has a say (no nested
    segments)."""
    key = encoded(definition)
    return parse(definition) if b'"in_segment"' in key or b'"in_list"' in key else _parsed(key)


def key_of(condition: Condition) -> bytes:
    """The same for conditions that ask the same."""
    return msgspec.json.encode(dict(condition.data), order="sorted")


def everyone(among: BitMap | None = None) -> BitMap:
    """The customers that a segment can hold: neither merged away nor erased."""
    return asked(
        "SELECT customer_id FROM (SELECT id AS customer_id, merged_into_id, erased_at FROM"
        " customers_customer) AS everybody WHERE merged_into_id IS NULL AND erased_at IS NULL"
        " {among}",
        {},
        among=among,
    )


class Evaluation:
    """Rules at one moment for one set of customers; each distinct condition is asked once."""

    def __init__(self, now: datetime, among: BitMap | None = None, *, shard: Shard = WHOLE):
        self.now = now
        self.universe = shard.own(everyone(among))
        self.asked_about = self.universe
        self.answers: dict[bytes, BitMap] = {}

    @contextmanager
    def prepared(self, trees: Iterable):
        """While it lasts, the rows that the conditions of these trees read are read once for all of
        them."""
        distinct = {key_of(leaf): leaf for tree in trees for leaf in leaves(tree)}
        with copied(self.universe, distinct.values(), self.now) as self.asked_about:
            yield self
        self.asked_about = self.universe

    def of(self, definition) -> BitMap:
        return self.value(parsed(definition))

    def value(self, tree) -> BitMap:
        if not isinstance(tree, Group):
            return self.answer(tree)
        values = [self.value(part) for part in tree.of]
        if tree.op == "all":
            return BitMap.intersection(*values)
        joined = BitMap.union(*values)
        return joined if tree.op == "any" else self.universe - joined

    def answer(self, condition: Condition) -> BitMap:
        key = key_of(condition)
        if key not in self.answers:
            with asking(condition):
                self.answers[key] = (
                    condition.customers(now=self.now, among=self.asked_about) & self.universe
                )
        return self.answers[key]


def permissions(definition) -> set[str]:
    """What somebody must be allowed to view, to see who is in a segment of this rule, and exactly
    how many."""
    return {"customers.view_customer"}.union(*(leaf.permissions() for leaf in known(definition)))


def needs(definition) -> set[str]:
    """What somebody must be allowed to view, to use this rule and to be told numbers of it."""
    return set().union(*(leaf.needs() for leaf in known(definition)))


def known(definition) -> list[Condition]:
    """All conditions that can be read, those of nested segments too."""
    try:
        return leaves(parsed(definition))
    except InvalidRule:
        inside = definition.get("of") if isinstance(definition, dict) else None
        is_hopeless = not isinstance(inside, list) or is_too_large(definition)
        return [] if is_hopeless else [leaf for part in inside or () for leaf in known(part)]


@viewer.keeping()
def sentence(definition) -> str:
    """The rule in words; a part that cannot be read is said to be unknown, never hidden."""
    return _("(unknown)") if is_too_deep(definition) else told(definition)


def told(definition) -> str:
    if isinstance(definition, dict) and "condition" in definition:
        return leaf_sentence(definition)
    if (
        not isinstance(definition, dict)
        or definition.get("op") not in OPS
        or not isinstance(definition.get("of"), list)
    ):
        return _("(unknown)")
    if not definition["of"]:
        return _("(nothing)")
    texts = [
        (
            f"({told(p)})"
            if isinstance(p, dict) and isinstance(p.get("of"), list) and len(p["of"]) > 1
            else told(p)
        )
        for p in definition["of"]
    ]
    if definition["op"] == "none":
        return _("none of: %(parts)s") % {"parts": _(" or ").join(texts)}
    return (_(" and ") if definition["op"] == "all" else _(" or ")).join(texts)


def leaf_sentence(leaf: dict) -> str:
    try:
        condition = bound(leaf)
        if not condition.is_valid():
            return _("(unknown)")
        return (
            condition.sentence()
            if viewer.may(*condition.needs())
            else _("(a condition that you may not see)")
        )
    except InvalidRule:
        return _("(unknown: %(key)s)") % {"key": str(leaf.get("condition"))[:60]}
