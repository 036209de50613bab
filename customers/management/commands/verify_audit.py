"""Is the audit log as it was written? Ends with an error that names the first entry that is not."""

from django.core.management import BaseCommand, CommandError

from crm_project.queue.due import database_now
from customers import audit_chain


class Command(BaseCommand):
    help = "Verifies the chain over the audit log, from its beginning, and prints its newest seal."

    def handle(self, **_options):
        found = audit_chain.verify(database_now())
        if found.entry is not None:
            raise CommandError(
                f"audit entry {found.entry}: {found.problem}. The {found.sealed} entries before it"
                " are as they were written."
            )
        self.stdout.write(
            f"{found.sealed} audit entries are as they were written; newest seal {found.head}"
        )
