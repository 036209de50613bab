"""One change of one row of a foreign table, whoever tells it."""

from dataclasses import dataclass
from datetime import datetime


class NotAChange(ValueError):
    """A message that cannot be read as its format says. `code` and `path` as the doors' refusals
    have them."""

    def __init__(self, code: str, path: str, detail: str):
        self.code, self.path = code, path
        super().__init__(detail)


@dataclass(slots=True)
class Change:
    """`row` is the whole row after the change, or before a deletion; of a deletion it may be the
    key alone. Values are as JSON has them, or Decimal and datetime where the format tells the
    type; a datetime without a zone shows the clock on the wall of the shop."""

    table: str  # database.table
    row: dict
    at: datetime  # when the log says that it happened; often in whole seconds
    log: str = ""  # whose positions are compared: a server's
    position: int | None = None  # grows within the log; None where the format tells none
    key_columns: tuple[str, ...] = ()
    is_deletion: bool = False
    is_snapshot: bool = False  # how the row stood when the reading began: history
    raw: bytes = b""  # this change as a message of its own


def is_newer(change: Change, log: str, position: int | None, at: datetime) -> bool:
    """Does `change` come after what is known, or is it the same? By position where both are of one
    log, else by time; of two at one time the one that comes later in the queue."""
    if change.position is not None and position is not None and change.log == log:
        return change.position >= position
    return change.at >= at
