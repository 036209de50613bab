"""Customers: found in a second. Their page is customers/pages/profile.py."""

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import SearchResult
from unfold.decorators import display

from crm_project.admin import Days, ModelAdmin, ReadOnly
from crm_project.bounds import whole_in
from crm_project.db.clock import Now
from crm_project.templatetags.hutong import page_of
from customers.admin.customer_columns import Column, Loaded, as_admin_column, columns
from customers.admin.members import InSegment
from customers.admin.rights import HasRights
from customers.admin.saved_views import SavesViews
from customers.admin.tagging import Carries, TagsCustomers
from customers.models import NEAREST, Customer, CustomerTag, Identity
from customers.profile.search import find, search

SHOWN = 2
OWN = ("identities", "tags", "first_seen_at", "certainty")
USUAL = ("identities", "tags", "first_seen_at")
MOST_FOUND = 10


def for_command(request, term: str) -> list[SearchResult]:
    """The first customers that fit, for the search box of the sidebar."""
    if not request.user.has_perm("customers.view_customer"):
        return []
    found = find(term, request.user)[:MOST_FOUND]
    return [
        SearchResult(
            title=str(f.customer),
            description=", ".join(f.reasons),
            link=page_of(f.customer),
            icon="person",
        )
        for f in found
    ]


@admin.register(Customer)
class CustomerAdmin(SavesViews, TagsCustomers, HasRights, ReadOnly, ModelAdmin):
    when_empty = _("Customers appear as soon as a source sends something of them.")
    list_display = ("called", *OWN)  # who may choose: get_list_display
    fixed = ("called",)
    list_filter = (Carries, InSegment, "is_provisional", ("first_seen_at", Days))
    search_fields = ("name",)
    search_help_text = _("Name, phone, e-mail, member id, openid, order number")
    ordering = ("-pk",)

    def get_queryset(self, request):
        """Lists hold the living; the address of a merged customer still leads to their page."""
        customers = super().get_queryset(request)
        is_page = request.resolver_match and "object_id" in request.resolver_match.kwargs
        return customers if is_page else self.in_order(request, customers.alive())

    def in_order(self, request, customers):
        """In the order of a related row's column: those who have such a row."""
        shown = self.get_list_display(request)
        for said in request.GET.get("o", "").split("."):
            number = whole_in(said.removeprefix("-"))
            if number is None or not 0 < number <= len(shown) or isinstance(shown[number - 1], str):
                continue
            if "__" in (field := shown[number - 1].admin_order_field or ""):
                customers = customers.filter(**{f"{field.partition('__')[0]}__isnull": False})
        return customers

    # -- columns

    def offered(self, request) -> list[type[Column]]:
        return [kind for kind in columns if request.user.has_perm(kind.permission)]

    def choosable(self, request):
        own = dict(zip(OWN, OWN, strict=True))
        others = {kind.key: as_admin_column(kind) for kind in self.offered(request)}
        return {
            **{key: own[key] for key in ("identities", "tags")},
            **others,
            **{key: own[key] for key in ("first_seen_at", "certainty")},
        }

    def usual(self, request):
        return [*USUAL, *(kind.key for kind in columns if kind.is_usual)]

    def get_list_filter(self, request):
        more = [kind.Filter for kind in self.offered(request) if kind.Filter]
        first, *others = super().get_list_filter(request)
        return (first, *more, *others)

    def get_list_select_related(self, request):
        chosen = self.chosen(request)
        wanted = {kind.related for kind in self.offered(request) if kind.key in chosen} - {""}
        return sorted(wanted) or False

    def get_search_results(self, request, queryset, search_term):
        return search(queryset, search_term, request.user), False

    def enrich(self, rows):
        by_id, loaded = {row.pk: row for row in rows}, Loaded(rows)
        for row in rows:
            row.known, row.tagged, row.loaded = [], {}, loaded
        for identity in sorted(
            Identity.objects.filter(customer__in=by_id), key=lambda i: (NEAREST.index(i.kind), i.pk)
        ):
            by_id[identity.customer_id].known.append(identity)
        for worn in (
            CustomerTag.objects.filter(customer__in=by_id)
            .valid(Now())
            .select_related("tag")
            .order_by("tag__name")
        ):
            by_id[worn.customer_id].tagged[worn.tag_id] = worn.tag

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """There is one page of a customer, and it is not the admin's."""
        row = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None:
            raise Http404
        return HttpResponseRedirect(row.get_absolute_url())

    @display(description=_("name"), ordering="name")
    def called(self, row):
        return row.name or _("(no name) #%(id)s") % {"id": row.pk}

    @display(description=_("identities"))
    def identities(self, row):
        chips = format_html_join(
            "",
            '<span class="ht-chip" title="{}">{}</span>',
            [(i.get_kind_display(), i.masked_value) for i in row.known[:SHOWN]],
        )
        more = len(row.known) - SHOWN
        return format_html(
            '<span class="ht-chips">{}{}</span>', chips, f"+{more}" if more > 0 else ""
        )

    def whole_identities(self, row) -> str:
        """For files, which have room for all."""
        return "; ".join(str(identity) for identity in row.known)

    @display(description=_("tags"))
    def tags(self, row):
        swatch = (
            '<span class="ht-chip"><span class="ht-swatch" style="background:{}"></span>{}</span>'
        )
        return format_html_join("", swatch, [(tag.colour, tag.name) for tag in row.tagged.values()])

    @display(description=_("how sure"), label={"provisional": "warning"})
    def certainty(self, row):
        return ("provisional", _("provisional")) if row.is_provisional else None
