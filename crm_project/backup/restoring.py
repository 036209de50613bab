"""Putting a backup back. It is built beside what stands there, in a schema of its own, and takes
its place in one transaction.

So until the last moment the former content stands as it was; and whoever connects finds either
that, or all of the restored content with its sending held (see `tell`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils.module_loading import import_string

from crm_project.backup import archive, keys
from crm_project.backup.tables import columns, foreign_keys, partitions, quoted, sequences, tables
from crm_project.backup.taking import Progress
from crm_project.queue.due import database_now

BESIDE = "hutong_restoring"
LOCK = 0x4875746F6E67  # "Hutong"; `prepare` and `restore` exclude each other
# Numbers that were given out after the backup are not given out again: providers know messages by
# them, and so do people.
GAP = 1_000_000


class CannotRestore(Exception):
    """Nothing was touched, for a reason the operator can act on."""


def restore(
    path: Path, *, replace: bool, given: dict[str, str], say: Callable[[str], None], **known
) -> tuple[archive.Manifest, dict[str, str]]:
    """The database holds what the backup held, sending waits for a person; and the keys that its
    sealed data needs, where they are not ours.

    `known` is what the caller knows of the time since the backup, for the rooms (see `tell`).
    """
    # A server that builds indexes may not read from us for a while; that is no reason to take it
    # for gone.
    connection.close()
    connection.settings_dict["OPTIONS"].pop("tcp_user_timeout", None)
    with archive.reading(path) as file, connection.cursor() as cursor:
        manifest = file.manifest
        new_keys = needed_keys(manifest, given or file.keys())
        refuse_unknown_migrations(manifest)
        cursor.execute("SELECT pg_advisory_lock(%s), current_schema()", [LOCK])
        home = cursor.fetchone()[1]
        check_place(cursor, home, replace=replace)
        with beside(cursor, home):
            say("making the tables")
            migrated_to(manifest.migrations)
            with transaction.atomic():
                put_in(cursor, file, manifest, say)
            cursor.execute("ANALYZE")
            call_command("migrate", interactive=False, verbosity=0)
            with keys.in_use(new_keys):
                tell(datetime.fromisoformat(manifest.taken_at), **known)
            take_the_place(cursor, home)
    return manifest, new_keys


def declare(taken_at: datetime, **known) -> None:
    """A database that came back by other means, as it was at this time, is held as a restored one
    is."""
    with transaction.atomic(), connection.cursor() as cursor:
        numbers_go_on(cursor, {name: last for name, (last, _most) in sequences(cursor).items()})
        tell(taken_at, **known)


def tell(taken_at: datetime, **known) -> None:
    """Where the rows are back and nobody sees them yet: each room does what this means for it
    (settings.CRM_AFTER_RESTORE)."""
    now = database_now()
    for path in settings.CRM_AFTER_RESTORE:
        import_string(path)(taken_at=taken_at, now=now, **known)


# --- before anything is touched


def needed_keys(manifest: archive.Manifest, given: dict[str, str]) -> dict[str, str]:
    """Nothing where we have all keys of the backup, else the given ones."""
    if not keys.missing(manifest.fingerprints, keys.ours()):
        return {}
    if lacking := keys.missing(manifest.fingerprints, given):
        raise CannotRestore(
            "What is sealed in this backup was sealed with other keys than ours"
            f" ({', '.join(lacking)}). Name the secrets.json of the installation it was made by"
            " with --keys."
        )
    if named := keys.in_environment():
        raise CannotRestore(
            f"The backup needs other keys, and the environment sets {', '.join(named)}: set the"
            " backup's keys there."
        )
    return given


def refuse_unknown_migrations(manifest: archive.Manifest) -> None:
    known = MigrationExecutor(connection).loader.graph.nodes
    unknown = [f"{app}.{name}" for app, name in manifest.migrations if (app, name) not in known]
    if unknown:
        raise CannotRestore(
            f"The backup is of a newer version ({manifest.version}): this one does not know"
            f" {', '.join(unknown[:3])}."
        )


def check_place(cursor, home: str, *, replace: bool) -> None:
    """Nobody else works here, it is ours to replace, and empty unless we may replace it."""
    cursor.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type"
        " = 'client backend' AND pid <> pg_backend_pid()"
    )
    if others := cursor.fetchone()[0]:
        raise CannotRestore(
            f"{others} other connections use this database: stop every web, worker and beat first."
        )
    cursor.execute(
        "SELECT has_database_privilege(current_database(), 'CREATE') AND pg_has_role(nspowner,"
        " 'USAGE') FROM pg_namespace WHERE nspname = %s",
        [home],
    )
    if not cursor.fetchone()[0]:
        raise CannotRestore(
            f"Our database user must own the database: it may not replace the schema {home}."
        )
    if tables(cursor) and not replace:
        raise CannotRestore(
            "The database is not empty. --replace puts the backup in the place of what is there."
        )


# --- beside


@contextmanager
def beside(cursor, home: str) -> Iterator[None]:
    """Everything made meanwhile stands in a schema of its own, and goes with a failure."""
    give_back(cursor, home)  # what a restore that was killed has left
    cursor.execute(f"CREATE SCHEMA {BESIDE}")
    move_extensions(cursor, home, BESIDE)
    cursor.execute(f"SET search_path TO {BESIDE}")
    try:
        yield
    except BaseException:
        give_back(cursor, home)
        raise
    finally:
        cursor.execute("RESET search_path")


def tidy(cursor) -> None:
    """What a restore that was killed has left is gone; for whoever holds LOCK."""
    cursor.execute("SELECT current_schema()")
    give_back(cursor, cursor.fetchone()[0])


def give_back(cursor, home: str) -> None:
    cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [BESIDE])
    if cursor.fetchone():
        move_extensions(cursor, BESIDE, home)
        cursor.execute(f"DROP SCHEMA {BESIDE} CASCADE")


def move_extensions(cursor, origin: str, target: str) -> None:
    """A database has an extension once; indexes that use it do not mind where it stands."""
    cursor.execute(
        "SELECT extname FROM pg_extension WHERE extnamespace = %s::regnamespace", [quoted(origin)]
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f"ALTER EXTENSION {quoted(name)} SET SCHEMA {quoted(target)}")


def migrated_to(applied: list[list[str]]) -> None:
    """The structure is that of the backup's moment: the last migration of each app among those it
    had applied."""
    executor = MigrationExecutor(connection)
    had = {(app, name) for app, name in applied}
    executor.migrate(
        sorted(node for node in had if not later_ones(executor.loader.graph, node) & had)
    )


def later_ones(graph, node: tuple[str, str]) -> set[tuple[str, str]]:
    """The next migrations of the same app."""
    return {child.key for child in graph.node_map[node].children if child.key[0] == node[0]}


def put_in(
    cursor, file: archive.Reader, manifest: archive.Manifest, say: Callable[[str], None]
) -> None:
    """The rows are exactly those of the backup: nothing that a migration or a trigger adds."""
    made_partitions(cursor, manifest)
    have = tables(cursor)
    wanted = {
        name: names
        for name, names in manifest.tables.items()
        if name in have and name != "django_migrations"
    }
    for name in sorted(manifest.tables.keys() - have.keys()):
        say(f"left out: {name} is no table of Hutong")
    bonds = foreign_keys(cursor)
    for table, name, _definition in bonds:
        cursor.execute(f"ALTER TABLE {quoted(table)} DROP CONSTRAINT {quoted(name)}")
    cursor.execute(f"TRUNCATE {columns(list(wanted))}")
    progress = Progress(say)
    for name, names in wanted.items():
        cursor.execute(f"ALTER TABLE {quoted(name)} DISABLE TRIGGER USER")
        if fill(cursor, file, name, names, progress) != manifest.rows[name]:
            raise archive.UnusableArchive(
                f"The backup is damaged: {name} has not the {manifest.rows[name]} rows it should"
                " have."
            )
        cursor.execute(f"ALTER TABLE {quoted(name)} ENABLE TRIGGER USER")
    for table, name, definition in bonds:
        cursor.execute(f"ALTER TABLE {quoted(table)} ADD CONSTRAINT {quoted(name)} {definition}")
    numbers_go_on(cursor, manifest.sequences)


def numbers_go_on(cursor, given: dict[str, int]) -> None:
    """The next numbers are far beyond those that were given out when the rows were as they are."""
    for name, (_last, most) in sequences(cursor).items():
        if name in given:
            cursor.execute("SELECT setval(%s, %s)", [quoted(name), min(given[name] + GAP, most)])


def made_partitions(cursor, manifest: archive.Manifest) -> None:
    """Those that were made as time went on, such as the months of events."""
    have = {one["name"] for one in partitions(cursor)}
    for one in manifest.partitions:
        if one["name"] not in have:
            key = f" PARTITION BY {one['key']}" if one["key"] else ""
            options = f" WITH ({', '.join(one['options'])})" if one["options"] else ""
            cursor.execute(
                f"CREATE TABLE {quoted(one['name'])} PARTITION OF {quoted(one['parent'])}"
                f" {one['bound']}{key}{options}"
            )


def fill(cursor, file: archive.Reader, name: str, names: list[str], progress: Progress) -> int:
    """The rows of one table are back; how many."""
    with (
        file.member(f"tables/{name}") as member,
        cursor.copy(f"COPY {quoted(name)} ({columns(names)}) FROM STDIN") as rows,
    ):
        while piece := member.read(1 << 20):
            rows.write(piece)
            progress.came(name, len(piece))
    return cursor.rowcount


def take_the_place(cursor, home: str) -> None:
    """In one moment the former content is gone and ours stands there."""
    with transaction.atomic():
        cursor.execute("SET LOCAL lock_timeout = '10s'")
        cursor.execute(f"DROP SCHEMA {quoted(home)} CASCADE")
        cursor.execute(f"ALTER SCHEMA {BESIDE} RENAME TO {quoted(home)}")
        cursor.execute(f"GRANT USAGE ON SCHEMA {quoted(home)} TO PUBLIC")  # as PostgreSQL makes it
