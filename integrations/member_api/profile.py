"""A customer's page: from which mini-programs they are logged in, and ending that."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm_project.db.clock import Now
from customers.profile.actions import Action
from customers.profile.panel import Panel
from integrations.member_api import sessions
from integrations.member_api.models import MemberSession

MOST = 10


class MemberSessions(Panel):
    key, label, template = (
        "member_sessions",
        gettext_lazy("Log-ins"),
        "integrations/panels/log_ins.html",
    )
    permission = "customers.view_identity"

    def context(self, customer):
        rows = MemberSession.objects.filter(identity__customer=customer)
        rows = rows.select_related("connection").annotate(now=Now())
        return {"sessions": list(rows.order_by("-pk")[:MOST])}


class EndLogIns(Action):
    key, label, icon = "end-log-ins", gettext_lazy("End log-ins"), "logout"
    permission, style = "customers.change_identity", "danger"
    note = gettext_lazy(
        "On all their devices the mini-program logs in anew by itself when they open it: this ends"
        " what somebody else may still hold."
    )

    def carry_out(self, data, now):
        ended = sessions.end_all_of(self.customer, by=self.user)
        text = ngettext("%(n)s log-in is ended.", "%(n)s log-ins are ended.", ended)
        return text % {"n": ended} if ended else _("There was none.")
