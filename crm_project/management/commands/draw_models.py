from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from crm_project.db import diagram


class Command(BaseCommand):
    help = (
        "Writes docs/models.md: our tables as pictures in text (Mermaid), and what each of them is."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "--check",
            action="store_true",
            help="writes nothing, and fails where the page is out of date",
        )
        parser.add_argument(
            "--path",
            type=Path,
            default=settings.BASE_DIR / "docs" / "models.md",
            help="another file",
        )

    def handle(self, *, check, path, **_options):
        text = diagram.text()
        if check:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                raise CommandError(
                    f"{path.name} is not what the models say now: run `manage.py draw_models`"
                )
            return
        path.write_text(text, encoding="utf-8")
        self.stdout.write(f"{path.name}: {text.count('PK')} tables")
