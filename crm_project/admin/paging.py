"""Pages of big tables without counting them: exact up to a cap, from there on the planner's
estimate or the cap itself."""

from django.core.paginator import Paginator
from django.db import connection
from django.utils.functional import cached_property

COUNTED = 10_000
ESTIMATE = """
SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint FROM pg_class c
 WHERE c.oid = %s::regclass OR c.oid IN (SELECT relid FROM pg_partition_tree(%s::regclass)
   WHERE isleaf)
"""


def estimated_rows(table: str) -> int:
    """What the planner believes the table (with its partitions) to hold."""
    with connection.cursor() as cursor:
        cursor.execute(ESTIMATE, [table, table])
        return cursor.fetchone()[0]


class CappedPaginator(Paginator):
    @cached_property
    def count(self):
        rows = self.object_list.order_by()
        counted = rows[: COUNTED + 1].count()
        if counted <= COUNTED:
            return counted
        if rows.query.where:
            return COUNTED
        return max(counted, estimated_rows(rows.model._meta.db_table))
