"""Pages show times in the workspace's zone, and speak in the words of its trade."""

from zoneinfo import ZoneInfo

from django.utils import timezone

from crm_project.db.patience import PAGES
from crm_project.web import trade_words
from customers.models import Workspace


class InWorkspace:
    """Pages of the admin are made in the workspace's zone and in the words of its trade; everything
    else speaks UTC or says its zone.

    `request.restored_at` and `request.stopped_channels` are there too: while one is set, every page
    says that sending waits (templates/admin/base.html).
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.path.startswith(PAGES):
            return self.get_response(request)
        name, request.restored_at, trade, request.stopped_channels = Workspace.objects.values_list(
            "time_zone", "restored_at", "trade", "stopped_channels"
        ).first() or (None, None, trade_words.GENERAL, [])
        zone = ZoneInfo(name) if name else None
        with timezone.override(zone), trade_words.spoken(trade):
            return self.get_response(request)
