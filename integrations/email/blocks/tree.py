"""The tree of blocks: [{"id": "b1", "kind": "heading"}, {"id": "b2", "kind": "columns", "columns":
[[…], […]]}].

A kind that nobody here knows is kept as it came, with whatever it holds.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

COLUMNS = "columns"
MOST_BLOCKS = 40
MOST_COLUMNS = 3
LONGEST = 10_000  # of the JSON
ID = re.compile(r"b[1-9]\d{0,3}")
KIND = re.compile(r"[a-z_]{1,30}")
FIELD = re.compile(rf"({ID.pattern})_([a-z0-9_]{{1,30}})")


class BrokenTree(ValueError):
    """This is no tree of blocks; the message says why."""


@dataclass(slots=True)
class Block:
    id: str
    kind: str
    columns: list[list["Block"]] = field(default_factory=list)
    more: dict = field(default_factory=dict)  # what an unknown kind brought


def read(source: str) -> list[Block]:
    """Raises BrokenTree."""
    if not source.strip():
        return []
    if len(source) > LONGEST:
        raise BrokenTree(too_many())
    try:
        said = json.loads(source)
    except (ValueError, RecursionError) as error:
        raise BrokenTree(unreadable()) from error
    if not isinstance(said, list):
        raise BrokenTree(unreadable())
    found = [block(one, is_inside=False) for one in said]
    ids = [one.id for one in walk(found)]
    if len(ids) > MOST_BLOCKS:
        raise BrokenTree(too_many())
    if len(set(ids)) < len(ids):
        raise BrokenTree(unreadable())
    return found


def block(said, *, is_inside: bool) -> Block:
    if not isinstance(said, dict):
        raise BrokenTree(unreadable())
    rest = dict(said)
    name, kind = rest.pop("id", None), rest.pop("kind", None)
    if not (isinstance(name, str) and ID.fullmatch(name)):
        raise BrokenTree(unreadable())
    if not (isinstance(kind, str) and KIND.fullmatch(kind)):
        raise BrokenTree(unreadable())
    if kind != COLUMNS:
        return Block(name, kind, more=rest)
    columns = rest.pop("columns", None)
    if is_inside or not isinstance(columns, list) or not 2 <= len(columns) <= MOST_COLUMNS:
        raise BrokenTree(unreadable())
    if not all(isinstance(one, list) for one in columns):
        raise BrokenTree(unreadable())
    inside = [[block(one, is_inside=True) for one in column] for column in columns]
    return Block(name, kind, inside, rest)


def unreadable() -> str:
    return _("The blocks cannot be read.")


def too_many() -> str:
    return _("A letter has at most %(n)d blocks.") % {"n": MOST_BLOCKS}


def written(blocks: list[Block]) -> str:
    """As it is stored; nothing in it is taken for a field to fill in."""
    said = json.dumps([plain(one) for one in blocks], ensure_ascii=False)
    return said.replace("{{", "{\\u007b").replace("{%", "{\\u0025") if blocks else ""


def plain(one: Block) -> dict:
    inside = [[plain(inner) for inner in column] for column in one.columns]
    return {**one.more, "id": one.id, "kind": one.kind} | ({"columns": inside} if inside else {})


def walk(blocks: list[Block]) -> Iterator[Block]:
    """Each block, from top to bottom; those in columns after the block of the columns."""
    for one in blocks:
        yield one
        for column in one.columns:
            yield from column
