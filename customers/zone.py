"""Pages show times in the workspace's zone."""

from zoneinfo import ZoneInfo

from django.utils import timezone

from customers.models import Workspace


class WorkspaceZone:
    """Switched on where somebody is logged in to the admin; everything else speaks UTC or says its zone."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.path.startswith("/admin/"):
            return self.get_response(request)
        name = Workspace.objects.values_list("time_zone", flat=True).first()
        with timezone.override(ZoneInfo(name) if name else None):
            return self.get_response(request)
