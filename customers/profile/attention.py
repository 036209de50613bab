"""What needs the people at the desk: their tasks, identities that contradict each other."""

from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import ngettext

from crm_project.attention import MOST, Line, Need, told
from customers.models import FollowUp, IdentityConflict, Workspace


class Tasks(Need):
    """For today or from before."""

    key, permission, icon = "tasks", "customers.view_followup", "task_alt"

    def lines(self, user, now):
        today = now.astimezone(ZoneInfo(Workspace.get().time_zone)).date()
        if n := FollowUp.objects.of(user).due(today)[:MOST].count():
            text = ngettext("%(n)s task of yours is due", "%(n)s tasks of yours are due", n)
            yield Line(n, text % {"n": told(n)}, reverse("followups"))


class Conflicts(Need):
    """Two customers claim one identity."""

    key, permission, icon = "conflicts", "customers.view_identityconflict", "person_search"

    def lines(self, user, now):
        if n := IdentityConflict.objects.filter(settled_at=None)[:MOST].count():
            text = ngettext(
                "%(n)s identity conflict to decide", "%(n)s identity conflicts to decide", n
            )
            url = reverse("admin:customers_identityconflict_changelist")
            yield Line(n, text % {"n": told(n)}, f"{url}?settled_at__isempty=1")
