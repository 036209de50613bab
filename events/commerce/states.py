"""Rows that move from state to state, told in any order: what is newer, and how many states of one
row go into one statement."""

from collections.abc import Iterable, Sequence
from typing import Any


def newer(statuses: Iterable[str]) -> str:
    """SQL: is `excluded` newer than the row `o`? By version where both carry one, else by time; at
    the same moment the later status counts."""
    ranks = f"ARRAY[{', '.join(repr(str(status)) for status in statuses)}]"
    return f"""
CASE WHEN excluded.version IS NOT NULL AND o.version IS NOT NULL THEN excluded.version > o.version
     ELSE (excluded.occurred_at, array_position({ranks}, excluded.status::text)) >= (o.occurred_at, array_position({ranks}, o.status::text)) END
"""  # noqa: E501


def turns(states: Sequence[tuple[Any, Any]]) -> list[list[tuple[Any, Any]]]:
    """The states in rounds that name each number once: one statement cannot touch a row twice."""
    rounds: list[dict[str, tuple]] = []
    for state, whose in states:
        free = next((r for r in rounds if state.number not in r), None)
        if free is None:
            rounds.append(free := {})
        free[state.number] = (state, whose)
    return [[one[number] for number in sorted(one)] for one in rounds]
