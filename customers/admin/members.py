"""The customers of a segment: a filter of their list, and what a segment's page says of their
number over time."""

import json
from datetime import datetime, timedelta

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.bounds import whole_in
from customers.models import Membership, Segment
from customers.segments import rights, sizes

DAYS = 30
STEPS = 60
SHORTEST = timedelta(hours=2)


class InSegment(admin.SimpleListFilter):
    """Members of one segment, as they are stored; offered where a link names it."""

    title, parameter_name = gettext_lazy("segment"), "segment"

    def lookups(self, request, model_admin):
        return [
            (str(one.pk), one.name)
            for one in Segment.objects.order_by("name")[:200]
            if rights.sees_people(request.user, one)
        ]

    def has_output(self):
        return super().has_output() or bool(
            self.value()
        )  # a link that names one is never taken for the whole list

    def queryset(self, request, queryset):
        said = self.value()
        if not said:
            return queryset
        number = whole_in(said)
        segment = None if number is None else Segment.objects.filter(pk=number).first()
        if segment is not None and not rights.sees_people(request.user, segment):
            raise PermissionDenied
        return (
            queryset.none()
            if number is None
            else queryset.filter(
                pk__in=Membership.objects.filter(segment=number).values("customer")
            )
        )


def size_chart(segment: Segment, now) -> str:
    """The size over the last month for the theme's chart; "" where there is nothing to draw."""
    points = evenly(sizes.curve(segment, now, DAYS), STEPS)
    if not points:
        return ""
    line = {
        "borderColor": "var(--color-primary-500)",
        "backgroundColor": "var(--color-primary-500)",
        "borderWidth": 2,
        "stepped": "after",
    }
    data = {
        "labels": [localtime(at).strftime("%m-%d %H:%M") for at, _size in points],
        "datasets": [{"label": _("Customers"), "data": [size for _at, size in points], **line}],
    }
    return json.dumps(data)


def evenly(points: list[tuple[datetime, int]], steps: int) -> list[tuple[datetime, int]]:
    """The same curve at moments that lie equally far apart, so that it can be drawn; nothing of
    less than two hours."""
    if len(points) < 2 or points[-1][0] - points[0][0] < SHORTEST:
        return []
    first, last = points[0][0], points[-1][0]
    moments, found, at = [first + (last - first) * n / steps for n in range(steps + 1)], [], 0
    for moment in moments:
        while at + 1 < len(points) and points[at + 1][0] <= moment:
            at += 1
        found.append((moment, points[at][1]))
    return found
