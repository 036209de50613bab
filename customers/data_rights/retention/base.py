"""How long a kind of data is kept is declared in one class beside its models, listed in
CRM_RETENTION (decision 34).

The same class says what it is, why and from where we have it and who gets it: the list of personal
data (个人信息清单) is made of them. A table of ours that belongs to no kind fails a test.
"""

import time
from datetime import datetime, timedelta
from typing import NamedTuple

from django.apps import apps
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from crm_project.db.taken_back import take_back
from crm_project.registry import Registry

DAYS, MONTHS = "days", "months"
CHANNELS, SHOP = (
    "channels",
    "shop",
)  # who gets it: whoever carries our messages; the shop's servers that read
FEWEST, MOST = 100, 200_000  # ids of a window
AIM_SECONDS = 0.3

kinds: Registry["DataKind"] = Registry(
    "CRM_RETENTION", "customers.data_rights.retention.base.DataKind"
)


class Overdue(NamedTuple):
    """Rows whose time is over: how many, and the oldest's moment."""

    rows: int = 0
    oldest: datetime | None = None


class WhyKept:
    """Why we have it, and on which ground (个人信息保护法 13)."""

    SERVICE = _("to carry out what the customer ordered or booked (contract)")
    CONSENT = _("to write to the customer and to choose for whom what is meant (consent)")
    PROOF = _("to prove what the customer agreed to, refused and was sent (legal duty)")
    BOOKS = _("the shop's books (legal duty)")
    SAFETY = _("to find misuse and mistakes (legal duty, security)")
    WORK = _("the work of the staff for the customer (contract)")


class Whence:
    """From where we have it."""

    SHOP = _("the shop's servers, apps and mini-programs")
    OURS = _("concluded or recorded by this system")
    STAFF = _("written by the staff")
    REPLY = _("the customer's answers: links, letters, receipts")


class DataKind:
    """One kind of data. `least` and `most` bound what a person may set, in the words of `law`.

    `tables` are the models it covers. `term` says in words how long it stays where no number does.
    `trace` is what a visit alone leaves: a visitor of whom there is nothing else may be forgotten
    (people.py).
    """

    key = ""
    label = what = why = whence = ""
    tables: tuple[str, ...] = ()
    goes_to: tuple[str, ...] = ()  # CHANNELS, SHOP
    unit, default = MONTHS, None
    least: int | None = None
    most: int | None = None
    law = ""
    term = _("for ever")
    is_settable = False
    is_cleared = False  # it has a row of its own, and sweeps
    asks = True  # a person agrees before the first row goes
    follows = ""  # it has the term of another kind
    is_trace = False
    is_personal = True
    every = timedelta(days=1)

    def begins(self) -> tuple[int, int]:
        """Before the first and at the last id of a sweep."""
        return 0, 0

    def step(self, row, before: datetime, *, only_count: bool) -> tuple[Overdue, bool]:
        """The next piece of a sweep, well under a second, from the row's cursor on; and whether it
        was the last."""
        raise NotImplementedError

    def cutoff(self, number: int, now: datetime) -> datetime:
        """What is older than this has had its time. A day's beginning, so that a figure's quarter
        of an hour goes whole."""
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        if self.unit == DAYS:
            return day - timedelta(days=number)
        month = day.year * 12 + day.month - 1 - number
        first = day.replace(year=month // 12, month=month % 12 + 1, day=1)
        return first + timedelta(days=min(day.day, days_of(first)) - 1)


def days_of(first: datetime) -> int:
    return ((first + timedelta(days=31)).replace(day=1) - first).days


class Stays(DataKind):
    """Kept as long as `term` says, and not cleared by time."""


class StaysWithCustomer(Stays):
    """Kept as long as the customer is known: it goes when the customer is forgotten."""

    term = _("as long as the customer: it goes when they are erased")


class ByItself(DataKind):
    """What made it clears it, at the time that `term` says."""


class Cleared(DataKind):
    """Rows of the first table, by the SQL `clock`; those only that `where` does not keep."""

    is_cleared = is_settable = True
    clock = "t.at"
    where = ""
    changes = ""  # ChangedCustomer.what, where no trigger of the table says so
    hanging: tuple[tuple[str, str], ...] = ()  # (table, column) of rows that go with them
    action = "DELETE FROM {table} t"
    triggers_in_vain: tuple[
        str, ...
    ] = ()  # tables in which triggers wrote what must not be: figures outlive their rows

    @property
    def table(self) -> str:
        return apps.get_model(self.tables[0])._meta.db_table

    @property
    def pk(self) -> models.Field:
        return apps.get_model(self.tables[0])._meta.pk

    def counted(self, ids: str, values: dict) -> Overdue:
        return self.asked(
            f"SELECT count(*), min({self.clock}) FROM {self.table} t WHERE {ids} AND {self.clock} <"  # noqa: S608
            f" %(before)s{self.where}",
            values,
        )

    def cleared(self, ids: str, values: dict) -> Overdue:
        old = f"{ids} AND {self.clock} < %(before)s{self.where}"
        for table, column in self.hanging:
            self.asked(
                f"DELETE FROM {table} WHERE {column} IN (SELECT t.{self.pk.column} FROM"  # noqa: S608
                f" {self.table} t WHERE {old})",
                values,
            )
        changed = ""
        if self.changes:
            changed = f""", changed AS (INSERT INTO customers_changedcustomer (customer_id, what)
                SELECT DISTINCT customer_id, '{self.changes}' FROM gone)"""  # noqa: S608
        found = self.asked(
            f"WITH gone AS ({self.action.format(table=self.table)} WHERE {old} RETURNING"  # noqa: S608
            f" t.*){changed} SELECT count(*), min({self.clock}) FROM gone t",
            values,
        )
        for table in self.triggers_in_vain:
            take_back(table)
        if found.rows:
            self.after(values["before"])
        return found

    def after(self, before: datetime) -> None:
        """In the transaction in which rows older than `before` went."""

    def asked(self, sql: str, values: dict) -> Overdue:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return Overdue(*cursor.fetchone()) if cursor.description else Overdue()


class ById(Cleared):
    """By windows of ids: each row is looked at once a sweep, by its primary key, whatever its
    clock."""

    def begins(self):
        ids = f"SELECT min({self.pk.column}), max({self.pk.column}) FROM {self.table}"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(ids)
            first, last = cursor.fetchone()
        return (first or 1) - 1, last or 0

    def step(self, row, before, *, only_count):
        began, until = time.monotonic(), min(row.cursor + row.window, row.last_id)
        values = {"after": row.cursor, "until": until, "before": before}
        look = self.counted if only_count else self.cleared
        found = look(f"t.{self.pk.column} > %(after)s AND t.{self.pk.column} <= %(until)s", values)
        row.cursor = until
        is_quick = time.monotonic() - began < AIM_SECONDS
        row.window = min(MOST, row.window * 2) if is_quick else max(FEWEST, row.window // 2)
        return found, until >= row.last_id


class ByClock(Cleared):
    """The oldest first, by an index on the clock: for tables whose key is no number."""

    at_once = 1000

    def step(self, row, before, *, only_count):
        if only_count:
            return self.counted("true", {"before": before}), True
        pk = self.pk.column
        ids = (
            f"t.{pk} IN (SELECT {pk} FROM {self.table} t WHERE {self.clock} <"  # noqa: S608
            f" %(before)s{self.where} ORDER BY {self.clock} LIMIT {self.at_once})"
        )
        found = self.cleared(ids, {"before": before})
        return found, found.rows < self.at_once
