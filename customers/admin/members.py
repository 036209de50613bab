"""The customers of a segment: a filter of their list, and what a segment's page says of their number over time."""

import json
from datetime import datetime, timedelta

from django.contrib import admin
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.bounds import whole_in
from customers.models import Membership, Segment
from customers.segments import sizes

DAYS = 30
STEPS = 60
SHORTEST = timedelta(hours=2)


class InSegment(admin.SimpleListFilter):
    """Members of one segment, as they are stored; offered where a link names it."""

    title, parameter_name = gettext_lazy("segment"), "segment"

    def lookups(self, request, model_admin):
        return [(str(pk), name) for pk, name in Segment.objects.order_by("name").values_list("pk", "name")[:200]]

    def queryset(self, request, queryset):
        said = self.value()
        if not said:
            return queryset
        segment = whole_in(said)
        return queryset.none() if segment is None else queryset.filter(pk__in=Membership.objects.filter(segment=segment).values("customer"))


def size_chart(segment: Segment, now) -> str:
    """The size over the last month for the theme's chart; "" where there is nothing to draw."""
    points = evenly(sizes.curve(segment, now, DAYS), STEPS)
    if not points:
        return ""
    line = {"borderColor": "var(--color-primary-500)", "backgroundColor": "var(--color-primary-500)", "borderWidth": 2, "stepped": "after"}
    data = {
        "labels": [localtime(at).strftime("%m-%d %H:%M") for at, _size in points],
        "datasets": [{"label": _("Customers"), "data": [size for _at, size in points], **line}],
    }
    return json.dumps(data)


def evenly(points: list[tuple[datetime, int]], steps: int) -> list[tuple[datetime, int]]:
    """The same curve at moments that lie equally far apart, so that it can be drawn; nothing of less than two hours."""
    if len(points) < 2 or points[-1][0] - points[0][0] < SHORTEST:
        return []
    first, last = points[0][0], points[-1][0]
    moments, found, at = [first + (last - first) * n / steps for n in range(steps + 1)], [], 0
    for moment in moments:
        while at + 1 < len(points) and points[at + 1][0] <= moment:
            at += 1
        found.append((moment, points[at][1]))
    return found
