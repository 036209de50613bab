"""`manage.py normalise`: what was stored before there was one spelling, and before a key was known
to be personal."""

import json
from collections import Counter
from pathlib import Path

from django.conf import settings
from django.core.management import BaseCommand

from customers.identity import respelling


class Command(BaseCommand):
    help = (
        "Spells identities and personal attributes as they would be spelled now, and seals what is"
        " personal in attributes and events, while the product serves. Two customers who turn out"
        " to hold one identity wait under Identity conflicts. Interrupted, it goes on where it was."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--anew",
            action="store_true",
            help="from the beginning, whatever was done before it was interrupted",
        )
        parser.add_argument(
            "--only", choices=sorted(respelling.normalisers.by_key), help="one table"
        )

    def handle(self, *, anew=False, only=None, **_options):
        path: Path = settings.HUTONG_DATA / "normalise.json"
        done = {} if anew or not path.exists() else json.loads(path.read_text())
        total = Counter()
        for one in respelling.normalisers:
            if only in (None, one.key):
                found = Counter()
                for at, counts in one().run(done.get(one.key, 0)):
                    found += counts
                    done[one.key] = at
                    path.write_text(json.dumps(done))
                self.stdout.write(
                    f"{one.key}:"
                    f" {', '.join(f'{n} {what}' for what, n in sorted(found.items())) or 'nothing to do'}"  # noqa: E501
                )
                total += found
        path.unlink(missing_ok=True)
        if total:
            respelling.note(total)
