"""What stands in the current schema, as the catalogue of PostgreSQL tells it. Names come
unqualified, in an order that can be made again."""

from django.db import connection

TABLES = """
SELECT c.relname, ARRAY(SELECT a.attname::text FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          AND a.attgenerated = '' ORDER BY a.attnum)
  FROM pg_class c
 WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
   AND NOT c.relispartition
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
     AND d.objid = c.oid AND d.deptype = 'e')
 ORDER BY c.relname
"""
# Parents stand before their children.
PARTITIONS = """
SELECT c.relname, p.relname, pg_get_expr(c.relpartbound, c.oid), c.reloptions,
  pg_get_partkeydef(c.oid)
  FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class p ON p.oid = i.inhparent
 WHERE c.relnamespace = current_schema()::regnamespace AND c.relispartition AND c.relkind IN ('r',
   'p')
 ORDER BY (SELECT count(*) FROM pg_partition_ancestors(c.oid)), c.relname
"""
SEQUENCES = (
    "SELECT sequencename, coalesce(last_value, 0), max_value FROM pg_sequences WHERE schemaname ="
    " current_schema() ORDER BY 1"
)
FOREIGN_KEYS = """
SELECT r.relname, k.conname, pg_get_constraintdef(k.oid)
  FROM pg_constraint k JOIN pg_class r ON r.oid = k.conrelid
 WHERE k.contype = 'f' AND k.conparentid = 0 AND k.connamespace = current_schema()::regnamespace
   ORDER BY 1, 2
"""

quoted = connection.ops.quote_name


def tables(cursor) -> dict[str, list[str]]:
    """Each table with its columns; a partitioned one stands for its partitions."""
    cursor.execute(TABLES)
    return dict(cursor.fetchall())


def partitions(cursor) -> list[dict]:
    cursor.execute(PARTITIONS)
    names = ("name", "parent", "bound", "options", "key")
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def sequences(cursor) -> dict[str, tuple[int, int]]:
    """The last number that each gave out, and the last that it can."""
    cursor.execute(SEQUENCES)
    return {name: (last, most) for name, last, most in cursor.fetchall()}


def foreign_keys(cursor) -> list[tuple[str, str, str]]:
    cursor.execute(FOREIGN_KEYS)
    return cursor.fetchall()


def columns(names: list[str]) -> str:
    return ", ".join(map(quoted, names))
