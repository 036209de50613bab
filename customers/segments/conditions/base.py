"""A condition answers with a set of customers; the tree of a segment is set algebra over such answers.

A condition is a Django form whose data is the stored JSON itself (flat: field name -> value): one declaration gives the
builder's fields, the validation, the labels in two languages and what is stored. It stands beside the data it asks about.
"""

from datetime import datetime

from django import forms
from django.db import connection
from pyroaring import BitMap

FEW = 50_000  # up to here asking for the named customers only is cheaper than asking for all and intersecting


class Condition(forms.Form):
    """One question about customers.

    `reads` names the ChangedCustomer.what values after which an answer may differ. `customers` is right at `now` for each of
    `among`. `touched_by_time` holds everybody whose answer may flip between two moments though nothing happens.
    `is_offered` is False for conditions that the builder does not list.
    """

    key = ""
    label = ""
    reads: frozenset[str] = frozenset()
    is_offered = True

    def customers(self, *, now: datetime, among: BitMap) -> BitMap:
        raise NotImplementedError

    def touched_by_time(self, *, since: datetime, until: datetime) -> BitMap:
        return BitMap()

    def sentence(self) -> str:
        """The condition in words, in the active language."""
        raise NotImplementedError

    def expand(self) -> dict | None:
        """The tree that this condition stands for, when it is only a name for one (a nested segment)."""
        return None

    def names(self) -> set[str]:
        """Event names this condition asks about."""
        return set()


def asked(sql: str, params: dict, *, among: BitMap | None = None, column: str = "customer_id") -> BitMap:
    """The ids that `sql` answers; its `{among}` becomes a filter on `column` where few customers are asked about."""
    with connection.cursor() as cursor:
        if among is not None and len(among) <= FEW:
            cursor.execute(sql.replace("{among}", f"AND {column} = ANY(%(among)s)"), {**params, "among": list(among)})
        else:
            cursor.execute(sql.replace("{among}", ""), params)
        found = BitMap(row[0] for row in cursor.fetchall())
    return found if among is None else found & among
