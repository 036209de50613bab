"""Visitors of whom nothing more was heard, and people whom no trusted source ever confirmed:
forgotten without a mark, for they asked nothing.

Only who left nothing but visits: where anything else points at them (an order, a consent, a
message, a note), they stay.
"""

from django.apps import apps
from django.db import connection
from django.utils.translation import gettext_lazy as _

from crm_project.queue.due import database_now
from customers.data_rights import erasing
from customers.data_rights.retention.base import ById, Overdue, Whence, WhyKept, kinds
from customers.models import Kind as IdentityKind

AT_ONCE = 100
WIDEST = 5000  # ids; each is looked up in every table that may say more


def traces() -> set[str]:
    return {table for kind in kinds if kind.is_trace for table in kind.tables}


def nothing_else(table_of_customer: str) -> str:
    """SQL: no row of a table that is more than a trace."""
    light = traces()
    return "".join(
        f" AND NOT EXISTS (SELECT FROM {model._meta.db_table} x WHERE"
        f" x.{model._meta.get_field(field).column} = {table_of_customer}.id)"
        for model, fields in erasing.pointing()
        if model._meta.label not in light
        for field in fields
        if field != "origin_customer"
    )


class Silent(ById):
    """Customers of whom nothing happened since; `whom` is SQL on `t`."""

    whom = ""
    clock = "t.first_seen_at"
    is_trace = True

    @property
    def where(self) -> str:
        event = apps.get_model(
            "events.Event"
        )._meta.db_table  # above this room, and named as erasing finds it
        return (
            " AND t.merged_into_id IS NULL AND t.erased_at IS NULL AND t.created_at <"
            f" %(before)s{self.whom} AND NOT EXISTS (SELECT FROM {event} e WHERE e.customer_id ="
            f" t.id AND e.occurred_at >= %(before)s){nothing_else('t')}"
        )

    def cleared(self, ids, values):
        with connection.cursor() as cursor:
            cursor.execute(
                # Our own names
                f"SELECT t.id, {self.clock} FROM {self.table} t WHERE {ids} AND {self.clock} < %(before)s{self.where}"  # noqa: E501, S608
                f" ORDER BY t.id LIMIT {AT_ONCE} FOR NO KEY UPDATE OF t SKIP LOCKED",
                values,
            )
            gone = cursor.fetchall()
        if gone:
            erasing.rows(erasing.everybody([pk for pk, _seen in gone]), [], database_now())
        return Overdue(len(gone), min((seen for _pk, seen in gone), default=None))

    def step(self, row, before, *, only_count):
        row.window = min(row.window, WIDEST if only_count else 10 * AT_ONCE)
        start = row.cursor
        found, is_over = super().step(row, before, only_count=only_count)
        if found.rows == AT_ONCE and not only_count:  # there may be more in this window
            row.cursor, is_over = start, False
        return found, is_over


class Visitors(Silent):
    key, label = "visitors", _("silent visitors")
    what = _(
        "people known by a visitor's id only, of whom nothing was heard so long: forgotten as if"
        " erased"
    )
    why, whence = WhyKept.CONSENT, Whence.SHOP
    tables, default = ("customers.Customer",), 25
    whom = f""" AND NOT t.is_provisional AND NOT EXISTS (SELECT FROM customers_identity i
        WHERE i.customer_id = t.id AND i.kind <> '{IdentityKind.ANONYMOUS_ID}')"""


class Provisional(Silent):
    key, label = "provisional", _("unconfirmed people")
    what = _(
        "people known only by a claim that no trusted source ever confirmed, silent so long:"
        " forgotten as if erased"
    )
    why, whence = WhyKept.CONSENT, Whence.SHOP
    tables, default = ("customers.Customer",), 13
    whom = " AND t.is_provisional"
