"""Which host may start: one that was prepared for this release, whose database was too, and whose
keys are the installation's.

A database that does not answer is no reason to stay away: doors that must keep what they are sent
keep it on the disk. It is asked again by the keeper as soon as it is there.
"""

import logging
import sys
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection

from crm_project.hosts import keys, statics
from crm_project.runtime import home

log = logging.getLogger(__name__)

EXIT_CODE = 78  # EX_CONFIG of sysexits.h: no use in trying again
PREPARE = "run `manage.py prepare` on this host"


def or_exit(part: str) -> None:
    """Returns where this part may start here; else the process ends, and says why."""
    problems = [*(of_disk() if part == "web" else []), *asked()]
    connection.close()
    if connection.pool:
        connection.close_pool()  # processes that are forked from this one have pools of their own
    if problems:
        for problem in problems:
            sys.stderr.write(f"{part} does not start on this host: {problem}\n")
        sys.stderr.flush()
        sys.exit(EXIT_CODE)


def asked() -> list[str]:
    try:
        return of_database()
    except DatabaseError as error:
        log.warning("the database cannot be asked yet: %s", type(error).__name__)
        return []


def of_disk() -> list[str]:
    """Static files are named by a manifest that `prepare` makes in this host's data folder."""
    if not (settings.STATIC_ROOT / "staticfiles.json").is_file():
        return [f"there are no static files in {home.folder()}; {PREPARE}."]
    if not statics.are_current():
        return [f"its static files in {home.folder()} are of other sources; {PREPARE}."]
    return []


def of_database() -> list[str]:
    """Its tables are at least of this release, and its data was sealed with our keys."""
    if lacking := unapplied():
        return [f"the database is not prepared for this release ({lacking[0]}); {PREPARE}."]
    return keys.problems()


def unapplied() -> list[str]:
    """Migrations of these sources that the database has not seen, without importing them."""
    with connection.cursor() as cursor:
        if "django_migrations" not in connection.introspection.table_names(cursor):
            return ["it is empty"]
        cursor.execute("SELECT app, name FROM django_migrations")
        applied = set(cursor.fetchall())
    return [f"{app}.{name}" for app, name in sorted(ours()) if (app, name) not in applied]


def ours() -> set[tuple[str, str]]:
    """Of our own rooms: others' packages may replace several of theirs by one."""
    return {
        (config.label, path.stem)
        for config in apps.get_app_configs()
        if Path(config.path).is_relative_to(settings.BASE_DIR) and ".venv" not in config.path
        for path in Path(config.path, "migrations").glob("[0-9]*.py")
    }
