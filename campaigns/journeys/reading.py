"""A definition is read several times for one page: its marks, its sentences, its forms. Within
`once`, while nothing of it is changed, each part is read once, and the rows that steps name
(batches, tags, lists) come in one query for each field that names some, however many steps there
are.
"""

import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import TypeVar

from django import forms
from django.db.models import Model

from crm_project.bounds import whole_in

Part = TypeVar("Part")
Found = TypeVar("Found")
_numbers = itertools.count()
_rows: ContextVar[dict | None] = ContextVar("rows", default=None)
_parts: ContextVar[dict | None] = ContextVar("parts", default=None)
_known: ContextVar[dict | None] = ContextVar("known", default=None)


class RowField(forms.ModelChoiceField):
    """One row, by its number; within `once` it is not asked for again."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.ident = next(_numbers)  # the same for every form that is made of the class

    def to_python(self, value):
        rows, number = _rows.get(), whole_in(value)
        found = rows and (rows.get((self.ident, number)) or rows.get((self.queryset.model, number)))
        return found or super().to_python(value)


@contextmanager
def once(named: Iterable[tuple[type[forms.Form], dict]]) -> Iterator[None]:
    """`named`: the kind and the stored fields of every part that is about to be read."""
    wanted: dict[RowField, set[int]] = defaultdict(set)
    for kind, fields in named:
        for name, field in kind.base_fields.items():
            if isinstance(field, RowField) and (pk := whole_in(fields.get(name))) is not None:
                wanted[field].add(pk)
    rows = {
        (field.ident, pk): row
        for field, pks in wanted.items()
        for pk, row in field.queryset.in_bulk(pks).items()
    }
    tokens = _rows.set(rows), _parts.set({}), _known.set({})
    try:
        yield
    finally:
        _rows.reset(tokens[0])
        _parts.reset(tokens[1])
        _known.reset(tokens[2])


@contextmanager
def imagining(rows: Iterable[Model]) -> Iterator[None]:
    """Rows that nobody has stored are found by their numbers, so that a journey can be read,
    checked and told before what it needs is made."""
    token = _rows.set({(type(row), row.pk): row for row in rows})
    try:
        yield
    finally:
        _rows.reset(token)


def remembered(kind: type[forms.Form], fields: dict, read: Callable[[], forms.Form]) -> forms.Form:
    """What `read` makes of it, or made of the very same before, within `once`."""
    parts = _parts.get()
    if parts is None:
        return read()
    key = kind, json.dumps(fields, sort_keys=True)
    if key not in parts:
        parts[key] = read()
    return parts[key]


def of_same(read: Callable[[Part], Found]) -> Callable[[Part], Found]:
    """For a function of one object: within `once` it is asked once of each, and answers, or
    refuses, the same again."""

    @wraps(read)
    def asked(part: Part) -> Found:
        known = _known.get()
        if known is None:
            return read(part)
        key = read, id(part)
        if key not in known:
            # The object is kept, so that no other gets its number.
            try:
                known[key] = part, read(part), None
            except ValueError as wrong:
                known[key] = part, None, wrong
        _part, found, refused = known[key]
        if refused is not None:
            raise refused
        return found

    return asked
