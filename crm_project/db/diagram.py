"""Our tables as a picture in text (Mermaid), one for each room, and a list of what each table is.

A picture names keys and what points where; the list beside it has all other columns. Both are read
from the models alone.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from django.apps import apps
from django.db import models
from django.utils import translation

from crm_project.queue.due import DueRow

ROOMS = ("crm_project", "customers", "events", "campaigns", "integrations")
HEAD = """\
# Tables

Written by `manage.py draw_models`; change the models, not this page. A test says when it is out of date.

One picture for each room, with the keys (PK, FK, UK: unique, alone or together) and what points where. A solid line is a
foreign key that PostgreSQL holds; a dotted one is held by the code alone: on hot tables, which have no foreign keys, and for
plain numbers that are called after a table (`campaign_id`). A *due row* is its own place in a queue
(`due_at`, `token`, `attempts`, `error`; [why](decisions/due-rows.md)). A box without columns belongs to another room. Most tables have `customer`, whose the row is now,
and `origin_customer`, whose it was when it came ([why](decisions/origin-customer.md)).
"""  # noqa: E501


def text() -> str:
    """The whole page, in English whatever language is active."""
    with translation.override("en"):
        return HEAD + "".join(room(label) for label in ROOMS)


def tables(label: str) -> list[type[models.Model]]:
    """The room's own tables by name; a proxy is no table."""
    return sorted(
        (model for model in apps.get_app_config(label).get_models() if not model._meta.proxy),
        key=lambda model: model.__name__,
    )


def room(label: str) -> str:
    found = tables(label)
    boxes = "\n".join(line for model in found for line in box(model))
    lines = "\n".join(line for model in found for line in pointing(model))
    rows = "\n".join(
        f"| {model.__name__} | {what(model)} | {', '.join(others(model)) or '–'} |"
        for model in found
    )
    picture = f"```mermaid\nerDiagram\n{boxes}\n{lines}".rstrip() + "\n```"
    return f"\n## {label}\n\n{picture}\n\n| table | what | other columns |\n|---|---|---|\n{rows}\n"


def box(model: type[models.Model]) -> Iterator[str]:
    yield f"    {model.__name__} {{"
    for field, marks in keys(model):
        yield f"        {kind(field)} {field.name} {', '.join(marks)}"
    yield "    }"


def keys(model: type[models.Model]) -> Iterator[tuple[models.Field, list[str]]]:
    """The columns that tell rows apart or point to others, in the order of the table."""
    together = {
        name
        for one in model._meta.constraints
        if isinstance(one, models.UniqueConstraint)
        for name in one.fields
    }
    for field in model._meta.fields:
        marks = ["PK"] if field.primary_key else []
        marks += ["FK"] if pointed_at(field) else []
        marks += (
            ["UK"] if not field.primary_key and (field.unique or field.name in together) else []
        )
        if marks:
            yield field, marks


def others(model: type[models.Model]) -> list[str]:
    shown = {field.name for field, _marks in keys(model)}
    is_due = issubclass(model, DueRow)
    if is_due:
        shown |= {field.name for field in DueRow._meta.fields}
    return ["*due row*"] * is_due + [
        f"`{field.name}`" for field in model._meta.fields if field.name not in shown
    ]


def kind(field: models.Field) -> str:
    """What is stored, in a word: of a foreign key what its target's key is."""
    name = (field.target_field if field.is_relation else field).get_internal_type()
    if name.endswith(("AutoField", "IntegerField")):
        return "bigint" if "Big" in name else "int"
    return name.removesuffix("Field").lower()


def pointed_at(field: models.Field) -> type[models.Model] | None:
    """Whose rows the column names: by a foreign key, or as a plain number that is called after the
    table."""
    if field.is_relation:
        return field.related_model
    if not field.name.endswith("_id") or not isinstance(field, models.IntegerField):
        return None
    return by_name().get(field.name.removesuffix("_id").replace("_", ""))


def by_name() -> dict[str, type[models.Model]]:
    return {model.__name__.lower(): model for label in ROOMS for model in tables(label)}


def pointing(model: type[models.Model]) -> Iterator[str]:
    """One line for each table that this one points to, with the columns that do."""
    towards = defaultdict(list)
    for field in model._meta.fields:
        if model_there := pointed_at(field):
            held = field.is_relation and field.db_constraint
            towards[model_there.__name__, held].append(field)
    for (target, held), fields in towards.items():
        one = "|o" if all(field.null for field in fields) else "||"
        many = "o|" if all(field.unique for field in fields) else "o{"
        yield (
            f"    {target} {one}{'--' if held else '..'}{many} {model.__name__} :"
            f' "{", ".join(field.name for field in fields)}"'
        )


def what(model: type[models.Model]) -> str:
    """The first sentence of its docstring, without the file that it points to; its name where it
    has none."""
    said = model.__doc__ or ""
    if said.startswith(f"{model.__name__}("):  # Django's own
        return str(model._meta.verbose_name).capitalize() + "."
    sentence = re.split(r"(?<=[.;])\s|\n\n", said.strip(), maxsplit=1)[0]
    sentence = re.sub(r"\s*\((?:[^()]*/[^()]*|decision \d+)\)", "", sentence)
    return " ".join(sentence.split()).rstrip(";.").replace("|", "\\|") + "."
