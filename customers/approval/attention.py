"""What waits for whoever may approve it."""

from django.urls import reverse
from django.utils.translation import ngettext

from crm_project.attention import MOST, Line, Need, told
from customers.approval import deciding
from customers.models import Approval


class Approvals(Need):
    """What others have asked for, of the kinds that this person may see."""

    key, permission, icon = "approvals", deciding.DECIDES, "approval"

    def lines(self, user, now):
        if n := deciding.waiting_for(user)[:MOST].count():
            text = ngettext("%(n)s waits for your approval", "%(n)s wait for your approval", n)
            url = reverse("admin:customers_approval_changelist")
            yield Line(n, text % {"n": told(n)}, f"{url}?state__exact={Approval.State.REQUESTED}")
