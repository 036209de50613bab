"""How many orders differed on each of the last thirty days, as bars."""

from datetime import datetime

from django.db.models import Count
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from campaigns.dashboard.charts import chart
from integrations.models import ReconciledDay, Reconciliation
from integrations.sync.reconciliation.days import days_of

DAYS = 30


def chart_of(row: Reconciliation, now: datetime) -> dict:
    """The days that are over, in the shop's zone; each leads to its page."""
    newest = days_of(row, now)[0]
    rows = ReconciledDay.objects.filter(reconciliation=row).annotate(n=Count("differences"))
    found = {one.day: one for one in rows.filter(day__lte=newest).order_by("-day")[:DAYS]}
    bars = []
    for ordinal in range(newest.toordinal() - DAYS + 1, newest.toordinal() + 1):
        day = newest.fromordinal(ordinal)
        bars.append(bar_of(found.get(day)) | {"label": date_format(day, "MONTH_DAY_FORMAT")})
    url = reverse("admin:integrations_reconciledday_changelist")
    total = sum(one["n"] for one in bars)
    return chart(
        "reconciliation",
        _("Differences per day"),
        bars,
        total,
        f"{url}?reconciliation__source__id__exact={row.source_id}",
        found=[
            (_("days that agree"), str(sum(1 for one in bars if one["agrees"]))),
            (_("not compared"), str(sum(1 for one in bars if one["agrees"] is None))),
        ],
    )


def bar_of(one: ReconciledDay | None) -> dict:
    """A day that differs and of which no number is known counts as one."""
    if one is None:
        return {"n": 0, "agrees": None, "text": _("not compared"), "url": ""}
    n = 0 if one.is_equal else max(one.n, 1)
    many = ngettext("%(n)s difference", "%(n)s differences", n) % {"n": n}
    text = many if n else pgettext("reconciliation", "agrees")
    url = reverse("admin:integrations_reconciledday_change", args=[one.pk])
    return {"n": n, "agrees": one.is_equal, "text": text, "url": url}
