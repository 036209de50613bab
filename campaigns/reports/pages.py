"""The pages of reports: all of them beside each other, and one of a campaign or a journey."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from campaigns.delivery.channels import channels
from campaigns.models import Campaign, Journey, Template
from campaigns.reports import files, finding, reading, sentences, shown, variants
from campaigns.reports.months import months
from campaigns.reports.reading import Report
from crm_project.queue.due import database_now
from customers.models import Workspace
from customers.pages.shell import page, page_in_shell

ORDERS = "events.view_order"
KINDS = {
    "campaign": (Campaign, "campaigns.view_campaign", gettext_lazy("Campaign")),
    "journey": (Journey, "campaigns.view_journey", gettext_lazy("Journey")),
}


@require_GET
@page(ORDERS)
def reports(request):
    now = database_now()
    found = [
        {
            "row": row,
            "kind": KINDS[report.of.partition(":")[0]][2],
            "url": address(report),
            "began": getattr(row, "launched_at", None) or row.created_at,
            "sent": shown.rights.numbered(report.total("n", state="sent")),
            "attributed": sentences.yuan(report.attributed_fen),
            "profit": shown.spread(report.profit) if shown.may_compare(report) else ("", ""),
            "mood": sentences.first(report)[0],
            "sentence": told(report),
        }
        for row, report in finding.newest(request.user, now=now)
    ]
    if (kind := request.GET.get("as")) in files.KINDS:
        head = [_("name"), _("sent"), _("attributed net"), _("profit"), "", ""]
        rows = [
            [str(one["row"]), one["sent"], one["attributed"], *one["profit"], one["sentence"]]
            for one in found
        ]
        return as_file(kind, [head, *rows], "reports", now)
    context = {"title": _("Reports"), "found": found, "months": months(now)}
    return page_in_shell(request, "campaigns/reports/list.html", context)


def told(report: Report) -> str:
    """Its sentence; where that would tell of a few people, none."""
    if report.held_out.people and not shown.may_compare(report):
        return _("Too few people to say anything that would not be about single ones.")
    return sentences.first(report)[1]


def address(report: Report) -> str:
    kind, _colon, number = report.of.partition(":")
    return reverse("report", args=[kind, number])


@require_GET
@page(ORDERS)
def report(request, kind: str, number: int):
    model, permission, label = KINDS.get(kind) or (None, "", "")
    if model is None or not request.user.has_perm(permission):
        raise Http404
    found = finding.with_versions(Campaign.objects.all()) if model is Campaign else model
    row, now = get_object_or_404(found, pk=number), database_now()
    one = (
        finding.of_campaign(row, now=now) if model is Campaign else finding.of_journey(row, now=now)
    )
    reading.load([one])
    sentence = told(one)
    if (wanted := request.GET.get("as")) in files.KINDS:
        return as_file(
            wanted, shown.as_rows(one, sentence) + variants.as_rows(one), f"{kind}-{number}", now
        )
    context = {
        "title": _("Report: %(name)s") % {"name": row},
        "row": row,
        "kind": label,
        "report": one,
        "mood": sentences.first(one)[0],
        "sentence": sentence,
        "accounts": shown.accounts(one),
        "why_not": shown.why_not(one),
        "why_one": reverse("admin:campaigns_campaign_why", args=[number])
        if model is Campaign
        else "",
        "funnel": shown.funnel(one),
        "arms": shown.arms(one),
        "variants": variants.block(one),
        "item": shown.item(one),
        "item_measured": shown.item_measured(one),
        "sells": (row.goal_product or row.goal_category) if model is Campaign else "",
        "later": shown.rights.numbered(one.later) if one.later else "",
        "measured": shown.measured(one),
        "costs": shown.costs(one),
        "coupons": shown.coupons(one),
        "parts": parts(row, one),
        "margin": Workspace.get().margin_percent,
        "window": one.window.days or 1,
    }
    return page_in_shell(request, "campaigns/reports/report.html", context)


def as_file(kind: str, rows: list[list[str]], name: str, now):
    return files.answered(kind, rows, name=name, brand=Workspace.get().name, at=now)


def parts(row, one: Report) -> list[dict]:
    """By step and template of a journey, by channel of a campaign."""
    places = sorted({(sending.step, sending.channel) for sending in one.sent})
    names = templates_of(row) if isinstance(row, Journey) else {}
    found = []
    for step, channel in places:
        only = {"step": step, "channel": channel}
        orders = one.total("orders", **only)
        found.append(
            {
                "label": " · ".join(
                    filter(None, [step, names.get(step, ""), channel_name(channel)])
                ),
                "sent": shown.rights.numbered(one.total("n", state="sent", **only)),
                "opened": shown.rights.numbered(one.total("opened", **only)),
                "clicked": shown.rights.numbered(one.total("clicked", **only)),
                "orders": shown.rights.numbered(orders),
                "net": shown.HIDDEN
                if shown.rights.is_untold(orders)
                else sentences.yuan(one.total("net_fen", **only)),
                "cost": f"¥{one.total('cost', **only) / 10_000:,.2f}",
            }
        )
    return found


def channel_name(key: str) -> str:
    return str(channels[key].label) if key in channels else key


def templates_of(journey: Journey) -> dict[str, str]:
    """What each step sends, by the version that is published."""
    steps = (journey.published.definition if journey.published else {}).get("steps") or {}
    chosen = {step: (one.get("fields") or {}).get("template") for step, one in steps.items()}
    known = dict(
        Template.objects.filter(
            pk__in=[pk for pk in chosen.values() if isinstance(pk, int)]
        ).values_list("pk", "name")
    )
    return {step: known[pk] for step, pk in chosen.items() if pk in known}
