"""Statements that are asked thousands of times a second: parsed and planned once per connection,
and several in one round trip.

Django writes a statement's values into its text, so that PostgreSQL meets a new text each time;
planning one over all partitions can take longer than carrying it out. Here the values travel beside
the text. Only for statements whose text is a constant.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper


def cursor() -> CursorWrapper:
    """A cursor of Django's connection, with its errors and its log, that prepares what it is asked
    a second time (settings: prepare_threshold)."""
    connection.ensure_connection()
    raw = ServerBindingCursor(connection.connection)
    return (
        connection.make_debug_cursor(raw)
        if connection.queries_logged
        else connection.make_cursor(raw)
    )


def rows(statement: str, *values) -> list[tuple]:
    """What the statement answers."""
    asked = cursor()
    asked.execute(statement, values)
    return asked.fetchall()


@contextmanager
def together() -> Iterator[None]:
    """What is asked in this block travels as one message; the answers, each on its own cursor, and
    all errors are there when it ends."""
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield
