"""The rule of a segment as a form: one tree of groups and conditions, from what is stored, from
what was posted, and back.

A posted rule is flat: for every part, in the order of the page, a field `part` with "id|id of its
group|key of its condition" (a group has no key), and the fields of its form under its id as prefix.
"""

import json
import secrets
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.apps import apps
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from customers.segments import rules
from customers.segments.conditions.base import Condition

ROOT = "rule"
MOST_PARTS = 300


@dataclass
class Part:
    """A group (`form` is None), a condition, or, under `kept`, something stored that nobody here
    can read."""

    id: str
    parent: str = ""
    op: str = "all"
    of: list["Part"] = field(default_factory=list)
    form: Condition | None = None
    kept: dict | None = None

    @property
    def key(self) -> str:
        return "?" if self.kept is not None else self.form.key if self.form else ""

    @property
    def is_group(self) -> bool:
        return self.form is None and self.kept is None

    @property
    def kept_json(self) -> str:
        return json.dumps(self.kept)

    def definition(self) -> dict:
        """What is stored of this part."""
        if self.kept is not None:
            return self.kept
        if self.form is not None:
            return leaf(self.form)
        return {"op": self.op, "of": [part.definition() for part in self.of]}


def new_id() -> str:
    return "p" + secrets.token_hex(4)


def new_condition(key: str, parent: str) -> Part:
    """A fresh condition of this kind. Raises UnknownKey."""
    ident = new_id()
    return Part(ident, parent, form=rules.conditions[key](prefix=ident))


def from_definition(definition: dict) -> Part:
    """The stored rule; a single condition stands in a group of one."""
    if not definition:
        return Part(ROOT)
    if not isinstance(definition, dict) or rules.is_too_large(definition):
        return Part(
            ROOT,
            of=[
                Part(
                    new_id(),
                    ROOT,
                    kept=definition if isinstance(definition, dict) else {"unreadable": definition},
                )
            ],
        )
    if "condition" in definition:
        definition = {"op": "all", "of": [definition]}
    return stored(definition, "", ROOT)


def stored(definition, parent: str, ident: str, depth: int = 0) -> Part:
    if not isinstance(definition, dict) or depth > rules.DEEPEST:
        return Part(ident, parent, kept={"unreadable": definition})
    if "condition" in definition:
        if definition["condition"] not in rules.conditions or depth > rules.DEEPEST:
            return Part(ident, parent, kept=definition)
        return Part(
            ident,
            parent,
            form=rules.conditions[definition["condition"]](initial=definition, prefix=ident),
        )
    if definition.get("op") not in rules.OPS or not isinstance(definition.get("of"), list):
        return Part(ident, parent, kept=definition)
    return Part(
        ident,
        parent,
        op=definition["op"],
        of=[stored(part, ident, new_id(), depth + 1) for part in definition["of"]],
    )


def pasted(text: str, parent: str) -> Part:
    """A part from its stored JSON, with new ids; what nobody here can read is kept and shown as
    such. Raises InvalidRule."""
    try:
        definition = json.loads(text)
    except (ValueError, RecursionError):
        definition = None
    if not isinstance(definition, dict) or not ({"condition", "op"} & definition.keys()):
        raise rules.InvalidRule(_("This is no part of a rule."))
    if len(text) > rules.MOST_CHARACTERS or rules.count_leaves(definition) > rules.MOST_LEAVES:
        raise rules.InvalidRule(
            _("The rule has too many conditions (more than %(n)d).") % {"n": rules.MOST_LEAVES}
        )
    return stored(definition, parent, new_id())


def found(part: Part, ident: str) -> Part | None:
    """The part with this id, this one or one inside."""
    if part.id == ident:
        return part
    return next((one for inner in part.of if (one := found(inner, ident))), None)


def from_post(data) -> Part:
    """The posted rule. Parts of groups that are not there (any more) are left out."""
    root = Part(ROOT, op=op_of(data, ROOT))
    groups, seen = {ROOT: root}, {ROOT}
    for entry in data.getlist("part")[:MOST_PARTS]:
        ident, parent, key = ([*entry.split("|"), "", ""])[:3]
        if parent not in groups or not ident or ident in seen:
            continue
        seen.add(ident)
        part = posted(data, ident, parent, key)
        if part is not None:
            groups[parent].of.append(part)
            if part.is_group:
                groups[ident] = part
    return root


def posted(data, ident: str, parent: str, key: str) -> Part | None:
    if key == "?":
        try:
            return Part(ident, parent, kept=json.loads(data.get(f"{ident}-kept", "")))
        except (ValueError, RecursionError):
            return None
    if not key:
        return Part(ident, parent, op=op_of(data, ident))
    return (
        Part(ident, parent, form=rules.conditions[key](data=data, prefix=ident))
        if key in rules.conditions
        else None
    )


def op_of(data, ident: str) -> str:
    op = data.get(f"{ident}-op")
    return op if op in rules.OPS else "all"


def leaf(form: Condition) -> dict:
    """The condition as it is stored: its filled-in fields, as plain JSON."""
    form.full_clean()
    found = {"condition": form.key}
    for name in form.fields:
        raw = (
            form[name].data
            if form.is_bound
            else form.get_initial_for_field(form.fields[name], name)
        )
        if raw not in (None, "", [], False):
            found[name] = plain(form.cleaned_data.get(name, raw) if form.is_bound else raw)
    return found


def plain(value):
    if isinstance(value, QuerySet):
        return sorted(row.pk for row in value)
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def may_add(kind: type[Condition], user) -> bool:
    return not kind.is_sensitive or user.has_perm(kind.permission)


def offered() -> list[type[Condition]]:
    """The kinds of condition that can be added."""
    return [kind for kind in rules.conditions if kind.is_offered]


def menu(user) -> list[tuple[str, list[type[Condition]]]]:
    """Those that this user may add, under the name of the room that they come from."""
    rooms: dict[str, list] = {}
    for kind in filter(lambda kind: may_add(kind, user), offered()):
        rooms.setdefault(
            str(apps.get_containing_app_config(kind.__module__).verbose_name), []
        ).append(kind)
    return list(rooms.items())


def forms_of(part: Part):
    if part.form is not None:
        yield part.form
    for inner in part.of:
        yield from forms_of(inner)


def picture(definition) -> dict:
    """The rule as nested boxes: {"op", "of"} for groups, {"sentence"} for conditions."""
    if rules.is_too_large(definition):
        return {"sentence": rules.sentence(definition)}
    if (
        isinstance(definition, dict)
        and definition.get("op") in rules.OPS
        and isinstance(definition.get("of"), list)
    ):
        return {"op": definition["op"], "of": [picture(part) for part in definition["of"]]}
    return {"sentence": rules.sentence(definition)}
