"""What a new or updated installation needs before its parts start; safe to run again, and from
several machines at once."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connection

from crm_project import roles
from crm_project.backup import restoring
from crm_project.hosts import keys, statics
from crm_project.runtime import home


class Command(BaseCommand):
    help = "Migrates, collects static files, and makes the first log-in on an empty database."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "--new-secret-key",
            action="store_true",
            help="SECRET_KEY was changed on purpose, on all hosts: this one is the right one",
        )

    def handle(self, *, new_secret_key, **_options):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_lock(%s)", [restoring.LOCK]
            )  # two machines, one migration
            restoring.tidy(cursor)
        call_command("migrate", verbosity=0, interactive=False)
        self.check(databases=["default"])
        roles.make()
        statics.collect()
        self.compare_keys(takes_over=new_secret_key)
        self.first_login()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [restoring.LOCK])

    def compare_keys(self, *, takes_over: bool):
        """This host has the keys of the installation; the first one gives them."""
        if takes_over:
            keys.take_over_secret()
        if problems := keys.problems():
            raise CommandError(" ".join(problems))

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
