"""A condition answers with a set of customers; the tree of a segment is set algebra over such
answers.

A condition is a Django form whose data is the stored JSON itself (flat: field name -> value): one
declaration gives the builder's fields, the validation, the labels in two languages and what is
stored. It stands beside the data it asks about.
"""

import re
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from sys import byteorder
from typing import NamedTuple

from django import forms
from django.db import connection
from pyroaring import BitMap

from crm_project.db.sets import literal
from crm_project.queue.due import raise_if_away

MOST_EVIDENCE = 5
TOO_SLOW = "57014"  # the SQLSTATE of a statement that was ended
# up to here asking for the named customers only is cheaper than asking for all and intersecting
FEW = 50_000


class Rows(NamedTuple):
    """Which rows of a table a condition reads: some of its columns, where `pick` has one of
    `values`, from `since` on by `at`."""

    table: str
    columns: frozenset[str]
    pick: str = ""
    values: frozenset = frozenset()
    at: str = ""
    since: datetime | None = None


class Evidence(NamedTuple):
    """A row that decided, in words, and the page that shows it."""

    text: str
    at: datetime | None = None
    url: str = ""


class Condition(forms.Form):
    """One question about customers.

    `reads` names the ChangedCustomer.what values after which an answer may differ. `customers` is
    right at `now` for each of `among`. `touched_by_time` holds everybody whose answer may flip
    between two moments though nothing happens. `is_offered` is False for conditions that the
    builder does not list. `permission` is that of the rows it asks about: whoever lacks it sees
    neither whom the condition fits nor the rows that decided, and is told numbers only. Where it
    `is_sensitive` they are not even told those, nor its words.
    """

    key = ""
    label = ""
    help = ""  # a sentence for whoever looks for the right condition
    reads: frozenset[str] = frozenset()
    is_offered = True
    permission = ""
    is_sensitive = False

    def customers(self, *, now: datetime, among: BitMap) -> BitMap:
        raise NotImplementedError

    def touched_by_time(self, *, since: datetime, until: datetime) -> BitMap:
        return BitMap()

    def rows(self, now: datetime) -> Rows | None:
        """What `customers` reads, so that it can be read once for many conditions
        (segments/copies.py). None: it is cheap enough."""
        return None

    def asked(self, sql: str, params: dict, *, now: datetime, among: BitMap) -> BitMap:
        """Those of `among` whom `sql` answers; its `{among}` becomes a filter on `customer_id`
        where few are asked about.

        Where `among` comes with copies of their rows, the copy stands in the place of the table.
        """
        rows = self.rows(now) if isinstance(among, Copied) else None
        if isinstance(among, Copied) and rows and (copy := among.names.get(rows[:2])):
            sql = re.sub(rf"\b{rows.table}\b", copy, sql).replace("{among}", "")
            return asked(sql, params) & among
        return asked(sql, params, among=among)

    def evidence(self, customer, *, now: datetime) -> list[Evidence]:
        """The rows that decide about this customer, the latest first, a few of them."""
        return []

    def permissions(self) -> set[str]:
        """What somebody must be allowed to view, to see whom this condition fits."""
        return {self.permission}

    def needs(self) -> set[str]:
        """What somebody must be allowed to view, to count by this condition and read its words."""
        return {self.permission} if self.is_sensitive else set()

    def sentence(self) -> str:
        """The condition in words, in the active language."""
        raise NotImplementedError

    def expand(self) -> dict | None:
        """The tree that this condition stands for, when it is only a name for one (a nested
        segment)."""
        return None

    def follows(self) -> list:
        """The segments on whose members the answer hangs."""
        return []

    def names(self) -> set[str]:
        """Event names this condition asks about."""
        return set()


class ConditionFailed(Exception):
    """A condition could not be asked: its own doing, or the data's; not that of the database being
    away. `kind` and `state` (SQLSTATE, or "") say how."""

    def __init__(self, condition: Condition, error: Exception):
        super().__init__(type(condition).key)
        self.condition, self.kind = condition, type(error).__name__
        self.state = getattr(error.__cause__, "sqlstate", None) or ""

    @property
    def is_too_slow(self) -> bool:
        return self.state == TOO_SLOW

    def told(self) -> dict:
        """As a segment keeps it (Segment.failure)."""
        return {"condition": dict(self.condition.data), "kind": self.kind, "state": self.state}


@contextmanager
def asking(condition: Condition) -> Iterator[None]:
    """Whatever goes wrong in here is the condition's failure."""
    try:
        yield
    except Exception as error:
        raise_if_away(error)
        raise ConditionFailed(condition, error) from error


class Copied(BitMap):
    """A few customers, and the temporary tables that hold copies of their rows, by table and
    columns."""

    names: dict[tuple[str, frozenset[str]], str]


def asked(sql: str, params: dict, *, among: BitMap | None = None) -> BitMap:
    """The ids that `sql` answers, one column of them; its `{among}` becomes a filter on
    `customer_id` where few are asked about."""
    few = None if among is None or len(among) > FEW else literal(among)
    sql = sql.replace("{among}", "" if few is None else "AND customer_id = ANY(%(among)s::int[])")
    with connection.cursor() as cursor:
        # One value with all ids in it: a million rows cost a second to read one by one.
        cursor.execute(
            # Constants of the conditions
            f"SELECT string_agg(int4send(id), '') FROM ({sql}) AS asked(id)",  # noqa: S608
            params if few is None else {**params, "among": few},
        )
        found = bitmap(cursor.fetchone()[0])
    return found if among is None else found & among


def bitmap(sent: bytes | None) -> BitMap:
    """Ids that came as string_agg(int4send(id), '')."""
    ids = array("I", sent or b"")
    if byteorder == "little":
        ids.byteswap()
    return BitMap(ids)
