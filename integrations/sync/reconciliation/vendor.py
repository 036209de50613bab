"""The summary of a source's own system as an account: an address that answers our questions, and
the secret by which it knows that we ask."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm_project.db.clock import database_now
from integrations.connections.vendors import Health, unwell
from integrations.outbound.client import CallFailed
from integrations.sync.reconciliation import contract
from integrations.webhook.vendor import Webhook, WebhookForm


class Summary(Webhook):
    key, label = "summary", pgettext_lazy("vendor", "reconciliation summary")
    help = gettext_lazy(
        "An address of your own system that tells how many orders it has of each day, so that"
        " nothing is missing here."
    )
    Form = WebhookForm

    def test(self, connection):
        now = database_now()
        try:
            (found,) = contract.summary(connection, [(now - timedelta(days=1), now)])
        except CallFailed as failed:
            return unwell(failed)
        except contract.Unreadable as wrong:
            said = _("Its answer is not as the contract says: %(why)s") % {"why": wrong}
            return Health(False, said, said)
        said = _("It answered: %(n)s orders in the last 24 hours.") % {"n": found.orders}
        return Health(True, said)
