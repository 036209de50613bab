"""The schema as SQL, as it was after some migration: an empty database begins with it and migrates
on from there. To replay all migrations takes half a minute of processor time, this a second.

`make schema` writes the file out of a database that was migrated from nothing; that both ways end
in the same is proved by tests/runtime/test_schema.py.
"""

import re
from pathlib import Path

from django.db import transaction
from django.db.migrations.loader import MigrationLoader

FILE = Path(__file__).with_name("schema.sql")
RECORDED = re.compile(r"^\t\(\d+, '(\w+)', '(\w+)', public\.hutong_now\(\)\)", re.MULTILINE)
IS_EMPTY = """
SELECT current_schema() = 'public' AND NOT EXISTS (
  SELECT FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
)
"""


def recorded() -> set[tuple[str, str]]:
    """The migrations that the file holds, as (application, name)."""
    return set(RECORDED.findall(FILE.read_text()))


def load(connection) -> bool:
    """An empty database has the schema of the file, whole or not at all. False, and nothing done,
    where there are tables already or the file knows migrations that we have not."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(IS_EMPTY)
        if not cursor.fetchone()[0]:
            return False
        if not recorded() <= set(MigrationLoader(None).disk_migrations):
            return False
        cursor.execute(FILE.read_text())
    return True
