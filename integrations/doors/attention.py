"""What needs whoever connects senders: what was refused or could not be understood."""

from django.urls import reverse
from django.utils.translation import ngettext

from crm_project.attention import MOST, Line, Need, told
from crm_project.templatetags.hutong import page_of
from customers.models import Source
from integrations.doors import refusals
from integrations.models import Quarantine

MOST_NAMED = 3


class Quarantined(Need):
    """Kept whole until somebody mends the reason, and not tried again yet."""

    key, permission, icon = "quarantine", "integrations.view_quarantine", "report"

    def lines(self, user, now):
        if n := Quarantine.objects.filter(replayed_at=None)[:MOST].count():
            text = ngettext(
                "%(n)s thing that came in could not be understood",
                "%(n)s things that came in could not be understood",
                n,
            )
            url = reverse("admin:integrations_quarantine_changelist")
            yield Line(n, text % {"n": told(n)}, url)


class Refused(Need):
    """Sources of which something was refused in the last day."""

    key, permission, icon = "refusals", "customers.view_source", "block"

    def lines(self, user, now):
        sources = list(Source.objects.others().filter(is_active=True).order_by("pk")[:MOST])
        for source, n in refusals.counted(sources)[:MOST_NAMED]:
            text = ngettext(
                "%(n)s refusal of what “%(name)s” sends, lately",
                "%(n)s refusals of what “%(name)s” sends, lately",
                n,
            )
            shown = f"{n}+" if n == refusals.MOST else n
            yield Line(n, text % {"n": shown, "name": source}, f"{page_of(source)}?refused=1")
