"""Days whose numbers differ or were not answered, and up to which day each source is complete: for
whoever connects sources."""

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm_project.attention import MOST, Fact, Line, Need, told
from integrations.sync.reconciliation.standing import compared, unanswered, unequal

SHOWN = 10  # sources


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


class Unanswered(Need):
    key, permission, icon = "unanswered", "integrations.view_reconciliation", "cloud_off"

    def lines(self, user, now):
        for row in unanswered(now)[:SHOWN]:
            said = {"name": row.source.name}
            yield Line(1, _("“%(name)s” did not say how its last day stands") % said, page(row))


class Complete(Fact):
    key, permission = "complete", "integrations.view_reconciliation"
    label, icon = gettext_lazy("Reconciliation"), "verified"

    def lines(self, user, now):
        for row in compared()[:SHOWN]:
            said = {"name": row.source.name}
            if row.complete_until:
                said["day"] = date_format(row.complete_until, "DATE_FORMAT")
                yield Line(1, _("“%(name)s”: complete up to %(day)s") % said, page(row))
            else:
                yield Line(0, _("“%(name)s”: no day agrees yet") % said, page(row))


def page(row) -> str:
    return reverse("admin:integrations_reconciliation_change", args=[row.pk])
