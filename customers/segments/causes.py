"""Why somebody entered or left a segment: because something happened, or by history alone
(crm_project/queue/lanes.py)."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from pyroaring import BitMap

from customers.segments import rules


class Change(NamedTuple):
    """A row of ChangedCustomer."""

    pk: int
    customer: int
    what: str
    is_history: bool


class Cause:
    """Why whoever is looked at may have entered or left: by history alone, or by something that
    happened."""

    def __init__(self, changes: Iterable[Change], made: set[str]):
        """`made` are the kinds of change that the pass itself made of them (derived state)."""
        self.history = BitMap()
        self.happened: dict[int, set[str]] = defaultdict(set)
        for change in changes:
            if change.is_history:
                self.history.add(change.customer)
            else:
                self.happened[change.customer] |= {change.what, *made}

    def silent(self, reads: set[str]) -> BitMap:
        """Those of whom nothing but history touches what a segment reads."""
        return BitMap(
            customer
            for customer in self.history
            if self.happened.get(customer, set()).isdisjoint(reads)
        )


def reads_of(tree) -> set[str]:
    """The kinds of change that may matter to a segment. Who is a customer at all matters in
    each."""
    return {"customer"}.union(*(leaf.reads for leaf in rules.leaves(tree)))
