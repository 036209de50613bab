"""Which rows time alone makes count, or no longer count: those over whose moment an edge of the
condition has moved.

An edge is a moment that moves with the clock: now, the beginning of a window, the end of a wait.
"""

from datetime import datetime

from pyroaring import BitMap

from customers.segments.conditions.base import Condition, asked


def rows_between_edges(
    column: str, before: list[datetime], after: list[datetime]
) -> tuple[str, dict]:
    """SQL for the rows that lie between where the edges stood (`before`) and where they stand now
    (`after`), and its parameters; "" when nothing has moved."""
    # An edge may step back: a month before the 29th at ten lies after a month before the 30th at
    # nine, where February has 28 days.
    moved = [
        (min(pair), max(pair)) for pair in zip(before, after, strict=True) if pair[0] != pair[1]
    ]
    sql = " OR ".join(f"{column} BETWEEN %(from{n})s AND %(until{n})s" for n in range(len(moved)))
    params = {
        f"{name}{n}": moment
        for n, pair in enumerate(moved)
        for name, moment in zip(("from", "until"), pair, strict=True)
    }
    return f"({sql})" if sql else "", params


def touched(
    rows: str, params: dict, column: str, before: list[datetime], after: list[datetime]
) -> BitMap:
    """Whose rows an edge has passed; `rows` is a table with the WHERE that says which of its rows
    matter."""
    sql, moments = rows_between_edges(column, before, after)
    return (
        # Constants
        asked(f"SELECT customer_id FROM {rows} AND {sql}", {**params, **moments})  # noqa: S608
        if sql
        else BitMap()
    )


class Timed(Condition):
    """A condition on rows of one table that each have a moment."""

    moment = "occurred_at"

    def edges(self, now: datetime) -> list[datetime]:
        raise NotImplementedError

    def source(self) -> tuple[str, dict]:
        """The table with the WHERE that says which of its rows may matter, and its parameters."""
        raise NotImplementedError

    def touched_by_time(self, *, since, until):
        return touched(*self.source(), self.moment, self.edges(since), self.edges(until))
