"""Columns of the customers' list that somebody may choose: the seam CUSTOMER_COLUMNS, a class and a
line each."""

from collections.abc import Mapping

from django.contrib import admin
from unfold.decorators import display

from crm_project.registry import Registry
from customers.attributes.suggestions import values
from customers.attributes.words import attribute_lazy
from customers.models import CustomerAttribute

LEVEL = "level"
MOST_LEVELS = 30


class Column:
    """`related` is joined to the page's rows; else `load` asks for all of them at once, in one
    query. Where `ordering` is of a related row, a list in this order is of those who have one: its
    index then gives the first page."""

    key = ""
    label = ""
    permission = ""
    related = ""
    ordering = ""
    is_usual = False  # shown to whoever chose nothing
    Filter: type[admin.SimpleListFilter] | None = None

    def load(self, rows: list) -> Mapping:
        """What belongs to each of these customers, by number."""
        return {}

    def value(self, row, loaded: Mapping):
        """What the cell shows."""
        return loaded.get(row.pk)


columns = Registry("CRM_CUSTOMER_COLUMNS", "customers.admin.customer_columns.Column")


class Loaded:
    """The rows of one page and what their columns show; a column that nobody shows asks nothing."""

    def __init__(self, rows: list):
        self.rows, self.found = rows, {}

    def value(self, column: Column, row):
        if column.key not in self.found:
            self.found[column.key] = column.load(self.rows)
        return column.value(row, self.found[column.key])


def as_admin_column(kind: type[Column]):
    """A callable as the admin's lists take it."""
    column = kind()

    @display(description=kind.label, ordering=kind.ordering or None)
    def shown(row):
        return row.loaded.value(column, row)

    shown.__name__ = kind.key
    return shown


class LevelFilter(admin.SimpleListFilter):
    title, parameter_name = attribute_lazy(LEVEL), "level"

    def lookups(self, request, model_admin):
        return [(one, one) for one in values(LEVEL, most=MOST_LEVELS) if isinstance(one, str)]

    def has_output(self):
        return bool(self.lookup_choices or self.value())

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        held = CustomerAttribute.objects.filter(key=LEVEL, sealed=None, value=self.value())
        return queryset.filter(pk__in=held.values("customer"))


class Level(Column):
    """What the shop says in the attribute `level`."""

    key, label, is_usual = LEVEL, attribute_lazy(LEVEL), True
    permission = "customers.view_customer"
    Filter = LevelFilter

    def load(self, rows):
        held = CustomerAttribute.objects.filter(
            customer__in=[row.pk for row in rows], key=LEVEL, sealed=None
        )
        return {
            pk: value if isinstance(value, str) else str(value)
            for pk, value in held.values_list("customer", "value")
            if value is not None
        }
