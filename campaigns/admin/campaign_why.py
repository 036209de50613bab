"""Why (not), and when: one customer on a campaign, from the campaign's page or the customer's."""

from django.core.exceptions import PermissionDenied
from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.broadcasts import explaining
from campaigns.delivery import reasons
from campaigns.delivery.channels import named
from campaigns.models import Campaign, Message
from crm_project.bounds import whole_in
from crm_project.queue.due import database_now
from customers.models import Customer
from customers.profile.search import search
from customers.profile.telling_apart import with_features
from customers.segments import rights

NEEDS = ("campaigns.view_campaign", "campaigns.view_message", "customers.view_customer")
MOST = 20
RULES = {
    "unwanted": gettext_lazy("Still wanted by whoever asked for it"),
    "consent": gettext_lazy("Has agreed"),
    "suppression": gettext_lazy("Not silenced on the channel"),
    "barred": gettext_lazy("Has not asked to be forgotten"),
    "minor": gettext_lazy("Is not under 18"),
    "holdout": gettext_lazy("Not in a control group"),
    "reachable": gettext_lazy("Can be reached there"),
    "by_channel": gettext_lazy("The channel has nothing against it"),
    "coupon": gettext_lazy("The coupon can be given"),
    "words": gettext_lazy("The text can be filled in"),
    "duplicate_content": gettext_lazy("Not the same text within a day"),
    "text_by_channel": gettext_lazy("The channel has nothing against the text"),
    "quiet_hours": gettext_lazy("Not in quiet hours"),
    "within_caps": gettext_lazy("Has not had enough"),
}
PARTS = {
    "segment": gettext_lazy("in the segment"),
    "without": gettext_lazy("not in the segment"),
    "after": gettext_lazy("of the campaign"),
    "owner": gettext_lazy("only"),
    "alive": gettext_lazy("is not merged away or forgotten"),
}
LEFT = gettext_lazy("left for the provider")


class ExplainsCampaign:
    """For the admin of campaigns."""

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/why/", view(self.why_view), name="campaigns_campaign_why"),
            path("why/", view(self.why_of_view), name="campaigns_campaign_why_of"),
            *super().get_urls(),
        ]

    def why_of_view(self, request):
        """From a customer's page, where the campaign is chosen."""
        campaign, customer = (
            whole_in(request.GET.get(name, "")) for name in ("campaign", "customer")
        )
        if customer is None:
            raise Http404
        if campaign is None:
            return HttpResponseRedirect(reverse("admin:customers_customer_change", args=[customer]))
        page = reverse("admin:campaigns_campaign_why", args=[campaign])
        return HttpResponseRedirect(f"{page}?customer={customer}")

    def why_view(self, request, pk):
        if not request.user.has_perms(NEEDS):
            raise PermissionDenied
        campaign = get_object_or_404(Campaign.objects.select_related("template"), pk=pk)
        term = request.GET.get("q", "").replace("\x00", "").strip()[:200]
        found = customers(request, term)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Why, and when? %(campaign)s") % {"campaign": campaign},
            "row": campaign,
            "term": term,
            "found": found if len(found) > 1 else [],
            "is_nobody": bool(term) and not found,
        }
        if len(found) == 1:
            context |= told(campaign, found[0], request.user)
        with_features(found)
        return TemplateResponse(request, "campaigns/campaign_why.html", context)


def customers(request, term: str) -> list[Customer]:
    everybody, pk = Customer.objects.alive(), whole_in(request.GET.get("customer", ""))
    if pk is not None:  # a link may be older than a merge
        now = Customer.objects.filter(pk=pk).values(now=Coalesce("merged_into", "pk"))
        return list(everybody.filter(pk__in=now))
    return list(search(everybody, term, request.user).order_by("-pk")[:MOST]) if term else []


def told(campaign: Campaign, customer: Customer, user) -> dict:
    now = database_now()
    found = explaining.explain(
        campaign, customer, now, sees=lambda segment: rights.sees_people(user, segment)
    )
    plan = found.plan
    return {
        "customer": customer,
        "explained": found,
        "parts": [(PARTS[one.what], one) for one in found.parts],
        "firings": [firing(one) for one in found.firings],
        "plan": plan,
        "stops": plan and plan.stops and reasons.word(plan.stops.reason),
        "waits": [(reasons.word(one.reason), one) for one in plan.waits] if plan else [],
        "ways": [way(one) for one in plan.ways] if plan else [],
        "coupon": plan and plan.coupon and reasons.word(plan.coupon.reason),
        "is_paused": campaign.status == Campaign.Status.PAUSED,
        "is_draft": campaign.status == Campaign.Status.DRAFT,
    }


def firing(one: explaining.Firing) -> dict:
    message = one.message
    return {
        "at": one.assignment.at,
        "is_held_out": one.assignment.is_held_out,
        "arm": one.assignment.get_arm_display(),
        "is_double": one.is_double,
        "message": message,
        "channel": message and named(message.channel),
        "reason": message and reasons.word(message.reason),
        "tried": [(named(step["channel"]), reasons.word(step["reason"])) for step in message.tried]
        if message
        else [],
        "times": times(message) if message else [],
    }


def times(message: Message) -> list[tuple]:
    names = ("delivered_at", "opened_at", "clicked_at", "bounced_at")
    names += ("complained_at", "unsubscribed_at")
    found = [(LEFT, message.sent_at)]
    found += [(message._meta.get_field(n).verbose_name, getattr(message, n)) for n in names]
    return [(label, at) for label, at in found if at]


def way(one: explaining.Way) -> dict:
    return {
        "channel": named(one.channel),
        "moves_on": one.moves_on,
        "gates": [
            {
                "key": gate.key,
                "label": RULES.get(gate.key, gate.key),
                "passes": gate.is_asked and gate.verdict is None,
                "is_asked": gate.is_asked,
                "why": reasons.word(gate.verdict.reason)
                if gate.verdict and gate.verdict.reason
                else "",
                "until": gate.verdict and gate.verdict.until,
                "other": bool(gate.verdict and gate.verdict.via),
            }
            for gate in one.gates
        ],
    }
