"""Debezium's JSON (https://debezium.io): before, after, source and op of one row, with or without
its schema. With the schema decimals and times are read as it says; without it, decimals must be
texts (`decimal.handling.mode=string`). The place in the log: MySQL's file and position,
PostgreSQL's LSN."""

import base64
import binascii
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from events.timing import EPOCH
from integrations.sync.queue.contents.reading import moment, of_file, opened, row_in
from integrations.sync.tables.changes import Change, NotAChange

ROWS = {"c": "after", "u": "after", "r": "after", "d": "before"}
OTHERS = frozenset({"t", "m"})  # a table emptied, a message of the log
PER_SECOND = {
    "io.debezium.time.Timestamp": 10**3,
    "io.debezium.time.MicroTimestamp": 10**6,
    "io.debezium.time.NanoTimestamp": 10**9,
    "org.apache.kafka.connect.data.Timestamp": 10**3,
}
DAYS = frozenset({"io.debezium.time.Date", "org.apache.kafka.connect.data.Date"})
DECIMAL = "org.apache.kafka.connect.data.Decimal"
MOST_SCALE = 30


def changes(body: bytes) -> list[Change]:
    """One, or none: a tombstone, a table emptied. Raises NotAChange."""
    if body.strip() in (b"", b"null"):
        return []
    said = opened(body)
    schema = said.get("schema") if "payload" in said else None
    if "payload" in said:
        said = said["payload"]
        if said is None:
            return []
        if not isinstance(said, dict):
            raise NotAChange("wrong_type", "$.payload", "The change is an object.")
    op = said.get("op")
    if op in OTHERS:
        return []
    if op not in ROWS:
        raise NotAChange(
            "unknown_value",
            "$.op",
            "c, u, d or r is expected here: the envelope of Debezium, not unwrapped.",
        )
    source = said.get("source")
    if not isinstance(source, dict):
        raise NotAChange("missing_field", "$.source", "This says which table it is.")
    side = ROWS[op]
    log, position = place(source)
    return [
        Change(
            table_of(source),
            typed(row_in(said.get(side), f"$.{side}"), schema, side),
            moment(source.get("ts_ms") or said.get("ts_ms"), "$.source.ts_ms", per_second=1000),
            log,
            position,
            is_deletion=op == "d",
            is_snapshot=op == "r" or source.get("snapshot") in (True, "true", "last", "first"),
            raw=body,
        )
    ]


def table_of(source: dict) -> str:
    """schema.table where the database has schemas, else database.table."""
    table = source.get("table") or source.get("collection")
    around = source.get("schema") or source.get("db") or ""
    if not isinstance(table, str) or not table or not isinstance(around, str):
        raise NotAChange("missing_field", "$.source.table", "This names the table: it is needed.")
    return f"{around}.{table}" if around else table


def place(source: dict) -> tuple[str, int | None]:
    """Positions of two servers are not compared."""
    name, file = source.get("name") or "", source.get("file")
    if isinstance(lsn := source.get("lsn"), int) and not isinstance(lsn, bool):
        return f"{name}:lsn"[:120], lsn if 0 <= lsn < 2**63 else None
    if isinstance(file, str):
        log = f"{name}:{source.get('server_id') or ''}:{file.partition('.')[0]}"
        return log[:120], of_file(file, source.get("pos"))
    return str(name)[:120], None


def typed(row: dict, schema, side: str) -> dict:
    """The row with decimals and times as its schema says they are."""
    types = types_of(schema, side)
    return {
        column: converted(value, types[column], f"$.{side}.{column}") if column in types else value
        for column, value in row.items()
    }


def types_of(schema, side: str) -> dict[str, dict]:
    """The columns whose types have a name of their own."""
    fields = schema.get("fields") if isinstance(schema, dict) else None
    for one in fields if isinstance(fields, list) else ():
        if isinstance(one, dict) and one.get("field") == side:
            columns = one.get("fields")
            return {
                column["field"]: column
                for column in (columns if isinstance(columns, list) else ())
                if isinstance(column, dict) and isinstance(column.get("field"), str)
                if isinstance(column.get("name"), str)
            }
    return {}


def converted(value, kind: dict, path: str):
    if value is None:
        return None
    name = kind["name"]
    try:
        if name == DECIMAL and isinstance(value, str):
            return decimal(value, kind)
        if name in PER_SECOND:
            # The clock on the wall, as if it were UTC's.
            return wall(timedelta(microseconds=value * 1_000_000 // PER_SECOND[name]))
        if name in DAYS:
            return date(1970, 1, 1) + timedelta(days=value)
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise NotAChange("wrong_type", path, f"This is no {name.rpartition('.')[2]}.") from None
    return value


def decimal(value: str, kind: dict) -> Decimal:
    """Whole digits in base64, the last `scale` of them behind the point."""
    scale = int((kind.get("parameters") or {}).get("scale", 0))
    if not 0 <= scale <= MOST_SCALE or len(value) > 100:
        raise ValueError(value)
    whole = int.from_bytes(base64.b64decode(value, validate=True), signed=True)
    return Decimal(whole).scaleb(-scale)


def wall(since: timedelta) -> datetime:
    return (EPOCH + since).astimezone(UTC).replace(tzinfo=None)
