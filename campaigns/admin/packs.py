"""Segments and tags that are ready for a trade: chosen by ticks."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from campaigns.admin.recipes import trade_of
from campaigns.recipes.packs import PACKS, adding
from crm_project.queue.due import database_now
from customers.models import Trade
from customers.segments import rules

PERMISSIONS = ("customers.add_segment", "customers.add_tag")


def packs_view(model_admin, request):
    """Posted, what is ticked is there afterwards, whether or not it was before."""
    if not request.user.has_perms(PERMISSIONS):
        raise PermissionDenied
    trade = trade_of(request) or Trade.SHOP.value
    pack = PACKS[trade]
    allowed = {
        one.key: one for one in pack.segments if request.user.has_perms(rules.needs(one.rule))
    }
    tags = [one for one in pack.tags if not one.by or one.by in allowed]
    if request.method == "POST":
        made = adding.add(
            pack,
            trade,
            segments=allowed.keys() & set(request.POST.getlist("segment")),
            tags={one.key for one in tags} & set(request.POST.getlist("tag")),
            by=request.user,
            now=database_now(),
        )
        messages.success(
            request,
            _("Added: %(segments)d segments, %(tags)d tags. Members are worked out now.")
            % {"segments": made["segment"], "tags": made["tag"]},
        )
        return HttpResponseRedirect(f"{request.path}?trade={trade}")
    there = adding.there(pack, trade)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Ready segments and tags"),
        "trade": trade,
        "trades": Trade.choices,
        "segments": [
            {
                "one": one,
                "sentence": rules.sentence(one.rule),
                "is_there": one.key in there["segment"],
            }
            for one in allowed.values()
        ],
        "tags": [
            {
                "one": one,
                "segment": allowed[one.by].name if one.by else "",
                "is_there": one.key in there["tag"],
            }
            for one in tags
        ],
    }
    return TemplateResponse(request, "campaigns/recipes/packs.html", context)
