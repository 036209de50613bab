"""A transaction that can write nothing, beside the one that the caller is in."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from django.db import connection, transaction

Answer = TypeVar("Answer")


def read_only(work: Callable[[], Answer]) -> Answer:
    """What `work` says, over one snapshot and on a connection of its own: PostgreSQL refuses it
    any write, and it gets no transaction id. What the caller has not committed it does not see."""
    with ThreadPoolExecutor(1, thread_name_prefix="read-only") as pool:
        return pool.submit(copy_context().run, alone, work).result()


def alone(work: Callable[[], Answer]) -> Answer:
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return work()
    finally:
        connection.close()
