"""Days whose numbers differ, for whoever connects sources."""

from django.urls import reverse
from django.utils.translation import ngettext

from crm_project.attention import MOST, Line, Need, told
from integrations.sync.reconciliation.alarms import unequal


class Unequal(Need):
    key, permission, icon = "reconciliation", "integrations.view_reconciledday", "difference"

    def lines(self, user, now):
        if n := unequal()[:MOST].count():
            text = ngettext(
                "%(n)s day whose numbers differ from the source's own",
                "%(n)s days whose numbers differ from the source's own",
                n,
            )
            url = reverse("admin:integrations_reconciledday_changelist") + "?is_equal__exact=0"
            yield Line(n, text % {"n": told(n)}, url)
