"""Why somebody is in a segment or not: a page of the segment's, for any customer that staff can
name."""

from django.core.exceptions import PermissionDenied
from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from crm_project.bounds import whole_in
from crm_project.queue.due import database_now
from customers.models import Customer, Segment
from customers.profile.search import search
from customers.profile.telling_apart import with_features
from customers.segments import rights, why

MOST = 20
SOME = 8


class ExplainsMembers:
    """For the admin of segments."""

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/why/", view(self.why_view), name="customers_segment_why"),
            path("why/", view(self.why_of_view), name="customers_segment_why_of"),
            *super().get_urls(),
        ]

    def why_of_view(self, request):
        """From a customer's page, where the segment is chosen."""
        segment, customer = (
            whole_in(request.GET.get(name, "")) for name in ("segment", "customer")
        )
        if customer is None:
            raise Http404
        if segment is None:
            return HttpResponseRedirect(reverse("admin:customers_customer_change", args=[customer]))
        return HttpResponseRedirect(
            f"{reverse('admin:customers_segment_why', args=[segment])}?customer={customer}"
        )

    def why_view(self, request, pk):
        if not (
            self.has_view_permission(request) and request.user.has_perm("customers.view_customer")
        ):
            raise PermissionDenied
        segment = get_object_or_404(Segment, pk=pk)
        if not rights.sees_people(request.user, segment):
            raise PermissionDenied
        term = request.GET.get("q", "").strip()[:200]
        found = self.customers(request, term)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Why? %(segment)s") % {"segment": segment},
            "segment": segment,
        }
        context |= {
            "term": term,
            "found": found if len(found) > 1 else [],
            "is_nobody": bool(term) and not found,
        }
        if len(found) == 1:
            context["why"] = why.explain(segment, found[0], database_now())
        elif not found:
            context["some"] = list(
                Customer.objects.filter(memberships__segment=segment).order_by("-memberships__pk")[
                    :SOME
                ]
            )
        with_features([*found, *context.get("some", ())])
        return TemplateResponse(request, "customers/segments/why.html", context)

    def customers(self, request, term: str) -> list[Customer]:
        everybody, pk = Customer.objects.alive(), whole_in(request.GET.get("customer", ""))
        if pk is not None:
            # A link may be older than a merge.
            return list(
                everybody.filter(
                    pk__in=Customer.objects.filter(pk=pk).values(now=Coalesce("merged_into", "pk"))
                )
            )
        return list(search(everybody, term, request.user).order_by("-pk")[:MOST]) if term else []
