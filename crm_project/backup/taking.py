"""Taking a backup: every table from one snapshot, while the product goes on."""

import time
import tomllib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction

from crm_project.backup import archive, keys
from crm_project.backup.tables import columns, partitions, quoted, sequences, tables
from crm_project.runtime import home

# Who is logged in is nobody's history; after a restore everybody logs in again.
WITHOUT_ROWS = {"django_session"}
SPEAK_EVERY = 5.0  # seconds
LUMP = 1 << 18  # bytes


def take(path: Path, *, with_keys: bool, say: Callable[[str], None]) -> archive.Manifest:
    """The file holds every row that was committed when this began."""
    progress = Progress(say)
    with archive.writing(path) as file, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        manifest = described(cursor)
        # A migration waits for us and gives up by its time-out; rows come and go as ever.
        cursor.execute(f"LOCK TABLE {columns(list(manifest.tables))} IN ACCESS SHARE MODE")
        for name, names in manifest.tables.items():
            manifest.rows[name] = copied(cursor, file, name, names, progress)
        # Read last: sequences know no snapshots, and must not fall behind a row of ours.
        manifest.sequences = {name: last for name, (last, _most) in sequences(cursor).items()}
        if with_keys:
            file.write(archive.KEYS, keys.ours())
        file.write(archive.MANIFEST, archive.as_dict(manifest))
    return manifest


def described(cursor) -> archive.Manifest:
    """What is about to be copied."""
    cursor.execute("SELECT now(), current_setting('server_version')")
    now, server = cursor.fetchone()
    found = tables(cursor)
    if "django_migrations" not in found:
        raise archive.UnusableArchive(
            "There is nothing to back up: this database was never migrated."
        )
    cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
    applied = [list(row) for row in cursor.fetchall()]
    marks = keys.fingerprints(keys.ours())
    return archive.Manifest(
        now.isoformat(), version(), server, applied, marks, found, partitions(cursor)
    )


def version() -> str:
    return tomllib.loads((home.BASE_DIR / "pyproject.toml").read_text())["project"]["version"]


def copied(cursor, file: archive.Writer, name: str, names: list[str], progress: "Progress") -> int:
    """The rows of one table are in the file; how many."""
    where = "WHERE false" if name in WITHOUT_ROWS else ""
    # Names from the catalogue, quoted
    statement = f"COPY (SELECT {columns(names)} FROM {quoted(name)} {where}) TO STDOUT"  # noqa: S608
    with file.member(f"tables/{name}") as member, cursor.copy(statement) as rows:
        for piece in lumps(rows):
            member.write(piece)
            progress.came(name, len(piece))
    return cursor.rowcount


def lumps(rows: Iterable[memoryview]) -> Iterator[bytes]:
    """Rows come one by one; together they cost a tenth."""
    waiting, size = [], 0
    for row in rows:
        waiting.append(row)
        size += len(row)
        if size >= LUMP:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


class Progress:
    """A line now and then while something large is under way."""

    def __init__(self, say: Callable[[str], None]):
        self.say, self.began = say, time.monotonic()
        self.spoke, self.bytes = self.began, 0

    def came(self, name: str, size: int) -> None:
        self.bytes += size
        if time.monotonic() - self.spoke >= SPEAK_EVERY:
            self.spoke = time.monotonic()
            self.say(f"{self.spoke - self.began:5.0f} s  {archive.human(self.bytes)}  {name}")


def stamp(moment: datetime) -> str:
    """For names of files: 2026-11-24T021500Z."""
    return moment.strftime("%Y-%m-%dT%H%M%SZ")
