"""Canal's flatMessage (https://github.com/alibaba/canal): several rows of one table, every value a
text. It tells no position of the log; `es` is the time of the log, in whole seconds though it is
written in milliseconds. TiCDC writes the same with `_tidb.commitTs`, which is a position."""

import msgspec

from integrations.sync.queue.contents.reading import moment, named, opened, row_in
from integrations.sync.tables.changes import Change, NotAChange

ROWS = frozenset({"INSERT", "UPDATE", "DELETE"})
# What happens to a table as a whole, and what says nothing.
OTHERS = frozenset(
    {
        *("CREATE", "ALTER", "ERASE", "RENAME", "TRUNCATE", "QUERY", "CINDEX", "DINDEX"),
        *("GTID", "XACOMMIT", "XAROLLBACK", "TIDB_WATERMARK", "MHEARTBEAT"),
    }
)


def changes(body: bytes) -> list[Change]:
    """One for each row. Raises NotAChange."""
    said = opened(body)
    kind = str(said.get("type") or "").upper()
    if said.get("isDdl") is True or kind in OTHERS:
        return []
    if kind not in ROWS:
        raise NotAChange("unknown_value", "$.type", "INSERT, UPDATE or DELETE is expected here.")
    table = f"{named(said, 'database')}.{named(said, 'table')}"
    rows = said.get("data")
    if not isinstance(rows, list) or not rows:
        raise NotAChange("missing_field", "$.data", "The rows are needed.")
    at = moment(said.get("es"), "$.es", per_second=1000)
    keys = said.get("pkNames") or []
    keys = tuple(one for one in keys if isinstance(one, str)) if isinstance(keys, list) else ()
    log, position = of_tidb(said)
    return [
        Change(
            table,
            row_in(row, f"$.data[{n}]"),
            at,
            log,
            position,
            keys,
            is_deletion=kind == "DELETE",
            raw=body if len(rows) == 1 else alone(said, n),
        )
        for n, row in enumerate(rows)
    ]


def of_tidb(said: dict) -> tuple[str, int | None]:
    more = said.get("_tidb")
    stamp = more.get("commitTs") if isinstance(more, dict) else None
    return ("tidb", stamp) if type(stamp) is int and 0 <= stamp < 2**63 else ("", None)


def alone(said: dict, n: int) -> bytes:
    """The n-th row as a message of its own."""
    old = said.get("old")
    old = [old[n]] if isinstance(old, list) and len(old) > n else None
    return msgspec.json.encode({**said, "data": [said["data"][n]], "old": old})
