"""`manage.py restored TIME`: this database came back by other means (a disk image, archived WAL),
as it was at that time."""

from datetime import datetime
from pathlib import Path

from django.core.management import BaseCommand, CommandError

from campaigns import restored
from crm_project.backup import restoring
from crm_project.files.stores import StoreFailed
from customers.data_rights import erased_marks
from customers.models import Workspace


class Command(BaseCommand):
    help = (
        "Holds all sending until a person confirms, as after `restore`. Before the workers start."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "time", help="as of when the database is, with its zone: 2026-11-24T02:00:00+08:00"
        )
        parser.add_argument(
            "--erased",
            type=Path,
            help=f"{erased_marks.NAME} of the former system, where it lies in another place",
        )

    def handle(self, *, time: str, erased: Path | None, **_options):
        try:
            taken_at = datetime.fromisoformat(time)
        except ValueError as error:
            raise CommandError(f"{time} is no time: {error}") from error
        if taken_at.tzinfo is None:
            raise CommandError(f"{time} has no zone; write for example {time}+08:00.")
        try:
            marks, _lists = erased_marks.gathered(erased)
        except StoreFailed as error:
            raise CommandError(f"HUTONG_BACKUPS_URL: {error}") from error
        restoring.declare(taken_at, erased=marks)
        self.stdout.write(
            f"Nothing is sent until somebody confirms. {restored.in_doubt(Workspace.get()).count()}"
            " messages may have been sent since."
        )
