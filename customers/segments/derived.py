"""Rows derived from the facts and kept per customer in the evaluator's pass, so that conditions on
them are never staler than the rest.

Each entry of CRM_DERIVED_STATE is one; they are asked in the order of the list, before the
segments.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from pyroaring import BitMap

from crm_project.queue.due import raise_if_away
from crm_project.registry import Registry

derived_states: Registry["DerivedState"] = Registry(
    "CRM_DERIVED_STATE", "customers.segments.derived.DerivedState"
)


class DerivedStateFailed(Exception):
    """Something that is kept about customers could not be; not because the database is away."""

    def __init__(self, key: str):
        super().__init__(key)
        self.key = key


@contextmanager
def deriving(entry: "DerivedState") -> Iterator[None]:
    """Whatever goes wrong in here is this entry's failure."""
    try:
        yield
    except Exception as error:
        raise_if_away(error)
        raise DerivedStateFailed(entry.key) from error


class DerivedState:
    """Base class: what we conclude about a customer and store, such as a stage of life.

    Promised to `keep`: it is called inside the pass's transaction, in one REPEATABLE READ view of
    the database (`now` is a moment of that view), before any segment is evaluated; the pass sees
    what it writes; nobody else writes rows of these customers meanwhile, but another pass may be at
    other customers; when the pass fails, nothing was written and the same customers come again. It
    is called with those customers about whom something in `reads` has changed, or whom
    `touched_by_time` named, in steps that one pass can bear; new customers and merged ones (both
    the survivor and who was merged away) are among them. Asked about everybody once, in such steps,
    at the very first and whenever `version` answers something new.

    Expected of it: it is set-wise and idempotent, writes only rows of `candidates`, and only where
    something is different (return an empty set then, so that nobody is asked in vain). Its table
    needs no changed-customers trigger: the returned kinds say what has changed, and conditions that
    read such a kind (`Condition.reads`) are asked about these customers in the same pass.
    """

    key = ""
    reads: frozenset[str] = (
        frozenset()
    )  # ChangedCustomer.what values after which the rows may have to be others

    def version(self) -> str:
        """Says something new when everybody has to be looked at again: other thresholds, another
        meaning. At most 100 characters."""
        return "1"

    def touched_by_time(self, *, since: datetime, until: datetime) -> BitMap:
        """Everybody whose rows may have to be others at `until` than at `since` though nothing
        happens."""
        return BitMap()

    def keep(self, candidates: BitMap, now: datetime) -> set[str]:
        """The rows of these customers are right at `now`. The kinds of change that this made."""
        raise NotImplementedError
