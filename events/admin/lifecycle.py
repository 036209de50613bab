"""Lifecycle and value: who is in which stage and class, why there, and what the bounds are."""

import json

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseBadRequest, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from unfold.decorators import display

from crm_project.admin import Colours, ModelAdmin, ReadOnly, once, revisions
from crm_project.queue.due import database_now
from crm_project.templatetags.hutong import yuan
from customers.models import Segment
from customers.segments import membership, rights
from events.admin.lifecycle_forms import InterestForm, LifecycleForm
from events.insights import cycle, lifecycle, portrait
from events.models import (
    CustomerValue,
    CycleMeasure,
    InterestSettings,
    LifecycleSettings,
    Stage,
    ValueClass,
)

LONGEST_SHOWN = 0.99  # of the pauses; the few longest would press the curve against its axis
OF_ROW = "standing"


@admin.register(LifecycleSettings)
class LifecycleAdmin(ModelAdmin):
    """One row: the list is the page."""

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("preview/", view(self.preview_view), name="events_lifecycle_preview"),
            path("measure/", view(self.measure_view), name="events_lifecycle_measure"),
            path("interests/", view(self.interests_view), name="events_lifecycle_interests"),
            path("segment/", view(self.segment_view), name="events_lifecycle_segment"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(self.list_page())

    def changelist_view(self, request, extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self.page(
                request,
                LifecycleForm(None, LifecycleSettings.get(), newest_measure()),
                InterestForm(None, InterestSettings.get()),
            )
        self.demand_change(request)
        with revisions.one_at_a_time("lifecycle"):
            kept = LifecycleSettings.get()
            form = LifecycleForm(request.POST, kept, newest_measure())
            if not form.is_valid():
                return self.page(request, form, InterestForm(None, InterestSettings.get()))
            lifecycle.change(form.settings, by=request.user)
        if form.settings.counting != kept.counting or form.settings.events != kept.events:
            cycle.measure(database_now())
        messages.success(request, _("Saved. Everybody is looked at again within a minute or so."))
        return HttpResponseRedirect(self.list_page())

    def page(self, request, form, interests):
        now, kept, measured = database_now(), LifecycleSettings.get(), newest_measure()
        standings = lifecycle.standings(kept, now)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Lifecycle and value"),
            "opts": self.opts,
            "kept": kept,
            "stages": stages(standings),
            "classes": classes(standings),
            "buyers": sum(n for stage, n in standings.stages.items() if stage != Stage.PROSPECT),
            "measured": measured,
            "curve": (
                curve(measured, kept)
                if measured and measured.gaps and not rights.is_untold(measured.customers)
                else None
            ),
            "paused": measured and rights.numbered(measured.customers),
            "enough_gaps": cycle.ENOUGH_GAPS,
            "form": form,
            "interests": interests,
            "counting_anew": portrait.progress(),
            "may_change": self.has_change_permission(request),
            "may_make_segments": request.user.has_perm("customers.add_segment"),
        }
        return TemplateResponse(request, "events/lifecycle/page.html", context)

    def demand_change(self, request) -> None:
        if not self.has_change_permission(request):
            raise PermissionDenied

    # -- what the page asks for

    def preview_view(self, request):
        """How the counts would be."""
        self.demand_change(request)
        kept = LifecycleSettings.get()
        form = LifecycleForm(request.POST, kept, newest_measure())
        context = {"form": form}
        if form.is_valid():
            now = database_now()
            old, new = lifecycle.standings(kept, now), lifecycle.standings(form.settings, now)
            context |= {
                "stages": [moved(stage, old.stages[stage], new.stages[stage]) for stage in Stage],
                "classes": [
                    moved(one, old.classes[one][0], new.classes[one][0]) for one in ValueClass
                ],
                "wanted": form.settings,
            }
        return TemplateResponse(request, "events/lifecycle/preview.html", context)

    def measure_view(self, request):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        self.demand_change(request)
        measured = cycle.measure(database_now())
        said = {
            "n": rights.numbered(measured.gaps),
            "customers": rights.numbered(measured.customers),
        }
        messages.success(request, _("Measured. Pauses: %(n)s; customers: %(customers)s.") % said)
        return HttpResponseRedirect(self.list_page())

    def interests_view(self, request):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        self.demand_change(request)
        with revisions.one_at_a_time("interests"):
            form = InterestForm(request.POST, InterestSettings.get())
            if not form.is_valid():
                return self.page(
                    request, LifecycleForm(None, LifecycleSettings.get(), newest_measure()), form
                )
            if form.is_other:
                portrait.change(form.kept, by=request.user)
        if form.is_other:
            messages.success(
                request,
                _(
                    "Saved. All events are counted anew; until that is done, the former interests"
                    " stay in force."
                ),
            )
        return HttpResponseRedirect(self.list_page())

    def segment_view(self, request):
        """A segment of one stage or class, made once."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        return once.once(request, lambda: self.segment_made(request))

    def segment_made(self, request):
        if not request.user.has_perm("customers.add_segment"):
            raise PermissionDenied
        found = asked_for(request.POST.get("stage", ""), request.POST.get("class", ""))
        if found is None:
            return HttpResponseBadRequest()
        name, leaf = found
        definition = {"op": "all", "of": [leaf]}
        segment = Segment.objects.filter(name=name, definition=definition).first()
        if segment is None:
            segment = Segment(name=free_name(name), created_by=request.user)
            with transaction.atomic():
                membership.save_definition(segment, definition, by=request.user, now=database_now())
            messages.success(
                request, _("The segment was made; its members follow by themselves from now on.")
            )
        once.made(request, reverse("admin:customers_segment_change", args=[segment.pk]))
        return HttpResponseRedirect(request.made_page)


def newest_measure() -> CycleMeasure | None:
    return CycleMeasure.objects.order_by("-at").first()


def asked_for(stage: str, kind: str) -> tuple[str, dict] | None:
    """The name and the condition of a segment of this stage or class; None where there is no
    such."""
    if stage in Stage:
        return _("Lifecycle: %(stage)s") % {"stage": Stage(stage).label}, {
            "condition": "lifecycle",
            "stages": [stage],
        }
    if kind in ValueClass:
        return _("Value: %(class)s") % {"class": ValueClass(kind).label}, {
            "condition": "rfm",
            "measure": "class",
            "classes": [kind],
        }
    return None


def free_name(name: str) -> str:
    """`name`, or where another segment has it, with a number."""
    taken = set(Segment.objects.filter(name__startswith=name).values_list("name", flat=True))
    return next(
        one
        for one in [name, *(f"{name} ({n})" for n in range(2, len(taken) + 3))]
        if one not in taken
    )


def moved(one: Stage | ValueClass, before: int, after: int) -> tuple[str, str, str]:
    return one.label, rights.numbered(before), rights.numbered(after)


def counted(n: int, everybody: int) -> dict:
    """So many customers, as far as the viewer may know it; `is_told` is what else may be said of
    them."""
    is_told = not rights.is_untold(n)
    return {
        "customers": rights.figure(n),
        "is_told": is_told,
        "percent": round(100 * n / everybody) if everybody and is_told else 0,
    }


def stages(standings: lifecycle.Standings) -> list[dict]:
    everybody = sum(standings.stages.values())
    return [{"stage": stage, **counted(n, everybody)} for stage, n in standings.stages.items()]


def classes(standings: lifecycle.Standings) -> list[dict]:
    """With the shares of the customers and of the money."""
    people = sum(n for n, _fen in standings.classes.values())
    money = sum(fen for _n, fen in standings.classes.values())
    return [
        {
            "class": one,
            "levels": levels(one),
            **counted(n, people),
            "net_fen": fen,
            "money_percent": round(100 * fen / money) if money else 0,
        }
        for one, (n, fen) in standings.classes.items()
    ]


def levels(one: ValueClass) -> list[tuple[str, bool]]:
    high = next(high for high, kind in lifecycle.CLASS_OF.items() if kind == one)
    return list(
        zip(
            (pgettext("RFM", "recent"), pgettext("RFM", "often"), pgettext("RFM", "much")),
            high,
            strict=True,
        )
    )


def curve(measured: CycleMeasure, kept: LifecycleSettings) -> dict:
    """Chart.js data: which share of the pauses is at most so many days long, and where P50, P80 and
    P90 stand."""
    points, so_far = [{"x": 0, "y": 0}], 0
    for gap, n in measured.days:
        so_far += n
        points.append({"x": gap, "y": round(100 * so_far / measured.gaps, 1)})
        if so_far >= LONGEST_SHOWN * measured.gaps and gap >= (measured.p90 or 0):
            break
    marks = [
        ("P50", measured.p50, "#16a34a"),
        ("P80", measured.p80, "#ca8a04"),
        ("P90", measured.p90, "#dc2626"),
    ]
    line = {"borderWidth": 2, "pointRadius": 0, "stepped": "before", "fill": False}
    datasets = [
        {
            **line,
            "label": _("share of pauses, %"),
            "data": points,
            "borderColor": "var(--color-primary-500)",
            "backgroundColor": "var(--color-primary-500)",
        }
    ]
    for name, days, colour in marks:
        label = _("%(name)s: %(days)s days") % {"name": name, "days": days}
        dashed = {
            "borderDash": [5, 4],
            "borderColor": colour,
            "backgroundColor": colour,
            "stepped": False,
        }
        datasets.append(
            {**line, **dashed, "label": label, "data": [{"x": days, "y": 0}, {"x": days, "y": 100}]}
        )
    axis = {"grid": {"display": False}, "ticks": {"maxTicksLimit": 8, "precision": 0}}
    options = {
        "responsive": True,
        "maintainAspectRatio": False,
        "animation": False,
        "interaction": {"mode": "nearest", "axis": "x", "intersect": False},
        "plugins": {"legend": {"position": "bottom", "labels": {"boxWidth": 12, "boxHeight": 2}}},
        "scales": {
            "x": {
                "type": "linear",
                "min": 0,
                "title": {"display": True, "text": _("days from one purchase to the next")},
                **axis,
            },
            "y": {"min": 0, "max": 100, "ticks": {"maxTicksLimit": 6}},
        },
    }
    return {"value": json.dumps({"datasets": datasets}), "options": json.dumps(options)}


class StageFilter(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("stage"), "stage"

    def lookups(self, request, model_admin):
        return Stage.choices

    def queryset(self, request, queryset):
        if self.value() == Stage.PROSPECT:
            return queryset.filter(standing=None)
        return queryset.filter(standing__stage=self.value()) if self.value() in Stage else queryset


class ClassFilter(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("class"), "class"

    def lookups(self, request, model_admin):
        return ValueClass.choices

    def queryset(self, request, queryset):
        return (
            queryset.filter(standing__value_class=self.value())
            if self.value() in ValueClass
            else queryset
        )


@admin.register(CustomerValue)
class CustomerValueAdmin(ReadOnly, ModelAdmin):
    """Who stands behind the counts."""

    list_display = ("called", "stage", "since", "value", "orders", "net", "last_at")
    list_display_links = None
    list_filter = (StageFilter, ClassFilter)
    list_select_related = (OF_ROW,)
    ordering = ("-pk",)

    def get_queryset(self, request):
        return super().get_queryset(request).alive()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:customers_customer_change", args=[object_id]))

    @display(description=gettext_lazy("name"), ordering="name")
    def called(self, row):
        return format_html(
            '<a class="ht-link" href="{}">{}</a>',
            reverse("admin:customers_customer_change", args=[row.pk]),
            row,
        )

    @display(
        description=gettext_lazy("stage"),
        label=Colours(
            {
                Stage.NEW: "info",
                Stage.ACTIVE: "success",
                Stage.SILENT: "warning",
                Stage.LOST: "danger",
            }
        ),
    )
    def stage(self, row):
        stage = standing(row, "stage") or Stage.PROSPECT
        return stage, Stage(stage).label

    @display(description=pgettext_lazy("stage", "since"))
    def since(self, row):
        return standing(row, "since") or row.first_seen_at

    @display(description=gettext_lazy("class"))
    def value(self, row):
        kind = standing(row, "value_class")
        return kind and ValueClass(kind).label

    @display(description=gettext_lazy("purchases"))
    def orders(self, row):
        return standing(row, "orders")

    @display(description=gettext_lazy("net total"))
    def net(self, row):
        fen = standing(row, "net_fen")
        return None if fen is None else yuan(fen)

    @display(description=gettext_lazy("last purchase"), ordering="standing__last_at")
    def last_at(self, row):
        return standing(row, "last_at")


def standing(row: CustomerValue, name: str):
    return getattr(row.standing, name) if hasattr(row, OF_ROW) else None
