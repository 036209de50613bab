"""What needs marketers about messages: those that failed, and that nothing leaves."""

from datetime import timedelta

from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.delivery.channels import named
from campaigns.models import Message
from crm_project.attention import Line, Need
from customers.models import Workspace
from events.models import Figure

LATELY = timedelta(hours=24)


class Paused(Need):
    """All sending is paused."""

    key, permission, icon, is_urgent = "paused", "campaigns.view_message", "pause_circle", True

    def lines(self, user, now):
        if Workspace.get().sending_paused:
            may = user.has_perm("customers.view_workspace")
            url = reverse("admin:customers_workspace_changelist") if may else ""
            yield Line(1, _("All sending is paused."), url)


class Stopped(Need):
    """All marketing is stopped, on a channel or on all."""

    key, permission, icon, is_urgent = "stopped", "campaigns.view_marketingstop", "block", True

    def lines(self, user, now):
        if stopped := Workspace.get().stopped_channels:
            url = reverse("admin:campaigns_marketingstop_now")
            names = _("all channels") if "" in stopped else ", ".join(map(named, stopped))
            yield Line(1, _("Marketing is stopped: %(channels)s") % {"channels": names}, url)


class Failed(Need):
    """Messages of the last day that the channel refused for good."""

    key, permission, icon = "messages", "campaigns.view_message", "sms_failed"

    def lines(self, user, now):
        kept = Figure.objects.filter(name=f"message:{Message.State.FAILED}", at__gt=now - LATELY)
        if n := max(kept.aggregate(n=Sum("n"))["n"] or 0, 0):
            text = ngettext(
                "%(n)s message could not be sent in the last 24 hours",
                "%(n)s messages could not be sent in the last 24 hours",
                n,
            )
            url = reverse("admin:campaigns_message_changelist")
            yield Line(n, text % {"n": f"{n:,}"}, f"{url}?state__exact={Message.State.FAILED}")
