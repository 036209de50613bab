"""Maxwell's JSON (https://maxwells-daemon.io): one row. `ts` is in whole seconds; the place in the
log comes with `output_binlog_position=true`."""

from integrations.sync.queue.contents.reading import moment, named, of_file, opened, row_in
from integrations.sync.tables.changes import Change, NotAChange

DELETE, BOOTSTRAP = "delete", "bootstrap-insert"
ROWS = frozenset({"insert", "update", DELETE, BOOTSTRAP})
# What happens to tables as a whole, and the beginning and end of a bootstrap.
OTHERS = frozenset(
    {
        *("bootstrap-start", "bootstrap-complete", "heartbeat", "ddl"),
        *("table-create", "table-alter", "table-drop"),
        *("database-create", "database-alter", "database-drop"),
    }
)


def changes(body: bytes) -> list[Change]:
    """One, or none. Raises NotAChange."""
    said = opened(body)
    kind = said.get("type")
    if not isinstance(kind, str) or kind not in ROWS | OTHERS:
        raise NotAChange("unknown_value", "$.type", "insert, update or delete is expected here.")
    if kind in OTHERS:
        return []
    keys = said.get("primary_key_columns") or []
    log, position = place(said)
    return [
        Change(
            f"{named(said, 'database')}.{named(said, 'table')}",
            row_in(said.get("data"), "$.data"),
            moment(said.get("ts"), "$.ts", per_second=1),
            log,
            position,
            tuple(one for one in keys if isinstance(one, str)) if isinstance(keys, list) else (),
            is_deletion=kind == DELETE,
            is_snapshot=kind == BOOTSTRAP,
            raw=body,
        )
    ]


def place(said: dict) -> tuple[str, int | None]:
    """Positions of two servers are not compared."""
    text = said.get("position")
    name, _colon, offset = text.rpartition(":") if isinstance(text, str) else ("", "", "")
    number = int(offset) if offset.isascii() and offset.isdigit() and len(offset) < 12 else None
    return f"{said.get('server_id') or ''}:{name.partition('.')[0]}"[:120], of_file(name, number)
