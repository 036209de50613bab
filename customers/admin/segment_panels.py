"""What a segment's page shows of its people, and where they are put to use: the seams
SEGMENT_PANELS and SEGMENT_USED_IN, a class and a line each."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from pyroaring import BitMap

from crm_project.registry import Registry, UnknownKey
from customers.models import Membership, Segment
from customers.segments import rights


class SegmentPanel:
    """Fetched once the page is there, for it may count everybody. Shown to whoever may use the
    segment and has the `permission`."""

    key = ""
    label = ""
    permission = ""
    template = ""

    def context(self, segment: Segment, members: BitMap) -> dict:
        raise NotImplementedError


class UsedIn:
    """One way to go on with a segment: a form that begins with it."""

    key = ""
    label = ""
    icon = ""
    permission = ""

    def url(self, segment: Segment) -> str:
        raise NotImplementedError


panels = Registry("CRM_SEGMENT_PANELS", "customers.admin.segment_panels.SegmentPanel")
ways = Registry("CRM_SEGMENT_USED_IN", "customers.admin.segment_panels.UsedIn")


class Tagged(UsedIn):
    key, label, icon, permission = "tag", _("Tag"), "sell", "customers.tag_many"

    def url(self, segment):
        return f"{reverse('admin:customers_tag_many')}?segment={segment.pk}"


class Exported(UsedIn):
    key, label, icon, permission = "export", _("Export"), "download", "customers.export_list"

    def url(self, segment):
        begin = reverse("admin:bulk_begin")
        return f"{begin}?_list=customers.customer&_act=export&segment={segment.pk}"


class HasPanels:
    """For the admin of segments."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.panel_view)
        name = "customers_segment_panel"
        return [path("<int:pk>/panel/<slug:key>/", view, name=name), *super().get_urls()]

    def page_context(self, request, row):
        may_use = rights.may_use(request.user, row)
        shown = [panel for panel in panels if request.user.has_perm(panel.permission)]
        offered = [way() for way in ways if request.user.has_perm(way.permission)]
        return super().page_context(request, row) | {
            "panels": shown if may_use else [],
            "used_in": (
                [{"way": way, "url": way.url(row)} for way in offered]
                if rights.sees_people(request.user, row)
                else []
            ),
        }

    def panel_view(self, request, pk, key):
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        try:
            panel = panels[key]
        except UnknownKey:
            raise Http404 from None
        if not (
            self.has_view_permission(request, row)
            and request.user.has_perm(panel.permission)
            and rights.may_use(request.user, row)
        ):
            raise PermissionDenied
        held = Membership.objects.filter(segment=row).values_list("customer_id", flat=True)
        context = panel().context(row, BitMap(held.iterator(chunk_size=50_000)))
        return TemplateResponse(request, panel.template, context | {"row": row})
