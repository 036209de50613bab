"""What coupons came to: by batch, by what gave them, by store."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.coupons import summing
from campaigns.models import Campaign, CouponBatch, Journey
from campaigns.reports import files
from crm_project.bounds import whole_in
from crm_project.queue.due import database_now
from crm_project.templatetags.hutong import yuan
from customers.models import Store, Workspace
from customers.segments import rights

NEEDS = ("campaigns.view_couponbatch", "events.view_order")
DAYS = (30, 90, 365, 3650)
MOST = 200
TITLES = {
    "batch": gettext_lazy("By batch"),
    "origin": gettext_lazy("By what gave them"),
    "store": gettext_lazy("By store"),
}
KINDS = {"campaign": Campaign, "journey": Journey}


class ReportsCoupons:
    """For the admin of batches."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.report_view)
        return [path("report/", view, name="campaigns_couponbatch_report"), *super().get_urls()]

    def report_view(self, request):
        if not request.user.has_perms(NEEDS):
            raise PermissionDenied
        days, now = whole_in(request.GET.get("days", "")), database_now()
        days = days if days in DAYS else DAYS[1]
        tables = [table(what, now - timedelta(days=days)) for what in TITLES]
        if (kind := request.GET.get("as")) in files.KINDS:
            rows = as_rows(tables)
            brand = Workspace.get().name
            return files.answered(kind, rows, name="coupons", brand=brand, at=now)
        context = {
            **self.admin_site.each_context(request),
            "title": _("What coupons came to"),
            "tables": tables,
            "days": days,
            "choices": DAYS,
            "all_days": DAYS[-1],
        }
        return TemplateResponse(request, "campaigns/coupon_report.html", context)


def table(what: str, since) -> dict:
    found = summing.by(what, since)
    if found is None:
        return {"title": TITLES[what], "is_too_slow": True, "lines": [], "total": None}
    said = names(what, found)
    total = sum(found.values(), summing.Came())
    shown = list(found.items())[:MOST]
    rest = sum((came for _key, came in list(found.items())[MOST:]), summing.Came())
    lines = [line(*said.get(key, (key, "")), came) for key, came in shown]
    lines += [line(_("all others"), "", rest)] if rest.n else []
    return {"title": TITLES[what], "key": what, "lines": lines, "total": line("", "", total)}


def line(label, url: str, came: summing.Came) -> dict:
    """Of a few coupons no sums of money, for whoever may not see people."""
    hidden = rights.is_untold(came.n) and came.n
    return {
        "label": label,
        "url": url,
        "n": rights.numbered(came.n),
        "owed": rights.numbered(came.owed),
        "owed_fen": "–" if hidden else yuan(came.owed_fen),
        "redeemed": rights.numbered(came.redeemed),
        "discount": "–" if hidden else yuan(came.discount_fen),
        "short": "–" if hidden else yuan(came.short_fen),
        "over": rights.numbered(came.over),
    }


def names(what: str, keys) -> dict[str, tuple]:
    """What each key is called, and its page."""
    if what == "batch":
        rows = CouponBatch.objects.in_bulk([int(key) for key in keys])
        page = "admin:campaigns_couponbatch_change"
        return {str(pk): (row.name, reverse(page, args=[pk])) for pk, row in rows.items()}
    if what == "store":
        rows = Store.objects.in_bulk([int(key) for key in keys if key.isdigit()])
        found: dict[str, tuple] = {str(pk): (str(row), "") for pk, row in rows.items()}
        return found | {"": (_("store not known"), ""), "-": (_("not redeemed"), "")}
    found = {
        summing.HAND: (_("by hand"), ""),
        summing.SHARED: (_("one code for everybody"), ""),
        "": (_("not known"), ""),
    }
    for kind, model in KINDS.items():
        ids = [pk for key in keys if (pk := number_of(key, kind))]
        page = f"admin:campaigns_{kind}_change"
        found |= {
            f"{kind}:{pk}": (row.name, reverse(page, args=[pk]))
            for pk, row in model.objects.in_bulk(ids).items()
        }
    return found


def number_of(key: str, kind: str) -> int | None:
    of, _colon, number = key.partition(":")
    return whole_in(number) if of == kind else None


def as_rows(tables: list[dict]) -> list[list[str]]:
    head = [_("coupons given"), _("open"), _("still owed"), _("redeemed"), _("discount given")]
    head += [_("promised beyond it"), _("no longer valid")]
    rows: list[list[str]] = []
    for one in tables:
        rows += [[str(one["title"]), *head]]
        rows += [
            [str(value) for name, value in got.items() if name != "url"] for got in one["lines"]
        ]
        rows += [[]]
    return rows
