"""Marks of what a session of the database changes: part of something large, or history.

What single people do is looked at before what is done to many at once. History is what was so
before or is put right (a file, an act on many, an undoing): it is recorded and counted, and nobody
is written to because of it. Rows that wait keep both marks (ChangedCustomer.is_mass, .is_history)
by their columns' defaults, which ask the session.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, connection

MANY = 200  # items, rows or people at once that are no single person's doing
LANE, HISTORY = "hutong.lane", "hutong.history"
IS_MASS = f"coalesce(current_setting('{LANE}', true), '') = 'mass'"


def mass(is_mass: bool = True):
    """What this session changes in here is part of something large."""
    return marked(LANE, "mass" if is_mass else "")


def history(is_history: bool = True):
    """What this session changes in here sets nothing in motion."""
    return marked(HISTORY, "on" if is_history else "")


@contextmanager
def marked(setting: str, value: str) -> Iterator[None]:
    before = put(setting, value) if value else None
    try:
        yield
    finally:
        if value:
            # In a transaction that has failed nothing is asked any more; what was set in it goes
            # with it.
            with suppress(DatabaseError):
                put(setting, before or "")


def put(setting: str, value: str) -> str:
    """The session's setting from here on; what it was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true)", [setting])
        before = cursor.fetchone()[0]
        cursor.execute("SELECT set_config(%s, %s, false)", [setting, value])
    return before or ""
