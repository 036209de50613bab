"""Django's migrate, which never stands in the way of those who work, and begins an empty database
with the schema of crm_project/db/schema.sql.

A migration that waits for a table's lock makes everybody after it wait too. So it waits a second at
most, gives way, and tries again; each migration is one transaction, and what is done stays done.
"""

import time

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as Migrate
from django.db import OperationalError, connections
from psycopg.errors import LockNotAvailable

from crm_project.db import schema

LOCK_MS = 1000
PAUSE = 1.0  # seconds for the others
PATIENCE = 120
# Whoever says one of these wants to see, or to have, something else than all tables.
PARTLY = ("app_label", "plan", "check_unapplied", "fake", "fake_initial")


class Command(Migrate):
    def handle(self, *args, **options):
        connection = connections[options["database"]]
        if not any(options.get(name) for name in PARTLY):
            schema.load(connection)
        until = time.monotonic() + PATIENCE
        while True:
            with connection.cursor() as cursor:
                cursor.execute(f"SET lock_timeout = {LOCK_MS}")
            try:
                return super().handle(*args, **options)
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable):
                    raise
                if time.monotonic() > until:
                    raise CommandError(
                        f"A table stayed locked for {PATIENCE} seconds; see pg_stat_activity for a"
                        " long transaction."
                    ) from error
                self.stderr.write("a table is in use; the migration gives way and tries again")
                time.sleep(PAUSE)
            finally:
                with connection.cursor() as cursor:
                    cursor.execute("RESET lock_timeout")
