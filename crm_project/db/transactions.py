"""Waiting for the transactions of others: those that read something before we changed it, and write
by it after.

Whoever writes for a customer takes a number (or locks the customer) before reading whose the rows
are. Whoever changes whose they are commits, notes the next number, and is right for good when he
looks once more after every older number has ended.
"""

from django.db import connection


def take_number() -> int:
    """This transaction has its number from now on; what it reads in later statements is younger
    than the number."""
    return one_number("SELECT pg_current_xact_id()::text::bigint")


def next_number() -> int:
    """Every transaction that has a number now has a smaller one."""
    return one_number("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")


def oldest_open() -> int:
    """Every transaction with a smaller number has ended; what it wrote is seen by later statements,
    not by earlier ones."""
    return one_number("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")


def one_number(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]
