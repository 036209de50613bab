"""Conditions over large sets of ids: one array parameter, where `__in` makes a thousand of them."""

from collections.abc import Collection

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, F, Func, Value


class among(Func):  # noqa: N801 -- reads as the word it is: filter(among("customer", ids))
    """True where the column is one of `ids`."""

    template, arg_joiner = "(%(expressions)s))", " = ANY("
    output_field = BooleanField()

    def __init__(self, column: str, ids: Collection[int]):
        super().__init__(F(column), Value(list(ids), output_field=ArrayField(BigIntegerField())))
