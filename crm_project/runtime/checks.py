"""System checks that guard what would otherwise fail silently."""

from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from crm_project import failpoints
from crm_project.backup import elsewhere


@checks.register(checks.Tags.database)
def chinese_trigrams(databases=None, **_kwargs):
    """pg_trgm follows the database's LC_CTYPE: under the locale C it finds nothing in Chinese,
    without an error."""
    found = []
    for alias in databases or []:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm')")
            if not cursor.fetchone()[0]:
                continue  # the first migration creates it
            cursor.execute("SELECT show_trgm('王小明') <> '{}'")
            if not cursor.fetchone()[0]:
                hint = "Create the database with a UTF-8 locale, for example LC_CTYPE 'C.UTF-8'."
                found.append(
                    checks.Error(
                        "Search finds no Chinese names in this database.",
                        hint=hint,
                        id="crm_project.E001",
                    )
                )
    return found


@checks.register(checks.Tags.security, deploy=True)
def no_fail_point(**_kwargs):
    """A process that a test wants dead is not for customers."""
    found = checks.Warning(
        f"{failpoints.VARIABLE} is set: a process will kill itself.",
        hint="Unset it.",
        id="crm_project.W001",
    )
    return [found] if failpoints.armed else []


@checks.register(checks.Tags.security)
def backups_have_a_place(**_kwargs):
    """An address that is none would be noticed by the first backup, and by the first erasure."""
    try:
        elsewhere.store()
    except ImproperlyConfigured as error:
        return [checks.Error(str(error), id="crm_project.E002")]
    return []
