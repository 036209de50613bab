"""`manage.py backup [FILE]`: every row of one moment in one file, while the product goes on."""

import time
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import BaseCommand, CommandError

from crm_project.admin.attention import BACKUP
from crm_project.backup import archive, elsewhere, taking
from crm_project.files.stores import StoreFailed
from crm_project.models import Heartbeat
from customers.models import AuditEntry

NO_KEYS = """
The keys are not in it: without HUTONG_ENCRYPTION_KEYS and HUTONG_HASH_KEY phones, e-mails, secrets and coupon codes in this backup
cannot be read, and nobody is found by them. Keep {secrets} in another place, or use --with-keys."""  # noqa: E501
WITH_KEYS = "\nThe keys are in it: whoever has this file can read everything."


class Command(BaseCommand):
    help = (
        "Copies everything in the database, as of this moment, into one file. The product may go on"
        " meanwhile."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "file",
            nargs="?",
            type=Path,
            help=(
                "default: hutong-<time>.zip at HUTONG_BACKUPS_URL, else in backups/ of the data"
                " folder"
            ),
        )
        parser.add_argument(
            "--list",
            action="store_true",
            dest="is_list",
            help="only the backups that lie at HUTONG_BACKUPS_URL",
        )
        parser.add_argument(
            "--with-keys", action="store_true", help="put the keys of sealed data into the file too"
        )

    def handle(self, *, file: Path | None, with_keys: bool, is_list: bool, **_options):
        if is_list:
            self.say("\n".join(self.asked(elsewhere.kept)) or "None.")
            return
        self.asked(elsewhere.store)  # a wrong address is said before an hour's work
        path = file or self.usual_place()
        began = time.monotonic()
        try:
            manifest = taking.take(path, with_keys=with_keys, say=self.say)
        except archive.UnusableArchive as reason:
            raise CommandError(str(reason)) from reason
        size, rows = path.stat().st_size, sum(manifest.rows.values())
        is_elsewhere = not file and self.asked(elsewhere.keep, path, left=path)
        if is_elsewhere:
            path.unlink()
        details = {
            "taken_at": manifest.taken_at,
            "rows": rows,
            "bytes": size,
            "with_keys": with_keys,
        }
        AuditEntry.objects.create(
            by=None, act="backup.made", subject=f"backup:{path.name}"[:100], details=details
        )
        Heartbeat.record(BACKUP)
        self.say(
            f"{path.name if is_elsewhere else path}: {rows} rows of {len(manifest.tables)} tables,"
            f" {archive.human(size)}, {time.monotonic() - began:.1f} s"
        )
        self.say(
            WITH_KEYS
            if with_keys
            else NO_KEYS.format(secrets=settings.HUTONG_DATA / "secrets.json")
        )

    def asked(self, what, *values, left: Path | None = None):
        """Raises CommandError where the store does not do it; a backup that was made stays here."""
        try:
            return what(*values)
        except (StoreFailed, ImproperlyConfigured) as error:
            stays = f" The backup stays in {left}." if left else ""
            raise CommandError(f"HUTONG_BACKUPS_URL: {error}{stays}") from error

    def usual_place(self) -> Path:
        folder = settings.HUTONG_DATA / "backups"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder / f"hutong-{taking.stamp(datetime.now(UTC))}.zip"

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
