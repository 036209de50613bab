"""Every sealed value anew, under the first key and bound to its row, while the product serves:
after that an older key may go.

Windows of ids, each a transaction of well under a second. What is done is recognised by itself, so
whoever was interrupted begins again.
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F, Func, Max, Min, Value

from crm_project.db.taken_back import take_back
from customers.models import ChangedCustomer
from customers.privacy.sealing import ROW_FORM, NotDecipherable, SealedField, seal

FEWEST, MOST = 50, 1_000_000  # ids of a window
AIM_SECONDS = 0.3
BEFORE = "before"  # sealed in the form that knew no rows
HEAD = (
    "CASE WHEN get_byte({column}, 0) = {form} THEN get_byte({column}, 1)::text ELSE"
    " get_byte({column}, 0)::text || ' {before}' END"
)


@dataclass
class Column:
    """One sealed column, and what became of its values."""

    model: type[models.Model]
    field: SealedField
    done: int = 0
    unreadable: int = field(default=0)

    def __str__(self):
        return self.field.place()

    def counts(self) -> Counter:
        """How many values there are per key; those of the form before under "<key> before"."""
        quoted = connection.ops.quote_name
        column, table = quoted(self.field.column), quoted(self.model._meta.db_table)
        head = HEAD.format(column=column, form=ROW_FORM, before=BEFORE)
        with connection.cursor() as cursor:
            cursor.execute(
                # Our own names
                f"SELECT {head}, count(*) FROM {table} WHERE {column} IS NOT NULL GROUP BY 1"  # noqa: S608
            )
            return Counter(dict(cursor.fetchall()))

    def old(self) -> models.QuerySet:
        """Rows whose value is not sealed as it would be now."""
        head = Func(
            F(self.field.name),
            Value(1),
            Value(2),
            function="substring",
            output_field=models.BinaryField(),
        )
        rows = self.model._base_manager.exclude(**{self.field.name: None}).alias(head=head)
        return rows.exclude(head=bytes([ROW_FORM, int(first_key())]))


def first_key() -> str:
    return next(iter(settings.ENCRYPTION_KEYS))


def columns() -> Iterator[Column]:
    for model in apps.get_models():
        for one in model._meta.local_concrete_fields:
            if isinstance(one, SealedField) and not model._meta.proxy:
                yield Column(model, one)


def reseal(column: Column) -> Iterator[int]:
    """Window by window, how many values were sealed anew; rows that somebody holds are left for the
    next time."""
    if not isinstance(column.model._meta.pk, models.IntegerField):
        yield from whole(column)
        return
    ends = column.model._base_manager.aggregate(first=Min("pk"), last=Max("pk"))
    at, size = (ends["first"] or 1) - 1, FEWEST
    while at < (ends["last"] or 0):
        began = time.monotonic()
        yield step(column, column.old().filter(pk__gt=at, pk__lte=at + size))
        at += size
        size = (
            min(MOST, size * 2)
            if time.monotonic() - began < AIM_SECONDS
            else max(FEWEST, size // 2)
        )


def whole(column: Column) -> Iterator[int]:
    """Of a table without numbers, which is small."""
    seen = set()
    while ids := list(column.old().exclude(pk__in=seen).values_list("pk", flat=True)[:FEWEST]):
        seen.update(ids)
        yield step(column, column.old().filter(pk__in=ids))


@transaction.atomic
def step(column: Column, rows: models.QuerySet) -> int:
    name, names = column.field.name, column.field.row_names
    anew = {}
    for row in (
        rows.only("pk", name, *names)
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("pk")
    ):
        try:
            clear = getattr(row, name)
        except NotDecipherable:
            column.unreadable += 1
            continue
        missing = {
            one: column.model._meta.get_field(one).get_default()
            for one in names
            if getattr(row, one) is None
        }
        if missing:  # what the row is told by came later than the row
            column.model._base_manager.filter(pk=row.pk).update(**missing)
            for one, value in missing.items():
                setattr(row, one, value)
        anew[row.pk] = seal(clear, place=column.field.place(), row=column.field.row(row))
    if anew:
        write(column, anew)
        take_back(ChangedCustomer._meta.db_table)  # nothing about anybody is another
    column.done += len(anew)
    return len(anew)


def write(column: Column, anew: dict) -> None:
    quoted, pk = connection.ops.quote_name, column.model._meta.pk
    table, key = quoted(column.model._meta.db_table), quoted(pk.column)
    with connection.cursor() as cursor:
        cursor.execute(
            # Our own names
            f"UPDATE {table} t SET {quoted(column.field.column)} = v.sealed"  # noqa: S608
            f" FROM unnest(%s::{pk.rel_db_type(connection)}[], %s::bytea[]) AS v(pk, sealed) WHERE"
            f" t.{key} = v.pk AND t.{key} BETWEEN %s AND %s",
            [list(anew), list(anew.values()), min(anew), max(anew)],
        )
