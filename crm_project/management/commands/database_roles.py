"""The role by which web and workers use the database: it reads and writes rows, owns nothing, and
switches no trigger off.

Run by the owner of the tables, after every `prepare`; run again, nothing changes. The few functions
that make or drop a month of events act for the owner, with a search path that nobody can bend.
"""

import os
import re

from django.core.management import BaseCommand, CommandError
from django.db import connection, transaction

OF_THE_OWNER = "events_make_month(date)", "events_drop_month(text)"
ONLY_GROW = "customers_auditentry", "customers_auditseal"
is_role = re.compile(r"[a-z_][a-z0-9_]{0,62}").fullmatch
PASSWORD = "HUTONG_APP_PASSWORD"  # noqa: S105 -- the variable's name


class Command(BaseCommand):
    help = (
        f"Makes the database role of web and workers, or brings its rights up to date. {PASSWORD}"
        " is its password, where one is to be set."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("role", help="for example hutong_app")

    def handle(self, *, role, **_options):
        if not is_role(role):
            raise CommandError("A role is named by small letters, digits and _.")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_user, current_schema(), current_database()")
            owner, schema, database = cursor.fetchone()
            if role == owner:
                raise CommandError("The owner of the tables cannot be the role of web and workers.")
            self.make(cursor, role)
            for statement in statements(role, owner, schema, database):
                cursor.execute(statement)
        self.stdout.write(
            f"{role} may use what {owner} owns in {database}; give web and workers its"
            " DATABASE_URL."
        )

    def make(self, cursor, role: str) -> None:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if not cursor.fetchone():
            cursor.execute(
                f'CREATE ROLE "{role}" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT'
            )
        if password := os.environ.get(PASSWORD):
            cursor.execute(f'ALTER ROLE "{role}" PASSWORD %s', [password])


def statements(role: str, owner: str, schema: str, database: str) -> list[str]:
    name, home, of_owner = (f'"{one}"' for one in (role, schema, owner))
    rows, numbers = "SELECT, INSERT, UPDATE, DELETE", "USAGE, SELECT, UPDATE"
    default = f"ALTER DEFAULT PRIVILEGES FOR ROLE {of_owner} IN SCHEMA {home}"
    return [
        f'GRANT CONNECT, TEMPORARY ON DATABASE "{database}" TO {name}',
        f"REVOKE CREATE ON SCHEMA {home} FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA {home} TO {name}",
        f"GRANT {rows} ON ALL TABLES IN SCHEMA {home} TO {name}",
        f"GRANT {numbers} ON ALL SEQUENCES IN SCHEMA {home} TO {name}",
        f"{default} GRANT {rows} ON TABLES TO {name}",
        f"{default} GRANT {numbers} ON SEQUENCES TO {name}",
        (
            f"REVOKE UPDATE, DELETE ON {', '.join(f'{home}.{table}' for table in ONLY_GROW)} FROM"
            f" {name}"
        ),
        f"REVOKE INSERT, UPDATE, DELETE ON {home}.django_migrations FROM {name}",
        *(one for function in OF_THE_OWNER for one in for_owner(f"{home}.{function}", home, name)),
    ]


def for_owner(function: str, home: str, name: str) -> list[str]:
    return [
        f"ALTER FUNCTION {function} SECURITY DEFINER SET search_path = {home}, pg_temp",
        f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION {function} TO {name}",
    ]
