"""What needs whoever runs the installation."""

from datetime import datetime, timedelta

from django.db import connection
from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm_project.admin import waiting
from crm_project.attention import Line, Need, told

LONGEST = timedelta(hours=48)
BACKUP = "backup"  # the heartbeat that a backup leaves (crm_project/backup/taking.py)
LAST_BACKUP = """
SELECT (SELECT at FROM crm_project_heartbeat WHERE name = %s),
       (SELECT min(applied) FROM django_migrations)
"""


class Stuck(Need):
    """Rows that failed eight times."""

    key, permission, icon, is_urgent = "stuck", "auth.view_user", "running_with_errors", True

    def lines(self, user, now):
        stuck = sum(n for _waiting, n, _oldest in waiting.counts(now).values())
        if stuck:
            text = ngettext(
                "%(n)s piece of work is stuck: it failed eight times",
                "%(n)s pieces of work are stuck: they failed eight times",
                stuck,
            )
            url = reverse("admin:waiting") if user.is_superuser else ""
            yield Line(stuck, text % {"n": told(stuck)}, url)


def last_backup() -> datetime | None:
    """When the last one was made; where none was, when the installation began."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_BACKUP, [BACKUP])
        last, began = cursor.fetchone()
    return last or began


class NoBackup(Need):
    """None for two days; of a new installation, none since it began."""

    key, permission, icon, is_urgent = "no_backup", "auth.view_user", "backup", True

    def lines(self, user, now):
        with connection.cursor() as cursor:
            cursor.execute(LAST_BACKUP, [BACKUP])
            last, began = cursor.fetchone()
        since = last or began
        if since is None or now - since < LONGEST:
            return
        span = {"span": timesince(since, now, depth=1)}
        text = _("The last backup was %(span)s ago") if last else _("No backup for %(span)s")
        yield Line(1, f"{text % span}: manage.py backup")
