"""COPY and what surrounds it when millions of rows come in at once."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, transaction
from psycopg import errors, sql

CHUNK = 5_000


@contextmanager
def quietly() -> Iterator:
    """A transaction whose rows ring no bell: they refer to rows of the same load, and all segments
    are worked out anew afterwards.

    Where the role may not switch triggers off, they run: slower, and just as right.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        try:
            with transaction.atomic():
                cursor.execute("SET LOCAL session_replication_role = replica")
        except Exception as error:
            if not isinstance(error.__cause__, errors.InsufficientPrivilege):
                raise
        cursor.execute("SET LOCAL work_mem = '256MB'")
        cursor.execute("SET LOCAL maintenance_work_mem = '1GB'")
        yield cursor


@contextmanager
def without_indexes(cursor, table: str) -> Iterator[None]:
    """The table's plain indexes are built once at the end instead of row by row."""
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index WHERE"
        " indrelid = %s::regclass AND NOT indisunique",
        [table],
    )
    indexes = cursor.fetchall()
    for name, _definition in indexes:
        cursor.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    yield
    for _name, definition in indexes:
        cursor.execute(definition)


def copy(cursor, table: str, columns: Sequence[str], lines: Iterable[str]) -> None:
    """`lines` are rows in COPY's text form, each ending in a newline."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with cursor.copy(statement) as channel:
        for chunk in chunks(lines):
            channel.write(chunk)


def chunks(lines: Iterable[str]) -> Iterator[bytes]:
    waiting = []
    for line in lines:
        waiting.append(line)
        if len(waiting) >= CHUNK:
            yield "".join(waiting).encode()
            waiting.clear()
    yield "".join(waiting).encode()


def reserved(cursor, sequence: str, count: int) -> int:
    """The first of `count` numbers that nobody else gets."""
    cursor.execute("SELECT nextval(%s)", [sequence])
    first = cursor.fetchone()[0]
    if count > 1:
        cursor.execute("SELECT setval(%s, %s)", [sequence, first + count - 1])
    return first


def sequence_of(cursor, table: str) -> str:
    cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
    return cursor.fetchone()[0]
