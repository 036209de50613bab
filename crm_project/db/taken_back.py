"""What triggers have written in the transaction that is under way, taken back in it, so that nobody
ever sees it.

For whoever changes rows without changing anything that others conclude from them: values sealed
anew, rows whose time is over.
"""

from django.db import connection

# A row that is visible though its transaction is still in progress is our own, of a savepoint too.
# Ours are never older than we are. In the seconds after PostgreSQL's numbers begin anew this may
# fail, as it asks about a number that nobody has yet: then it is done later.
OURS = """
DELETE FROM {table} WHERE CASE WHEN xmin::text::bigint >= ({now} & 4294967295)
  THEN pg_xact_status((({now} >> 32 << 32) + xmin::text::bigint)::text::xid8) = 'in progress' ELSE false END
""".replace("{now}", "pg_current_xact_id()::text::bigint")  # noqa: E501


def take_back(table: str) -> int:
    """The rows that this transaction has added to the table are gone; how many."""
    with connection.cursor() as cursor:
        cursor.execute(OURS.format(table=connection.ops.quote_name(table)))
        return cursor.rowcount
