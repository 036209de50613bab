from collections import Counter

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from crm_project.hosts import here, keys, signs
from crm_project.models import Host
from crm_project.queue.due import database_now
from customers.privacy import resealing
from integrations.doors import spool


class Command(BaseCommand):
    help = (
        "Encrypts all personal data anew with the first of HUTONG_ENCRYPTION_KEYS, while the"
        " product serves, and says how many values each older key still holds. Interrupted, it is"
        " simply started again. A key that holds none may be removed (docs/operator.md)."
    )

    def add_arguments(self, parser):
        parser.add_argument("--only-count", action="store_true", help="change nothing")

    def handle(self, *, only_count=False, **_options):
        left, unreadable = Counter(), 0
        for column in resealing.columns():
            if not only_count:
                for done in resealing.reseal(column):
                    if done:
                        self.stdout.write(f"{column}: {column.done}", ending="\r")
            counts = column.counts()
            self.stdout.write(f"{column}: {column.done} sealed anew; {by_key(counts)}")
            left.update(counts)
            unreadable += column.unreadable
        self.conclude(left, unreadable)

    def conclude(self, left: Counter, unreadable: int) -> None:
        first, waiting = resealing.first_key(), waiting_anywhere()
        if waiting:
            self.stdout.write(
                f"{waiting} requests wait on the disks of hosts, sealed as they came; they are"
                " taken in within seconds."
            )
        if unreadable:
            raise CommandError(
                f"{unreadable} values cannot be read: their key is missing, or they stand in a row"
                " that is not theirs."
            )
        for key in settings.ENCRYPTION_KEYS:
            if key != first:
                rest = left[key] + left[f"{key} {resealing.BEFORE}"]
                if not rest and not waiting:
                    keys.retire(key)
                self.stdout.write(
                    f"key {key}:"
                    f" {f'{rest} values left, start this again' if rest or waiting else 'nothing left, it may be removed'}"  # noqa: E501
                )
        if rest := left[f"{first} {resealing.BEFORE}"]:
            self.stdout.write(
                f"key {first}: {rest} values left in the form before, start this again"
            )


def waiting_anywhere() -> int:
    """Requests on the disk of this host, and on those of the others as they last said."""
    others = Host.objects.filter(signs.remembered(database_now())).exclude(key=here.key())
    return len(list(spool.waiting())) + sum(
        waits.get("spool", {}).get("waiting", 0) for waits in others.values_list("waits", flat=True)
    )


def by_key(counts: Counter) -> str:
    return ", ".join(f"key {key}: {n}" for key, n in sorted(counts.items())) or "empty"
