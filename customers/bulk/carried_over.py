"""What the release before still writes while this one is rolled out becomes jobs as well.

It goes with the tables that it empties, in the release after (customers/migrations/0035_jobs.py).
"""

from importlib import import_module

from django.db import connection, transaction

MIGRATION = "customers.migrations.0035_jobs"


def carry_over() -> None:
    """No row of the tables before is left."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in import_module(MIGRATION).MOVE:
            cursor.execute(statement)
