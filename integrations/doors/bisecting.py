"""What nobody foresaw breaks one item and not its neighbours: it is refused by itself, and the log
says where it failed, without its values."""

import structlog
from django.db import IntegrityError, InterfaceError, OperationalError
from redis.exceptions import RedisError

from crm_project.queue import lanes
from customers.models import Source
from events import ingest
from events.incoming_items import Incoming, Outcome
from integrations.doors.formats import Rejected
from integrations.doors.problems import Refused

log = structlog.get_logger("hutong.doors")

CODE = "not_storable"
DETAIL = (
    "This cannot be stored, though nothing is known to be wrong with it; sending it again would not"
    " help. It has been reported."
)
# for one request: a few milliseconds each, of the seconds that its sender waits; enough for twenty
# bad ones among a thousand
MOST_TRIES = 300
# Somebody else's doing: the same item may go through later.
PASSING = (Refused, OperationalError, InterfaceError, RedisError, OSError)
# Classes of SQLSTATE by which the database complains of what it was given: a value (21, 22), a rule
# (23), a length (54), a trigger (P0). Everything else, such as a table that is missing or may not
# be written (42), is wrong with the installation.
OF_VALUES = ("21", "22", "23", "54", "P0")


def is_of_the_item(error: Exception) -> bool:
    """Would the same item fail again, and its neighbours not?"""
    state = getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None)
    return state[:2] in OF_VALUES if state else not isinstance(error, PASSING)


def alarm(error: Exception, what: str, **more) -> None:
    log.error(what, **more, exc_info=error)


def rejected(index: int, ident: str | None, raw: bytes = b"") -> Rejected:
    return Rejected(index, ident, CODE, "$", DETAIL, raw)


def store_bisecting(
    source: Source, items: list[Incoming], *, is_history: bool = False
) -> list[Outcome | Rejected]:
    """Every item that the database takes is stored; where it refuses a batch, the guilty are found
    by halving and rejected by themselves. What became of each, in their order. By history nobody is
    written to: no reactions, and whoever enters a segment by it did not come there now.

    Raises what passes: the database is away, or somebody holds a lock too long.
    """
    with lanes.history(is_history and bool(items)):
        return Storing(source, is_history=is_history).these(items) if items else []


class Storing:
    """One request's attempts."""

    def __init__(self, source: Source, *, is_history: bool = False):
        self.source, self.left, self.is_history = source, MOST_TRIES, is_history

    def these(self, items: list[Incoming]) -> list[Outcome | Rejected]:
        self.left -= 1
        try:
            # By the database's clock; ours only bounds what a sender may claim.
            return ingest.record(self.source, items, is_history=self.is_history)
        except Exception as error:
            if not is_of_the_item(error):
                raise
            if (
                len(items) == 1
                and isinstance(error, IntegrityError)
                and self.left == MOST_TRIES - 1
            ):
                return self.these(
                    items
                )  # alone from the beginning: two at once may have been in each other's way
            if len(items) == 1 or self.left <= 0:
                alarm(
                    error,
                    "a checked item could not be stored",
                    source=self.source.pk,
                    items=len(items),
                )
                return [rejected(0, item.id) for item in items]
        middle = len(items) // 2
        return self.these(items[:middle]) + self.these(items[middle:])
