"""The page of a product, its parts, the people behind a number, a segment made of them."""

from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns.admin.of_segment import Reached
from campaigns.products import counting, sales
from campaigns.products.groups import GROUPS, About, Group, about
from campaigns.reports import sentences, shown
from campaigns.reports.pages import address
from crm_project.admin import once
from crm_project.bounds import whole_in
from crm_project.queue.due import database_now
from customers.models import Customer, Segment
from customers.pages.shell import page, page_in_shell
from customers.segments import membership, rights, rules
from events.models import Product

VIEW = "events.view_product"
MOST_LISTED = 50
LONGEST_NAME = Segment._meta.get_field("name").max_length


@require_GET
@page(VIEW)
def product(request, pk: int):
    row = get_object_or_404(Product.objects.select_related("namespace"), pk=pk)
    of = about(row)
    audiences = [group for group in GROUPS.values() if group.is_audience]
    context = {
        "title": row.name,
        "row": row,
        "is_elsewhere": of.shop is not None,
        "counts": [one for one, _rule in counted(request.user, of)],
        "audiences": [group for group in audiences if may_count(request.user, group.rule(of))],
        "sees_sales": request.user.has_perm("events.view_order"),
    }
    return page_in_shell(request, "campaigns/products/product.html", context)


@require_GET
@page(VIEW)
def named(request):
    """On to the product of this number, wherever one is named; where there are several or none, to
    the catalogue."""
    number, shop = request.GET.get("number", "")[:128], whole_in(request.GET.get("shop"))
    found = Product.objects.filter(product_id=number.replace("\x00", ""))
    if shop is not None:
        found = found.filter(namespace=shop)
    known = list(found[:2])
    if len(known) == 1:
        return HttpResponseRedirect(known[0].get_absolute_url())
    catalogue = reverse("admin:events_product_changelist")
    return HttpResponseRedirect(f"{catalogue}?{urlencode({'q': number})}")


def counted(user, of: About) -> list[tuple[Group, dict]]:
    """The groups that are numbers of the page, each with its rule."""
    found = [(one, one.rule(of)) for one in GROUPS.values() if not one.is_audience]
    return [(one, rule) for one, rule in found if may_count(user, rule)]


def may_count(user, rule: dict | None) -> bool:
    """The numbers stand beside each other and can be taken from each other: they are for whoever
    may see the people."""
    return rule is not None and user.has_perms(rules.permissions(rule))


@require_GET
@page(VIEW)
def numbers(request, pk: int):
    row = get_object_or_404(Product, pk=pk)
    groups = counted(request.user, about(row))
    found = counting.people([rule for _group, rule in groups], database_now())
    context = {
        "row": row,
        "found": None
        if found is None
        else [
            {"group": group, "n": len(who)}
            for (group, _rule), who in zip(groups, found, strict=True)
        ],
    }
    return TemplateResponse(request, "campaigns/products/numbers.html", context)


@require_GET
@page(VIEW)
def audience(request, pk: int, key: str):
    """How many they are, whom each channel reaches, what to do with them."""
    row, group, rule = asked_for(request, pk, key)
    found = counting.people([rule], database_now())
    context = {"row": row, "group": group, "is_counted": found is not None}
    if found is not None:
        context["n"] = len(found[0])
        if request.user.has_perm(Reached.permission):
            context |= Reached().of(rule, found[0])
    return TemplateResponse(request, "campaigns/products/audience.html", context)


def asked_for(request, pk: int, key: str) -> tuple[Product, Group, dict]:
    row = get_object_or_404(Product, pk=pk)
    group = GROUPS.get(key)
    rule = group.rule(about(row)) if group else None
    if group is None or rule is None:
        raise Http404
    if not may_count(request.user, rule):
        raise PermissionDenied
    return row, group, rule


@require_GET
@page(VIEW, "customers.view_customer")
def people(request, pk: int, key: str):
    """The customers behind a number, the newest first."""
    row, group, rule = asked_for(request, pk, key)
    found = counting.people([rule], database_now())
    context = {"title": f"{row.name}: {group.label}", "row": row, "group": group}
    context |= {"sentence": rules.sentence(rule), "is_counted": found is not None}
    if found is not None:
        listed = Paginator(range(len(found[0])), MOST_LISTED).get_page(request.GET.get("page"))
        ids = [found[0][len(found[0]) - 1 - place] for place in listed.object_list]
        known = Customer.objects.in_bulk(ids)
        context |= {"n": len(found[0]), "page": listed}
        context["customers"] = [known[pk] for pk in ids if pk in known]
    return page_in_shell(request, "campaigns/products/people.html", context)


@require_POST
@page(VIEW, "customers.add_segment")
def make_segment(request, pk: int, key: str):
    """These people as a segment, and on to a campaign where that is wanted. The same rule twice is
    one segment."""
    row, group, rule = asked_for(request, pk, key)
    to_campaign = request.POST.get("then") == "campaign"
    if to_campaign and not request.user.has_perm("campaigns.add_campaign"):
        raise PermissionDenied

    def made():
        segment = segment_of(row, group, rule, request.user)
        target = reverse("admin:customers_segment_change", args=[segment.pk])
        if to_campaign:
            target = f"{reverse('admin:campaigns_campaign_add')}?segment={segment.pk}"
        once.made(request, target)
        return HttpResponseRedirect(target)

    return once.once(request, made)


@transaction.atomic
def segment_of(row: Product, group: Group, rule: dict, by) -> Segment:
    Product.objects.select_for_update(no_key=True).get(pk=row.pk)  # two at once
    same = Segment.objects.filter(kind=Segment.Kind.RULE, definition=rule).order_by("pk").first()
    if same is not None:
        return same
    name = str(group.name).format(product=row.name)[:LONGEST_NAME]
    if Segment.objects.filter(name=name).exists():
        end = f" ({row.product_id})"
        name = f"{name[: LONGEST_NAME - len(end)]}{end}"[:LONGEST_NAME]
    segment = Segment(
        name=name,
        kind=Segment.Kind.RULE,
        description=_("Made from the page of the product."),
    )
    return membership.save_definition(segment, rule, by=by, now=database_now())


@require_GET
@page(VIEW, "events.view_order")
def sold(request, pk: int):
    """What it sold in 30 days, and before and after the newest campaigns."""
    row, now = get_object_or_404(Product, pk=pk), database_now()
    lately = sales.lately(row, now)
    beside = sales.by_campaign(row, now) if request.user.has_perm("campaigns.view_campaign") else []
    context = {
        "row": row,
        "lately": lately and line(lately),
        "is_too_slow": lately is None or beside is None,
        "found": [
            {
                "campaign": one.campaign,
                "url": address(one.report),
                "days": one.report.window.days or 1,
                "is_over": one.report.is_over,
                "arms": [
                    {
                        "label": _("got it") if arm == "treated" else _("held out"),
                        "people": rights.numbered(n),
                        "before": line(before, n),
                        "after": line(after, n),
                    }
                    for arm, n, before, after in one.arms
                ],
                "more": shown.spread(one.more),
                "is_sure": one.more is not None and (one.more.low > 0 or one.more.high < 0),
            }
            for one in beside or ()
        ],
    }
    return TemplateResponse(request, "campaigns/products/sold.html", context)


def line(one: sales.Sold, people: int = 0) -> dict:
    """Of a few buyers nothing, for whoever may not see people."""
    if rights.is_untold(one.buyers):
        return {"buyers": rights.numbered(one.buyers), "units": "–", "net": "–", "each": ""}
    return {
        "buyers": rights.numbered(one.buyers),
        "units": f"{one.units:,}",
        "net": sentences.yuan(one.net_fen),
        "each": f"¥{one.net_fen / people / 100:,.2f}" if people else "",
    }
