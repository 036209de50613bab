"""What needs whoever connects queues."""

from django.utils.translation import gettext as _

from crm_project.attention import MOST, Line, Need
from crm_project.templatetags.hutong import page_of
from integrations.sync.queue.alarms import ill


class Failing(Need):
    """Queues that cannot be read at the moment, or lag."""

    key, permission, icon = "queues_in", "integrations.view_queuesource", "sync_problem"

    def lines(self, user, now):
        for state in ill(now).order_by("queue__name")[:MOST]:
            text = _("The queue “%(name)s” is not read, or lags behind")
            yield Line(1, text % {"name": state.queue.name}, page_of(state.queue))
