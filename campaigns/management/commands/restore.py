"""`manage.py restore FILE`: the database is what the backup was, and sends nothing until a person
has confirmed."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import Error

from campaigns import restored
from crm_project.backup import archive, elsewhere, keys, restoring, taking
from crm_project.files.stores import StoreFailed
from customers.data_rights import erased_marks
from customers.models import Workspace

HELD = """
Nothing is sent until somebody confirms it in the admin (a banner on every page leads there). {n} messages may have been sent
by the former system since {taken_at}; more may come while journeys catch up.
Log in with the users and passwords of the backup."""  # noqa: E501

NO_LIST = f"""No {erased_marks.NAME} lies beside the backup, in backups/ of the data folder or at --erased: whoever was erased after the backup is
back, unless the database that stands here knows them. Is there a copy from the former system? Then stop, and begin again with --erased."""  # noqa: E501


class Command(BaseCommand):
    help = "Puts a backup into the database. Stop the product first; start it again afterwards."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "file", type=Path, help="a path, or the name of one at HUTONG_BACKUPS_URL"
        )
        parser.add_argument(
            "--replace", action="store_true", help="the database is not empty: what is there goes"
        )
        parser.add_argument(
            "--keys",
            type=Path,
            help=(
                "secrets.json of the installation that made the backup, where the file has no keys"
            ),
        )

        parser.add_argument(
            "--erased",
            type=Path,
            help=f"{erased_marks.NAME} of the former system, where it lies in another place",
        )

    def handle(
        self, *, file: Path, replace: bool, keys: Path | None, erased: Path | None, **_options
    ):
        began = time.monotonic()
        try:
            file = self.fetched(file)
            marks, lists = erased_marks.gathered(erased, file.parent / erased_marks.NAME)
            if not lists:
                self.say(NO_LIST)
            manifest, new_keys = restoring.restore(
                file, replace=replace, given=self.keys_of(keys), say=self.say, erased=marks
            )
        except (archive.UnusableArchive, restoring.CannotRestore, StoreFailed) as reason:
            raise CommandError(str(reason)) from reason
        except Error as error:
            raise CommandError(
                f"The restore failed, what was there still stands: {error}"
            ) from error
        self.say(
            f"{sum(manifest.rows.values())} rows of {manifest.taken_at} are back,"
            f" {time.monotonic() - began:.1f} s"
        )
        self.adopt(new_keys)
        self.say(
            HELD.format(n=restored.in_doubt(Workspace.get()).count(), taken_at=manifest.taken_at)
        )

    def fetched(self, file: Path) -> Path:
        """The file, out of the store where it lies there and not here."""
        is_name = file.name == str(file)
        if file.exists() or not is_name:
            return file
        usual = settings.HUTONG_DATA / "backups"
        if (usual / file).exists():
            return usual / file
        return elsewhere.fetch(file.name, usual) or file

    def keys_of(self, path: Path | None) -> dict[str, str]:
        try:
            return json.loads(path.read_text()) if path else {}
        except (OSError, ValueError) as error:
            raise CommandError(f"{path} cannot be read: {error}") from error

    def adopt(self, new_keys: dict[str, str]) -> None:
        if new_keys:
            kept = keys.adopt(new_keys, stamp=taking.stamp(datetime.now(UTC)))
            self.say(f"secrets.json has the keys of the backup now; the former file is {kept}")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
