"""What a new or updated installation needs before its parts start; safe to run again, and from
several machines at once."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import BaseCommand, call_command
from django.db import connection

from crm_project import roles
from crm_project.backup import restoring
from crm_project.runtime import home


class Command(BaseCommand):
    help = "Migrates, collects static files, and makes the first log-in on an empty database."
    requires_system_checks = []

    def handle(self, **_options):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_lock(%s)", [restoring.LOCK]
            )  # two machines, one migration
            restoring.tidy(cursor)
        call_command("migrate", verbosity=0, interactive=False)
        self.check(databases=["default"])
        roles.make()
        self.collect_static()
        self.first_login()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [restoring.LOCK])

    def collect_static(self):
        """The static folder is that of these sources; hashing and compressing again takes a second
        that a start should not."""
        stamp = settings.STATIC_ROOT / ".sources"
        sources = _static_sources()
        if not stamp.exists() or stamp.read_text() != sources:
            call_command("collectstatic", verbosity=0, interactive=False, clear=True)
            stamp.write_text(sources)

    def first_login(self):
        """Somebody can log in; run/first_login stands there as long as the password that we made up
        is in use."""
        marker = home.run_folder() / "first_login"
        users = get_user_model().objects
        password = home.defaults().get("ADMIN_PASSWORD")
        if password and not users.exists():
            users.create_superuser("admin", password=password)
            self.stdout.write("first user made: admin")
        user = users.filter(username="admin", is_active=True).first()
        if password and user and user.check_password(password):
            settings.HUTONG_DATA.joinpath("run").mkdir(exist_ok=True)
            marker.touch()
        else:
            marker.unlink(missing_ok=True)


def _static_sources() -> str:
    """Changes when any static file does."""
    files = sorted(
        Path(storage.path(name)) for finder in get_finders() for name, storage in finder.list([])
    )
    states = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return hashlib.sha256(repr(states).encode()).hexdigest()
