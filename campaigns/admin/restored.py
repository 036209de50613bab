"""What a person decides after a restore: a page with the list by campaign and journey, and two
actions in the list of messages."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action

from campaigns import restored
from campaigns.models import Campaign, Message
from crm_project.queue.due import database_now
from customers.models import Workspace

SHOWN = 100  # paused campaigns


def may_decide(request) -> bool:
    return request.user.has_perm("customers.confirm_restore")


class Restored:
    """For the admin of messages."""

    def get_urls(self):
        return [
            path(
                "restored/",
                self.admin_site.admin_view(self.restored_view),
                name="campaigns_message_restored",
            ),
            *super().get_urls(),
        ]

    def get_actions(self, request):
        """The two are there while a restore waits, for those who may decide."""
        offered = super().get_actions(request)
        if not (request.restored_at and may_decide(request)):
            offered.pop("send_anyway", None)
            offered.pop("keep_back", None)
        return offered

    @action(description=gettext_lazy("Send anyway (after a restore)"))
    def send_anyway(self, request, queryset):
        self.decide(request, queryset, "send")

    @action(description=gettext_lazy("Do not send (after a restore)"))
    def keep_back(self, request, queryset):
        self.decide(request, queryset, "keep")

    def decide(self, request, queryset, decision: str) -> None:
        workspace = Workspace.get()
        if workspace.restored_at is None:
            self.message_user(request, _("There is no restore to confirm."), messages.WARNING)
            return
        if decision == "send":
            n = restored.send_anyway(queryset, workspace)
            said = ngettext(
                "%(n)d message leaves when sending goes on.",
                "%(n)d messages leave when sending goes on.",
                n,
            )
        else:
            n = restored.keep_back(queryset, workspace)
            said = ngettext("%(n)d message is not sent.", "%(n)d messages are not sent.", n)
        self.message_user(request, said % {"n": n})

    def restored_view(self, request):
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self.decided(request)
        workspace = Workspace.get()
        context = {
            **self.admin_site.each_context(request),
            "title": _("After the restore"),
            "workspace": workspace,
        }
        if workspace.restored_at:
            context |= {
                "groups": restored.groups(workspace),
                "campaigns": (
                    Campaign.objects.filter(status=Campaign.Status.PAUSED).order_by("-pk")[:SHOWN]
                ),
                "is_catching_up": restored.is_catching_up(workspace, database_now()),
                "may_decide": may_decide(request),
            }
        return TemplateResponse(request, "campaigns/restored.html", context)

    def decided(self, request):
        if not may_decide(request):
            raise PermissionDenied
        decision = request.POST.get("decision")
        if decision == "confirm":
            self.confirm(request)
        elif decision in {"send", "keep"}:
            self.decide(
                request,
                restored.of_group(Message.objects.all(), request.POST.get("group", "")),
                decision,
            )
        return HttpResponseRedirect(reverse("admin:campaigns_message_restored"))

    def confirm(self, request) -> None:
        try:
            counts = restored.confirm(by=request.user)
        except restored.CannotConfirm as reason:
            self.message_user(request, str(reason), messages.ERROR)
        else:
            said = _(
                "Sending goes on. To be sent all the same: %(sent_anyway)d, kept back:"
                " %(kept_back)d, new since the restore: %(new)d."
            )
            self.message_user(request, said % counts)
