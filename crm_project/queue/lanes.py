"""Two lanes for what is to be looked at again: what single people do goes before what is done to many at once.

A setting of the database's session says which one a write belongs to; rows that wait keep it (ChangedCustomer.is_mass, by its default).
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, connection

MANY = 200  # items, rows or people at once that are no single person's doing
SETTING = "hutong.lane"
IS_MASS = f"coalesce(current_setting('{SETTING}', true), '') = 'mass'"


@contextmanager
def mass(is_mass: bool = True) -> Iterator[None]:
    """What this session changes in here is part of something large."""
    before = put("mass") if is_mass else None
    try:
        yield
    finally:
        if is_mass:
            # In a transaction that has failed nothing is asked any more; what was set in it goes with it.
            with suppress(DatabaseError):
                put(before or "")


def put(lane: str) -> str:
    """The session's lane from here on; the one it had."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true)", [SETTING])
        before = cursor.fetchone()[0]
        cursor.execute("SELECT set_config(%s, %s, false)", [SETTING, lane])
    return before or ""
